"""HTTP and WebSocket from the client's side, with nothing but the standard library: it runs in both interpreters."""

from __future__ import annotations

import http.client
import os
import socket
import struct
from typing import NamedTuple

TEXT, BINARY, CLOSE = 1, 2, 8


class Answer(NamedTuple):
    """The answer to an HTTP request."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def request(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
    patience: float = 30,
) -> Answer:  # fmt: skip
    """One HTTP request, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Refused(Exception):
    """A WebSocket was not let in; the text is the answer's status line."""


class WebSocket:
    """A WebSocket connection.

    Raises:
        Refused: the server does not answer with 101.
    """

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            **(headers or {}),
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._came = b""
        head = self._until(b"\r\n\r\n").decode()
        if " 101 " not in head.partition("\r\n")[0]:
            self._socket.close()
            raise Refused(head.partition("\r\n")[0])

    def send(self, message: str | bytes) -> None:
        """Send one message."""
        if isinstance(message, str):
            self._frame(TEXT, message.encode())
        else:
            self._frame(BINARY, message)

    def receive(self, patience: float) -> str | bytes | None:
        """The next message, None at the end of the connection.

        Raises:
            TimeoutError: none comes within `patience` seconds.
        """
        self._socket.settimeout(patience)
        try:
            first, length = self._exactly(2)
            if length > 125:
                length = int.from_bytes(self._exactly(2 if length == 126 else 8), "big")
            payload = self._exactly(length)
        except ConnectionError:
            return None
        kind = first & 0xF
        if kind == CLOSE:
            return None
        return payload.decode() if kind == TEXT else payload

    def close(self) -> None:
        """Close as a client does that leaves in good order."""
        try:
            self._frame(CLOSE, struct.pack("!H", 1000))
        except OSError:  # the server was first
            pass
        finally:
            self._socket.close()

    def drop(self) -> None:
        """Let the connection break."""
        self._socket.close()

    def _frame(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            length = bytes([128 | size])
        else:
            length = struct.pack("!BH", 254, size) if size < 1 << 16 else struct.pack("!BQ", 255, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(bytes([128 | kind]) + length + mask + masked)

    def _exactly(self, size: int) -> bytes:
        while len(self._came) < size:
            self._more()
        taken, self._came = self._came[:size], self._came[size:]
        return taken

    def _until(self, end: bytes) -> bytes:
        while end not in self._came:
            self._more()
        taken, _, self._came = self._came.partition(end)
        return taken

    def _more(self) -> None:
        came = self._socket.recv(65536)
        if not came:
            raise ConnectionResetError("the connection has ended")
        self._came += came
