"""T8: frames that RFC 6455 forbids; Autobahn has hundreds more (`make compliance`)."""

from __future__ import annotations

import pytest

from tests.attacks.target import Wire
from tests.transport.websocket_peer import client_frame


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        *[(client_frame(1, b"3", reserved=bits), 1002) for bits in (1, 2, 4, 7)],
        *[(client_frame(opcode, b"3"), 1002) for opcode in (3, 7, 11, 15)],
        (b"\x81\x013", 1002),  # not masked
        (client_frame(9, b"ping", fin=False), 1002),
        (client_frame(9, b"x" * 126), 1002),
        (client_frame(0, b"3"), 1002),
        (client_frame(1, b"3", fin=False) + client_frame(1, b"3"), 1002),
        (client_frame(1, b"\xff"), 1007),
        (client_frame(1, b"3\xed\xa0\x80"), 1007),
        (client_frame(8, b"\x03"), 1002),
        (client_frame(8, b"\x03\xed"), 1002),  # 1005 may not be sent
        (client_frame(8, b"\x03\xe8\xff"), 1007),
    ],
)
def test_a_forbidden_frame_closes_its_connection(wire: Wire, frames: bytes, code: int) -> None:
    wire.join_by_websocket()
    wire.send(frames)
    assert wire.close_code() == code


def test_a_close_with_a_long_reason_is_answered_and_tells_nothing_back(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.send(client_frame(8, b"\x03\xe8" + b"r" * 123))
    first, payload = wire.long_frame()
    assert first == 0x88 and payload[:2] == b"\x03\xe8" and len(payload) <= 125
    assert set(payload[2:]) <= {ord("r")}


def test_a_thousand_pings_are_no_thousand_answers_in_memory(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.send(client_frame(9, b"x" * 125) * 1_000)
    wire.say('420["echo","after"]')
    while (frame := wire.long_frame())[0] == 0x8A:
        pass
    assert frame == (0x81, b'430["after"]')
