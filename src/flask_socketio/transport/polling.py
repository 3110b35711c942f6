"""HTTP long polling: packets out in the answers to GET requests, packets in as the bodies of POST requests.

A GET that finds nothing to fetch is parked: its coroutine waits on a future that `write` or `close` resolves. At most
one GET and one POST may be under way, so that packets keep their order; a second one ends the session (Engine.IO v4,
"HTTP long-polling").
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..protocol import engineio
from ..protocol.engineio import EncodedPacket
from ..protocol.errors import ProtocolError
from .connection import Connection
from .reasons import Reason
from .refusal import Cause, Refused

#: Reads the body of a request: all of it, or raises `Refused` as soon as it is known to be longer than the limit.
ReadBody = Callable[[int], Awaitable[bytes]]


class PollingTransport:
    """The polling side of one connection.

    Attributes:
        connection: the connection it carries; None when it is over.
    """

    name = "polling"
    patience = 65_536  # between two polls nobody is slow
    __slots__ = ("_last", "_may_read", "_parked", "_posting", "_released", "connection")

    connection: Connection | None

    def __init__(self) -> None:
        self._parked: asyncio.Future[bytes] | None = None
        self._posting = False
        self._released = False
        self._last: list[EncodedPacket] = []
        self._may_read: asyncio.Event | None = None

    @property
    def asked(self) -> bool:
        """Whether a GET is under way."""
        return self._parked is not None

    @property
    def writable(self) -> bool:
        """Whether a GET is waiting for packets."""
        return self._parked is not None and not self._parked.done()

    def write(self, packets: list[EncodedPacket]) -> None:
        """Answer the waiting GET."""
        assert self._parked is not None
        self._parked.set_result(engineio.encode_payload(packets))

    def release(self) -> None:
        """Let no GET wait from now on, and answer the one that does with a NOOP: an upgrade needs it out of the way."""
        self._released = True
        self.relieve()

    def relieve(self) -> None:
        """Answer the GET that waits with a NOOP; the client comes again."""
        if self.writable:
            self.write([engineio.NOOP_PACKET])

    def retain(self) -> None:
        """Let GETs wait again: the upgrade has come to nothing."""
        self._released = False

    def close(self, reason: Reason, last: list[EncodedPacket]) -> None:
        """Answer the waiting GET with the last packets and a goodbye; without one, the next GET gets them.

        A client that has sent CLOSE itself is answered with a NOOP, any other is told to CLOSE.
        """
        by_client = reason is Reason.TRANSPORT_CLOSE
        self._last = [*last, engineio.NOOP_PACKET if by_client else engineio.CLOSE_PACKET]
        self.resume_reading()
        if self.writable:
            self.write(self._last)
            self._last = []

    def forget(self) -> None:
        """Nobody fetches any more what `close` has left: let go of it, and of the connection, which has this object."""
        self._last = []
        self.connection = None

    def pause_reading(self) -> None:
        """Take no more of a POST and leave it unanswered, which keeps the client from sending the next one."""
        if self._may_read is None:
            self._may_read = asyncio.Event()

    def resume_reading(self) -> None:
        """Answer POST requests again."""
        if self._may_read is not None:
            self._may_read.set()
            self._may_read = None

    async def get(self) -> bytes:
        """The payload for a GET: what waits in the outbox, else what comes next.

        Cancelled by the host when the client gives up waiting, which ends the session: packets that were on their
        way into that answer would be lost unnoticed.
        """
        connection = self.connection
        assert connection is not None
        if self._parked is not None:
            connection.lost(Reason.TRANSPORT_ERROR)
            raise Refused(Cause.BAD_REQUEST, "two GET requests of one session at the same time; it is closed")
        if connection.closing:
            last, self._last = self._last, []
            connection.lost(Reason.TRANSPORT_CLOSE)
            return engineio.encode_payload(last)
        self._parked = asyncio.get_running_loop().create_future()
        try:
            if connection.has_packets:
                connection.flush()
            elif self._released:
                self.write([engineio.NOOP_PACKET])
            return await self._parked
        except asyncio.CancelledError:
            connection.lost(Reason.TRANSPORT_ERROR)
            raise
        finally:
            self._parked = None
            if connection.closing and not self._last:
                connection.lost(Reason.TRANSPORT_CLOSE)

    async def post(self, read_body: ReadBody, limit: int, *, jsonp: bool) -> None:
        """Take the packets of a POST. Whatever is wrong with it ends the session, whose packets are no longer whole.

        Raises:
            Refused: the body is too long, or incomplete, or no payload, or another POST is under way.
        """
        connection = self.connection
        assert connection is not None
        if self._posting:
            connection.lost(Reason.TRANSPORT_ERROR)
            raise Refused(Cause.BAD_REQUEST, "two POST requests of one session at the same time; it is closed")
        self._posting = True
        try:
            await self._take(connection, await _read(connection, read_body, limit, jsonp))
        finally:
            self._posting = False

    async def _take(self, connection: Connection, packets: list[str | bytes]) -> None:
        """Hand packets to the connection; a pause holds up the rest of them, and the answer behind the last."""
        packets.reverse()
        try:
            while packets:
                connection.receive(packets.pop())
                while self._may_read is not None:
                    await self._may_read.wait()
                    if packets and connection.transport is not self:  # whose packets would overtake these
                        connection.fail(ProtocolError("got an upgrade during a POST, expected it after the answer"))
        except asyncio.CancelledError:
            if packets:
                connection.lost(Reason.TRANSPORT_ERROR)
            raise


async def _read(connection: Connection, read_body: ReadBody, limit: int, jsonp: bool) -> list[str | bytes]:
    try:
        body = await read_body(limit)
        return engineio.decode_payload(engineio.jsonp_body(body) if jsonp else body)
    except Refused:
        connection.lost(Reason.TRANSPORT_ERROR)
        raise
    except ProtocolError as error:
        connection.lost(Reason.PARSE_ERROR)
        raise Refused(Cause.BAD_REQUEST, f"{error}; the session is closed") from None
