"""T17: connections that never become clients: each has its time, and honest ones are served meanwhile."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from flask_socketio.hosts import uvicorn_protocol
from tests.attacks.target import POLLING, Target, Wire, attacked, packet_frame
from tests.hosts.native_serving import HANDSHAKE

MANY = 200

#: Seconds that each of them has. Honest clients have no more, so on a busy machine they may have to try again.
SHORT = 0.5
TRIES = 5


def tcp_only(wire: Wire) -> None:
    pass


def half_a_head(wire: Wire) -> None:
    wire.try_to_send(f"GET {POLLING} HTTP/1.1\r\nHost: loc".encode())


def half_a_handshake(wire: Wire) -> None:
    wire.try_to_send(f"GET / HTTP/1.1\r\n{HANDSHAKE}".encode())


def websocket(wire: Wire) -> None:
    wire.open_websocket()


def websocket_that_is_refused(wire: Wire) -> None:
    wire.open_websocket()
    wire.try_to_send(packet_frame("40/unknown,"))


def half_an_upgrade(wire: Wire) -> None:
    with Wire(wire.target) as other:
        sid = other.open_polling()
    wire.send(f"GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\n{HANDSHAKE}\r\n")


WITHOUT_A_HEAD = [tcp_only, half_a_head, half_a_handshake]


@pytest.mark.parametrize("attack", [*WITHOUT_A_HEAD, websocket, websocket_that_is_refused, half_an_upgrade])
def test_silent_connections_end_by_themselves(attack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    if attack in WITHOUT_A_HEAD:
        monkeypatch.setattr(uvicorn_protocol, "HEAD_TIMEOUT", SHORT)
    assert callable(attack)
    with (
        attacked(TRIES, connect_timeout=SHORT, upgrade_timeout=SHORT, close_timeout=0.2) as target,
        ExitStack() as stack,
    ):
        wires = []
        for _ in range(MANY):
            wires.append(stack.enter_context(Wire(target)))
            attack(wires[-1])
        assert target.is_well(TRIES)
        for wire in wires:
            wire.rest()
        target.until(lambda: target.connections == 0)


def test_sessions_that_never_poll_again_end_by_themselves() -> None:
    with attacked(TRIES, connect_timeout=SHORT, close_timeout=0.2) as target:
        with Wire(target) as wire:
            for _ in range(MANY):
                wire.open_polling()
        assert target.is_well(TRIES)
        target.until(lambda: target.connections == 0)


def test_sessions_can_be_counted_by_address() -> None:
    with attacked(max_connections_per_address=20) as target:
        with ExitStack() as stack:
            wires = [stack.enter_context(Wire(target)) for _ in range(40)]
            answers = [wire.ask("GET", POLLING).status for wire in wires]
        assert answers == [200] * 20 + [429] * 20
        target.end_sessions()


def test_a_session_that_is_closed_at_once_is_gone_at_once(target: Target, wire: Wire) -> None:
    for _ in range(MANY):
        wire.post(wire.open_polling(), b"1")
    assert target.connections == 0
