"""A transport and an engine made of paper, around one connection."""

from __future__ import annotations

from flask_socketio.protocol.engineio import EncodedPacket, encode_payload
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.transport.connection import FLUSH_PACKETS, FLUSH_SIZE, Connection, State
from flask_socketio.transport.counters import Counters
from flask_socketio.transport.http import Request
from flask_socketio.transport.reasons import Reason


class PaperTransport:
    """Writes down what it is told to write."""

    name = "paper"
    patience = 0

    def __init__(self, *, writable: bool = True) -> None:
        self.writable = writable
        self.reading = True
        self.written: list[bytes] = []
        self.ended: tuple[Reason, bytes] | None = None
        self.forgotten = False

    def write(self, packets: list[EncodedPacket]) -> None:
        assert self.writable
        self.written.append(encode_payload(packets))

    def close(self, reason: Reason, last: list[EncodedPacket]) -> None:
        self.ended = (reason, encode_payload(last))

    def forget(self) -> None:
        self.forgotten = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class PaperEngine:
    """Owns one connection, gets its messages, and ends a turn of the loop when the test says so."""

    max_outbox_packets = 500
    max_outbox_size = 1_000_000
    flush_packets = FLUSH_PACKETS
    flush_size = FLUSH_SIZE

    def __init__(self, *, writable: bool = True, drops_oldest: bool = False) -> None:
        self.drops_oldest = drops_oldest
        self.counters = Counters()
        self.transport = PaperTransport(writable=writable)
        request = Request("GET", "/", b"", [], "http", None, None)
        self.connection = Connection(self, "sid1", request, self.transport)
        self.connection.handler = self
        self.connection.state = State.OPEN
        self.messages: list[str | bytes] = []
        self.told: list[str] = []
        self.unflushed: list[Connection] = []
        self._flush_due = False
        self._close_due: Reason | None = None

    def turn(self) -> None:
        """End this turn of the loop."""
        if self._flush_due:
            self._flush_due = False
            self.unflushed.clear()
            self.connection.flush()
        if self._close_due is not None:
            self.connection.close(self._close_due)

    def schedule_flush(self) -> None:
        self._flush_due = True

    def schedule_close(self, connection: Connection, reason: Reason) -> None:
        self._close_due = reason

    def answered(self, connection: Connection) -> None:
        self.told.append("answered")

    def leaving(self, connection: Connection) -> None:
        self.told.append("leaving")

    def closing(self, connection: Connection) -> None:
        self.told.append("closing")

    def closed(self, what: Connection | Reason) -> None:
        self.told.append("closed" if isinstance(what, Connection) else f"reason: {what}")

    def text(self, packet: str) -> None:
        if packet == "4forbidden":
            raise ProtocolError("got a forbidden message")
        self.messages.append(packet)

    def binary(self, data: bytes) -> None:
        self.messages.append(data)
