"""What stands around a target: a clock that stands still, a socket that is only bytes, who takes what comes of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from flask_socketio.protocol.deflate import Deflate
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.transport.connection import Connection
from flask_socketio.transport.picows_link import accept
from flask_socketio.transport.reasons import Reason
from flask_socketio.transport.websocket_link import WebSocketLink


class Still:
    """A clock at which nothing falls due."""

    def time(self) -> float:
        """Always the same."""
        return 1000.0

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> None:
        """Never."""

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> None:
        """Never."""


class Told:
    """A listener of a link, a handler of a connection, and the application on top of both."""

    def __init__(self) -> None:
        self.ends = 0

    def opened(self, what: WebSocketLink | Connection) -> Any:
        """Something has begun."""
        return self

    def message(self, data: str | bytes) -> None:
        """A message has come."""

    def text(self, packet: str) -> None:
        """The same."""

    def binary(self, data: bytes) -> None:
        """The same."""

    def blocked(self) -> None:
        """The peer takes no more."""

    def resumed(self) -> None:
        """It does again."""

    def closed(self, why: ProtocolError | Reason | None) -> None:
        """It is over."""
        self.ends += 1


class PaperTransport(asyncio.Transport):
    """A connection over which nothing is sent, and what is read is handed to it."""

    def __init__(self) -> None:
        self._ends = socket.socketpair()
        for end in self._ends:
            end.setblocking(False)
        super().__init__({"socket": self._ends[0]})
        self._protocol: Any = None

    def open(self, told: Told, largest: int) -> None:
        """Make a WebSocket of it that takes compressed messages, too."""
        deflate = Deflate(1000, ("Sec-WebSocket-Extensions", "permessage-deflate"))
        self._protocol = accept(self, told, key="key", max_size=largest, deflate=deflate)

    def set_protocol(self, protocol: Any) -> None:
        """Go on with another one."""
        self._protocol = protocol

    def read(self, data: bytes) -> None:
        """Some bytes have come."""
        while data:
            room = self._protocol.get_buffer(-1)
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self._protocol.buffer_updated(size)
            data = data[size:]

    def end(self) -> None:
        """The connection is gone."""
        self._protocol.connection_lost(None)
        for end in self._ends:
            end.close()

    def write(self, data: Any) -> None:
        """Send nothing."""

    def write_eof(self) -> None:
        """Send nothing more."""

    def can_write_eof(self) -> bool:
        """As TCP."""
        return True

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def pause_reading(self) -> None:
        """Read on."""

    def resume_reading(self) -> None:
        """Read on."""

    def close(self) -> None:
        """Read on."""

    def abort(self) -> None:
        """Read on."""
