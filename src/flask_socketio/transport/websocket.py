"""WebSocket: every packet a message of its own, in both directions, over a link that knows how messages travel.

A WebSocket that opens without a session id is a new connection. One that names a session is an upgrade: it probes
(PING "probe", PONG "probe"), and becomes the connection's transport with the UPGRADE packet. A session has one
WebSocket at most: another one that names it is closed as soon as it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..protocol import engineio
from ..protocol.engineio import EncodedPacket
from ..protocol.errors import ProtocolError
from ..protocol.websocket import CloseCode
from .connection import Connection, State
from .polling import PollingTransport
from .reasons import Reason
from .websocket_link import WebSocketLink


class Opener(Protocol):
    """What a WebSocket transport needs of its engine."""

    def opened(self, connection: Connection) -> None:
        """The WebSocket of a new connection is open."""

    def probing(self, transport: WebSocketTransport) -> None:
        """An upgrade has begun; it must end within the upgrade timeout."""

    def probed(self, transport: WebSocketTransport) -> None:
        """An upgrade has ended, one way or the other."""


class WebSocketTransport:
    """The WebSocket side of one connection; what a link calls when something comes in.

    Attributes:
        connection: the connection it carries, or is to carry once it is upgraded; None for one that is turned away,
            and when it, or the session that it was to carry, is over.
    """

    name = "websocket"
    patience = 0  # what the socket does not take, the client does not read
    __slots__ = ("_is_open", "_link", "_opener", "_probed", "connection", "writable", "write")

    _link: WebSocketLink
    #: The link's, with no method of ours in between: a broadcast calls it for every receiver.
    write: Callable[[list[EncodedPacket]], None]
    connection: Connection | None

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._is_open = False
        self._probed = False
        self.writable = False

    def opened(self, link: WebSocketLink) -> None:
        """The WebSocket is open."""
        self._link = link
        self._is_open = True
        self.write = link.write
        self.writable = True
        connection = self.connection
        if connection is None:
            link.close(CloseCode.POLICY_VIOLATION, "this session has ended, or has a WebSocket already")
        elif connection.transport is self:
            self._opener.opened(connection)
        else:
            self._opener.probing(self)

    def message(self, data: str | bytes) -> None:
        """A message has come."""
        connection = self.connection
        if connection is not None:
            if connection.transport is self:
                connection.receive(data)
            elif connection.state is State.OPEN:
                self._probe(connection, data)

    def closed(self, error: ProtocolError | None) -> None:
        """The WebSocket is gone."""
        self.writable = False
        connection, self.connection = self.connection, None
        if connection is None:
            return
        if connection.transport is self:
            if error is not None:
                connection.fail(error)
            connection.lost(Reason.TRANSPORT_CLOSE)
        elif connection.upgrading is self:
            self._give_up(connection)

    def blocked(self) -> None:
        """The client reads more slowly than we write."""
        self.writable = False

    def resumed(self) -> None:
        """The client has caught up."""
        self.writable = True
        if self.connection is not None and self.connection.transport is self:
            self.connection.flush()

    def close(self, reason: Reason, last: list[EncodedPacket]) -> None:
        """Send the last packets, say goodbye and close; the link tells `closed` when it is over."""
        if last:
            self.write(last)
        if not self._is_open:  # an upgrade whose session ends while the host opens it: closed as soon as it is open
            self.connection = None
        elif reason is Reason.PARSE_ERROR:
            self._link.close(CloseCode.POLICY_VIOLATION, reason.value)
        elif reason is Reason.SERVER_SHUTTING_DOWN:
            self._link.close(CloseCode.GOING_AWAY, reason.value)
        elif reason in (Reason.PING_TIMEOUT, Reason.TRANSPORT_ERROR):
            self._link.abort()  # nobody reads there: a goodbye would only be waited for
        else:
            self._link.close()

    def forget(self) -> None:
        """Do nothing: what is sent last waits at the link."""

    def pause_reading(self) -> None:
        """Read no more from the socket; the client's own buffers fill up."""
        self._link.pause_reading()

    def resume_reading(self) -> None:
        """Read from the socket again."""
        self._link.resume_reading()

    def _probe(self, connection: Connection, data: str | bytes) -> None:
        """One step of the upgrade; whatever is out of step closes this WebSocket, not the session."""
        if data == engineio.PING + "probe" and not self._probed:  # one is enough, and answers pile up
            self._probed = True
            self.write([engineio.PONG_PROBE_PACKET])
            _polling(connection).release()
        elif data == engineio.UPGRADE and self._probed:
            self._opener.probed(self)
            connection.upgrade(self)
        else:
            self.connection = None
            self._give_up(connection)
            self._link.close(CloseCode.POLICY_VIOLATION, "unexpected packet during the upgrade")

    def _give_up(self, connection: Connection) -> None:
        """The upgrade has come to nothing: the session goes on by polling."""
        connection.upgrading = None
        _polling(connection).retain()
        self._opener.probed(self)


def _polling(connection: Connection) -> PollingTransport:
    """The transport of a connection before its upgrade: only polling can be upgraded."""
    assert isinstance(connection.transport, PollingTransport)
    return connection.transport
