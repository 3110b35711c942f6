"""T9: the connection is cut at each byte of a handshake, a CONNECT, an event and an upgrade: nothing is left of it."""

from __future__ import annotations

import threading

import pytest

from tests.attacks.target import POLLING, WEBSOCKET, Target, Wire, packet_frame
from tests.hosts.native_serving import HANDSHAKE

HEAD = f"GET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}\r\n".encode()
FRAMES = (
    packet_frame("40") + packet_frame('421["echo","some text"]') + packet_frame('451-["echo",{}]') + packet_frame(b"x")
)


def websocket(target: Target) -> tuple[bytes, bytes]:
    return b"", HEAD + FRAMES


def polling(target: Target) -> tuple[bytes, bytes]:
    return b"", f"GET {POLLING} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(target: Target) -> tuple[bytes, bytes]:
    with Wire(target) as wire:
        sid = wire.open_polling()
    body = b'40\x1e42["echo"]'
    head = f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return sid.encode(), head.encode() + body


def upgrade(target: Target) -> tuple[bytes, bytes]:
    with Wire(target) as wire:
        sid = wire.open_polling()
    head = f"GET {WEBSOCKET}&sid={sid} HTTP/1.1\r\n{HANDSHAKE}\r\n".encode()
    return sid.encode(), head + packet_frame("2probe") + packet_frame("5") + FRAMES


@pytest.mark.parametrize("attack", [websocket, polling, post, upgrade])
@pytest.mark.parametrize("how", ["reset", "close"])
def test_cut(target: Target, attack: object, how: str) -> None:
    assert callable(attack)
    threads = threading.active_count()
    _, whole = attack(target)
    for length in range(1, len(whole), 3 if how == "close" else 1):
        if attack in (post, upgrade) and length % 20 == 1:  # a cut may have ended the session
            _, whole = attack(target)
        wire = Wire(target)
        if length > len(HEAD) and attack is websocket:
            wire.send(HEAD)
            wire.answer()
            wire.try_to_send(whole[len(HEAD) : length])
        else:
            wire.try_to_send(whole[:length])
        wire.reset() if how == "reset" else wire.__exit__()
    if attack is not websocket:  # sessions that poll have their heartbeat to end by
        target.end_sessions()
    target.until(lambda: target.connections == 0)
    assert threading.active_count() < threads + 10  # of some hundred cuts, each of which would have left one
