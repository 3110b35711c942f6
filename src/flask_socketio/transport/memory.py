"""A client in this process: no network, no frames, but the same packets, connection and engine as every other one."""

from __future__ import annotations

from typing import Protocol

from ..protocol import engineio
from ..protocol.engineio import EncodedPacket
from .connection import Connection
from .engine import Engine
from .http import Request
from .reasons import Reason


class MemoryListener(Protocol):
    """The client; it is called on the loop."""

    def text(self, packet: str) -> None:
        """A text message, with the digit of its Engine.IO packet type in front."""

    def binary(self, data: bytes) -> None:
        """A binary message."""

    def closed(self) -> None:
        """The connection has ended."""


class MemoryTransport:
    """The transport of one connection; what the engine has to say to the client it answers itself.

    To be made and used on the loop. The client sends by `connection.receive`.

    Args:
        engine: whose connection it will be.
        request: what opens the connection.
        listener: the client.
    """

    name = "websocket"  # what it comes closest to: every packet goes out at once
    writable = True
    patience = 0

    def __init__(self, engine: Engine, request: Request, listener: MemoryListener) -> None:
        self._listener = listener
        self.connection = Connection(engine, engine.generate_id(), request, self)
        engine.opened(self.connection)

    def write(self, packets: list[EncodedPacket]) -> None:
        """Hand packets to the client."""
        for packet in packets:
            if packet is engineio.PING_PACKET:
                self.connection.receive(engineio.PONG)
                continue
            text = "" if packet.text is None else packet.text.decode()
            if text.startswith(engineio.MESSAGE):
                self._listener.text(text)
            for attachment in packet.attachments:
                self._listener.binary(attachment)

    def close(self, reason: Reason, last: list[EncodedPacket]) -> None:
        """Hand the last packets to the client, then tell it that this is over."""
        self.write(last)
        self.connection.lost(reason)
        self._listener.closed()

    def forget(self) -> None:
        """Do nothing: the client has got everything at once."""

    def pause_reading(self) -> None:
        """Do nothing: nothing is buffered on the way, so a client that sends too much is its own problem."""

    def resume_reading(self) -> None:
        """Do nothing; see `pause_reading`."""
