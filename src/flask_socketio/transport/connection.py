"""One Engine.IO connection: its state, its outbox, and the transport that carries it at the moment.

Packets out: `send` puts them into the outbox and asks the engine for a flush at the end of this turn of the loop, so
all that one turn produces for a client leaves in one write. A transport that cannot take more now (no poll waiting, a
full socket) leaves the outbox as it is and calls `flush` when it can. An upgrade only exchanges the transport: the
outbox stays, therefore nothing is lost or reordered.

A client that reads too slowly: what is sent to it waits, up to a bound, past which its connection ends or the oldest
events do (`Owner.drops_oldest`). What is only offered to it (`offer`) never piles up.

Packets in: transports call `receive`. Messages go on to the Socket.IO client; the rest is Engine.IO's own business
and ends here.
"""

from __future__ import annotations

import base64
import enum
import logging
import os
from typing import TYPE_CHECKING, Protocol

from ..protocol import engineio
from ..protocol.engineio import EncodedPacket
from ..protocol.errors import ProtocolError, excerpt, hint
from .conflation import Conflation
from .counters import Counters
from .reasons import Reason

if TYPE_CHECKING:
    from .http import Request

logger = logging.getLogger("flask_socketio")

#: What one turn may put into an outbox before it is handed to the transport without waiting for the turn's end; where
#: less may wait in it, that.
FLUSH_PACKETS = 256
FLUSH_SIZE = 262_144


class State(enum.Enum):
    """The life of a connection; it only ever moves down this list."""

    #: Its WebSocket handshake has been accepted and is being answered.
    OPENING = "opening"
    #: Packets flow both ways.
    OPEN = "open"
    #: It reads too slowly for what it is sent, and ends with this turn of the loop.
    GIVEN_UP = "given up"
    #: This side has ended it; a polling client may still fetch what is in the outbox.
    CLOSING = "closing"
    #: Nothing is left of it but this object.
    CLOSED = "closed"


_LIVING = (State.OPEN, State.GIVEN_UP)


class Transport(Protocol):
    """What carries the packets of a connection."""

    name: str
    #: Bytes that may wait while it is not writable before the client counts as slow.
    patience: int

    @property
    def writable(self) -> bool:
        """Whether `write` would be taken now."""

    def write(self, packets: list[EncodedPacket], /) -> None:
        """Send packets, in order; called only while `writable`."""

    def close(self, reason: Reason, last: list[EncodedPacket]) -> None:
        """Send the last packets, then goodbye in the transport's own way; who waits on it is answered."""

    def forget(self) -> None:
        """Let go of the last packets, if they still wait to be fetched: the connection is over."""

    def pause_reading(self) -> None:
        """Take no more packets from the client for now."""

    def resume_reading(self) -> None:
        """Take packets again."""


class MessageHandler(Protocol):
    """Who gets the messages of one connection: the Socket.IO layer's client."""

    def text(self, packet: str) -> None:
        """A text message, with the digit of its Engine.IO packet type in front; may raise ProtocolError."""

    def binary(self, data: bytes) -> None:
        """A binary message; may raise ProtocolError."""

    def closed(self, reason: Reason) -> None:
        """The connection has ended; called once, and nothing after it."""


class Owner(Protocol):
    """What a connection needs of its engine."""

    #: The most packets and bytes that may wait in one outbox.
    max_outbox_packets: int
    max_outbox_size: int
    #: With more than that it is handed to the transport at once: `FLUSH_PACKETS` and `FLUSH_SIZE`, or less.
    flush_packets: int
    flush_size: int
    #: Whether an outbox that is full loses its oldest events; else its connection ends.
    drops_oldest: bool
    counters: Counters
    #: The connections to be flushed at the end of this turn of the loop, see `schedule_flush`; another list each turn.
    unflushed: list[Connection]

    def schedule_flush(self) -> None:
        """Flush what is in `unflushed` at the end of this turn; to be called before the first one is put into it."""

    def schedule_close(self, connection: Connection, reason: Reason) -> None:
        """Call `connection.close(reason)` after this turn of the loop."""

    def answered(self, connection: Connection) -> None:
        """The client has answered a PING, or is to be treated as if it had."""

    def leaving(self, connection: Connection) -> None:
        """The client has said that it is about to go; it may have asked for packets in the same moment."""

    def closing(self, connection: Connection) -> None:
        """The connection has ended; its transport may still deliver what is in the outbox."""

    def closed(self, connection: Connection) -> None:
        """Nothing more will come of the connection: its sid is free."""


