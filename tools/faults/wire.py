"""What clients write that have no library between them and the socket."""

from __future__ import annotations

import os

TEXT, CONTINUATION = 1, 0

_WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def head(query: str, *, method: str = "GET", websocket: bool = False, more: str = "") -> bytes:
    """The head of a request to the server."""
    headers = f"Host: localhost\r\n{_WEBSOCKET if websocket else ''}{more}"
    return f"{method} /socket.io/?EIO=4&{query} HTTP/1.1\r\n{headers}\r\n".encode()


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, compressed: bool = False) -> bytes:
    """A masked WebSocket frame of less than 64 KiB."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes((fin << 7 | compressed << 6 | opcode,)) + length + mask + masked
