"""T15: little that unpacks to much: bodies are taken as they are, and no extension is agreed to unasked."""

from __future__ import annotations

import gzip
import zlib

import pytest

from tests.attacks.target import WEBSOCKET, Target, Wire, resident
from tests.hosts.native_serving import HANDSHAKE

BOMB = b"4" * 50_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
@pytest.mark.parametrize("path", ["session", "/upload"])
def test_a_packed_body_is_not_unpacked(target: Target, encoding: str, path: str) -> None:
    body = zlib.compress(BOMB) if encoding == "deflate" else gzip.compress(BOMB, 6)
    with Wire(target) as wire:
        sid = wire.open_polling()
        before = resident()
        where = f"/socket.io/?EIO=4&transport=polling&sid={sid}" if path == "session" else path
        answer = wire.ask("POST", where, body, f"Content-Encoding: {encoding}\r\n")
        assert resident() - before < 10_000_000
        assert answer.status == 400 if path == "session" else answer.body == str(len(body)).encode()


def test_compression_of_messages_is_off_unless_the_app_asks_for_it(wire: Wire) -> None:
    answer = wire.ask_websocket(WEBSOCKET, HANDSHAKE + "Sec-WebSocket-Extensions: permessage-deflate\r\n")
    assert answer.status == 101 and "Sec-WebSocket-Extensions" not in answer.headers