class Connection:
    """One client's Engine.IO session. Made by the engine, used on its loop only.

    Attributes:
        sid: the Engine.IO session id, which the client names in every request.
        request: the head of the handshake request.
        transport: what carries packets now.
        upgrading: the transport that a running upgrade probes, if any.
        handler: who gets the messages; set by the engine at once after construction.
        reading: whether packets are taken from the client; see `pause_reading`.
        state: see `State`; opened by the engine, ended by `lost` and `_end`.
    """

    __slots__ = (
        "_conflation", "_outbox", "_outbox_size", "_owner",
        "handler", "reading", "request", "sid", "state", "transport", "upgrading",
    )  # fmt: skip

    handler: MessageHandler

    def __init__(self, owner: Owner, sid: str, request: Request, transport: Transport) -> None:
        self._owner = owner
        self._outbox: list[EncodedPacket] = []
        self._outbox_size = 0
        self._conflation: Conflation | None = None
        self.reading = True
        self.sid = sid
        self.request = request
        self.transport = transport
        self.upgrading: Transport | None = None
        self.state = State.OPENING

    def __str__(self) -> str:
        """As the log names it: whoever knows its sid could poll in its place."""
        return f"{hint(self.sid)} from {self.request.address}"

    def send(self, packet: EncodedPacket) -> None:
        """Queue a packet for the client; ignored once the connection is no longer open."""
        if self.state is not State.OPEN:
            return
        outbox, owner = self._outbox, self._owner
        if not outbox:
            if not owner.unflushed:
                owner.schedule_flush()
            owner.unflushed.append(self)
        outbox.append(packet)
        self._outbox_size += packet.size
        if self._outbox_size > owner.flush_size or len(outbox) > owner.flush_packets:
            self._relieve()

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        """Queue a packet for the client, or less than that while it is slow.

        Without a key the packet then is dropped. With one it waits, in place of an older one with that key.
        """
        transport = self.transport
        if transport.writable or (key is None and self._outbox_size < transport.patience):
            self.send(packet)
        elif key is None:
            self._owner.counters.volatile_dropped += 1
        elif self.state is State.OPEN:
            self._conflate(packet, key)

    def _conflate(self, packet: EncodedPacket, key: str) -> None:
        if self._conflation is None:
            self._conflation = Conflation()
        replaced = self._conflation.add(self._outbox, key, packet)
        self._outbox_size += packet.size
        if replaced is not None:
            self._outbox_size -= replaced.size
            self._owner.counters.latest_replaced += 1
        self._relieve()

    def flush(self) -> None:
        """Hand the outbox to the transport, if it can take it now."""
        transport = self.transport
        if self._outbox and transport.writable:
            packets = self._take()
            self._owner.counters.packets_sent += len(packets)
            transport.write(packets)

    def _take(self) -> list[EncodedPacket]:
        packets, self._outbox = self._outbox, []
        self._outbox_size = 0
        return packets if self._conflation is None else self._conflation.take(packets)

    @property
    def closing(self) -> bool:
        """Whether it has ended, but a polling client may still fetch the last packets."""
        return self.state is State.CLOSING

    @property
    def has_packets(self) -> bool:
        """Whether something waits in the outbox."""
        return bool(self._outbox)

    def receive(self, packet: str | bytes) -> None:
        """Take one packet from the client: text with its type digit, or a binary message.

        A packet that breaks a protocol ends the connection, with one line in the log.
        """
        if self.state is not State.OPEN:
            return
        self._owner.counters.packets_received += 1
        try:
            if isinstance(packet, bytes):
                self.handler.binary(packet)
            elif packet[:1] == engineio.MESSAGE:
                self.handler.text(packet)
            else:
                self._control(packet)
        except ProtocolError as error:
            self.fail(error)

    def _control(self, packet: str) -> None:
        if packet == engineio.PONG:
            self._owner.answered(self)
        elif packet == engineio.CLOSE:
            self._owner.leaving(self)
            self.lost(Reason.TRANSPORT_CLOSE)
        else:
            raise ProtocolError(f"got the Engine.IO packet {excerpt(packet)}, which a client may not send here")

    def pause_reading(self) -> None:
        """Take no more packets from the client for now, whatever transport it is on; ignored once it is not open."""
        if self.state is not State.OPEN:
            return
        self.reading = False
        self.transport.pause_reading()
        self._owner.answered(self)  # a PONG that is on its way will not be read

    def resume_reading(self) -> None:
        """Take packets again."""
        self.reading = True
        self.transport.resume_reading()

    def upgrade(self, transport: Transport) -> None:
        """Go on over another transport, with all that waits."""
        before, self.transport, self.upgrading = self.transport, transport, None
        before.resume_reading()  # nobody would ever come back to what it holds up
        if not self.reading:
            transport.pause_reading()
        self.flush()

    def fail(self, error: ProtocolError) -> None:
        """End the connection because the client broke a protocol."""
        if self.state is State.OPEN:
            logger.warning("closing connection %s (%s): %s", self, self.transport.name, error)
            self.lost(Reason.PARSE_ERROR)

    def close(self, reason: Reason) -> None:
        """End the connection from this side; what is in the outbox still goes out, if the client takes it."""
        if self.state in _LIVING:
            self._end(State.CLOSING, reason)

    def lost(self, reason: Reason) -> None:
        """End the connection because the other side is gone or wrong: what is in the outbox is dropped."""
        if self.state in _LIVING:
            self._outbox.clear()
            self._end(State.CLOSED, reason)
        self.state = State.CLOSED
        self.transport.forget()
        self._owner.closed(self)

    def _end(self, state: State, reason: Reason) -> None:
        self.state = state
        self._owner.closing(self)
        self.transport.close(reason, self._take())
        if self.upgrading is not None:
            self.upgrading.close(reason, [])
        self.handler.closed(reason)
        del self.handler  # each has the other, and would wait for the garbage collector, with all that they hold

    def _relieve(self) -> None:
        """Much in one turn: write now what the transport takes, and see to it that the rest is not too much."""
        self.flush()
        if self._full():
            if self._owner.drops_oldest:
                self._drop_oldest()
            else:
                self._give_up()

    def _full(self) -> bool:
        waiting = len(self._outbox) - (0 if self._conflation is None else self._conflation.holes)
        return waiting > self._owner.max_outbox_packets or self._outbox_size > self._owner.max_outbox_size

    def _drop_oldest(self) -> None:
        """Drop a quarter of what may wait, or more: so it is not each packet that has to move all others.

        A client that leaves no such room, because of all the answers that it has asked for, is given up.
        """
        owner = self._owner
        most, largest = owner.max_outbox_packets * 3 // 4, owner.max_outbox_size * 3 // 4
        *older, newest = self._take()  # the newest is what the client needs most
        count, size = len(older) + 1, newest.size + sum(packet.size for packet in older)
        kept = []
        for packet in older:
            if packet.vital or (count <= most and size <= largest):
                kept.append(packet)
            else:
                count -= 1
                size -= packet.size
        owner.counters.oldest_dropped += len(older) - len(kept)
        self._outbox, self._outbox_size = [*kept, newest], size
        if len(kept) > most or size - newest.size > largest:
            self._give_up()

    def _give_up(self) -> None:
        """The client reads too slowly for what it is sent."""
        owner = self._owner
        self._take()
        self.state = State.GIVEN_UP
        owner.counters.slow_disconnected += 1
        logger.warning("closing connection %s: it reads too slowly, and its outbox is full", self)
        # Not at once: this may be the middle of a fan-out, whose rooms must not change under it.
        owner.schedule_close(self, Reason.TRANSPORT_ERROR)


def make_id() -> str:
    """What nobody can guess: 120 bits of the system's randomness, as 20 characters that a URL takes as they are."""
    return base64.urlsafe_b64encode(os.urandom(15)).decode()
