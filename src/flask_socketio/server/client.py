"""One connection, as Socket.IO sees it: the namespaces that its client is in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from ..protocol.errors import ProtocolError, excerpt
from ..protocol.socketio import ACK, CONNECT, DISCONNECT, EVENT, Codec, Packet
from ..transport.connection import Connection
from ..transport.reasons import Reason
from .jobs import Surroundings
from .limits import Gate
from .socket import Socket

#: Of so many namespaces that a client has left last, it is known that it was there.
LATECOMERS = 20


class ServerForClient(Protocol):
    """The server, as a client needs it."""

    codec: Codec
    surroundings: Surroundings

    def connect(self, client: Client, namespace: str, auth: Any) -> None:
        """A client asks to join a namespace."""

    def closed(self, client: Client) -> None:
        """The connection of a client is gone."""


class Client:
    """What gets the messages of one connection, and hands the packets in them to the sockets.

    Attributes:
        connection: the Engine.IO connection.
        sockets: the namespaces the client is in or is asking for, by name.
        surroundings: what its handlers run in.
        face: whatever Flask's face keeps for this connection. A dict from the start, so that of several threads that
            want to put the same thing there one does (`setdefault`).
        gate: its limits; None if it has none, or none was asked for yet.
    """

    __slots__ = (
        "_decoder", "_former", "_left", "_paused", "_server",
        "connection", "face", "gate", "sockets", "surroundings",
    )  # fmt: skip

    def __init__(self, server: ServerForClient, connection: Connection) -> None:
        self.connection = connection
        self.sockets: dict[str, Socket] = {}
        self.surroundings = server.surroundings
        self.face: dict[str, Any] = {}
        self.gate: Gate | None = None
        self._server = server
        self._decoder = server.codec.decoder()
        self._former: Sequence[Socket] = ()
        self._left: deque[str] | None = None
        self._paused = 0

    # What the connection calls

    def text(self, packet: str) -> None:
        """A text message has come."""
        decoded = self._decoder.text(packet)
        if decoded is None:
            return
        socket = self.sockets.get(decoded.namespace)
        if socket is not None and decoded.type is EVENT:  # as nearly all are: one step less for them
            socket.event(decoded.data, decoded.id)
        else:
            self._receive(decoded)

    def binary(self, data: bytes) -> None:
        """A binary message has come."""
        decoded = self._decoder.binary(data)
        if decoded is not None:
            self._receive(decoded)

    def closed(self, reason: Reason) -> None:
        """The connection is gone, and with it all its namespaces."""
        del self._decoder  # megabytes may wait in it for their end, and sockets and handlers may keep this object
        self._former = ()
        sockets, self.sockets = self.sockets, {}
        for socket in sockets.values():
            socket.end(reason)
        self._server.closed(self)

    # Packets

    def _receive(self, packet: Packet) -> None:
        socket = self.sockets.get(packet.namespace)
        kind = packet.type
        if socket is None:
            self._receive_outside(packet)
        elif kind is EVENT:
            socket.event(packet.data, packet.id)
        elif kind is ACK:
            assert packet.id is not None
            socket.acknowledged(packet.id, packet.data)
        elif kind is DISCONNECT:
            self.leave(packet.namespace)
            socket.end(Reason.CLIENT_DISCONNECT)
        else:
            raise ProtocolError(f"got {kind.name} for {excerpt(packet.namespace)}, where this client already is")

    def _receive_outside(self, packet: Packet) -> None:
        """A packet for a namespace that the client is not in: CONNECT, or a latecomer."""
        if packet.type is CONNECT:
            self._server.connect(self, packet.namespace, packet.data or None)
        elif self._left is None or packet.namespace not in self._left:
            raise ProtocolError(f"got {packet.type.name} for {excerpt(packet.namespace)}, expected CONNECT first")

    def leave(self, namespace: str) -> None:
        """The client is no longer in a namespace. What it sent before it knew is ignored from now on."""
        socket = self.sockets.pop(namespace, None)
        if socket is not None:
            self._former = [*self._unfinished(), socket]
        if self._left is None:
            self._left = deque(maxlen=LATECOMERS)
        if namespace not in self._left:
            self._left.append(namespace)

    @property
    def occupied(self) -> int:
        """In how many namespaces the client is, or was until lately and has left something to do.

        Else one that leaves and joins again and again, faster than handlers run, could let any number of them wait.
        """
        self._former = self._unfinished()
        return len(self.sockets) + len(self._former)

    def _unfinished(self) -> Sequence[Socket]:
        return [socket for socket in self._former if socket.unfinished] if self._former else ()

    # Back-pressure: any of the namespaces may ask for a pause

    def pause(self) -> None:
        """Take nothing from the client for now."""
        self._paused += 1
        if self._paused == 1:
            self.connection.pause_reading()

    def resume(self) -> None:
        """Take the client's packets again, unless another namespace still wants the pause."""
        self._paused -= 1
        if self._paused == 0:
            self.connection.resume_reading()


class LimitedClient(Client):
    """A client whose events, or whose bytes, are limited."""

    __slots__ = ()

    gate: Gate

    def __init__(self, server: ServerForClient, connection: Connection, gate: Gate) -> None:
        super().__init__(server, connection)
        self.gate = gate

    def text(self, packet: str) -> None:
        """See `Client`."""
        self.gate.received(len(packet) if packet.isascii() else len(packet.encode()))
        super().text(packet)

    def binary(self, data: bytes) -> None:
        """See `Client`."""
        self.gate.received(len(data))
        super().binary(data)
