"""T7: input twice as long takes twice as long, not four times."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.attacks.target import POLLING, Target, Wire, attacked
from tests.hosts.native_serving import HANDSHAKE
from tests.transport.websocket_peer import client_frame

Attack = Callable[[Wire, int], None]


def separators(wire: Wire, size: int) -> None:
    wire.post(wire.open_polling(), b"\x1e".join([b"3"] * size))


def quotes(wire: Wire, size: int) -> None:
    wire.post(wire.open_polling(), b'40{"a":"' + b'\\"' * size)


def digits(wire: Wire, size: int) -> None:
    wire.post(wire.open_polling(), b"42" + b"1" * size + b"[]")


def escapes(wire: Wire, size: int) -> None:
    wire.post(wire.open_polling(), b"4\\\\n" * size)


def brackets(wire: Wire, size: int) -> None:
    wire.post(wire.open_polling(), b"42" + b"[" * size)


def query(wire: Wire, size: int) -> None:
    wire.ask("GET", "/socket.io/?" + "a=%&" * (size // 60))


def protocols(wire: Wire, size: int) -> None:
    headers = (
        "Sec-WebSocket-Protocol: a" + " ," * (size // 40) + "\r\nSec-WebSocket-Extensions: " + "a; " * (size // 40)
    )
    wire.ask_websocket(POLLING, HANDSHAKE + headers + "\r\n")


def fragments(wire: Wire, size: int) -> None:
    wire.open_websocket()
    wire.send(client_frame(1, b"4" * (size * 9), fin=False) + client_frame(0, b"x", fin=False) * (size // 25))
    wire.send(client_frame(9, b"answer me"))
    assert wire.long_frame() == (0x8A, b"answer me")


@pytest.mark.parametrize("attack", [separators, quotes, digits, escapes, brackets, query, protocols, fragments])
def test_twice_the_input_takes_no_more_than_thrice_the_time(attack: Attack) -> None:
    with attacked(max_http_buffer_size=2_000_000) as target:
        once, twice = (cost(target, attack, size) for size in (100_000, 200_000))
        assert twice < 3 * once + 0.02


def cost(target: Target, attack: Attack, size: int) -> float:
    """Seconds of this process, server and attacker; the best of a few tries."""
    best = 1e9
    for _ in range(4):
        with Wire(target) as wire:
            began = time.process_time()
            attack(wire, size)
            best = min(best, time.process_time() - began)
    return best
