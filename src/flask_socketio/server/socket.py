"""One client in one namespace."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Protocol

from ..hub.acks import PendingAcks, Unanswered
from ..protocol.engineio import EncodedPacket
from ..protocol.errors import ProtocolError, excerpt
from ..protocol.socketio import Body, Codec, PacketType
from ..transport.complaints import Complaints
from ..transport.connection import Connection
from ..transport.engine import Engine
from ..transport.reasons import Reason
from .admission import admit
from .handlers import ANY, CONNECT, DISCONNECT, Handlers
from .jobs import ConnectJob, DisconnectJob, EventJob, Surroundings
from .limits import Allowance, Gate
from .mailbox import Scheduler
from .once import AnsweredEvents
from .options import ServerOptions


class SocketState(enum.Enum):
    """Where a client is in its life in a namespace; only ever moves down this list."""

    #: Its connect handler has not decided yet. What is emitted to it waits behind the CONNECT packet.
    CONNECTING = "connecting"
    CONNECTED = "connected"
    #: It has left, was turned away, or its connection is gone. What is emitted to it is dropped.
    DISCONNECTED = "disconnected"


def _drop(packet: EncodedPacket) -> None:
    """Where packets for a client that has left go."""


class ServerForSocket(Protocol):
    """The server, as a socket needs it."""

    codec: Codec
    engine: Engine
    handlers: Handlers
    options: ServerOptions
    scheduler: Scheduler

    def post(self, function: Callable[..., object], *args: Any, size: int = 0) -> None:
        """Run `function(*args)` on the loop; `size` is what it holds in memory, in bytes."""

    def joined(self, client: ClientForSocket) -> None:
        """A client has been let into a namespace."""

    def make_gate(self, connection: Connection) -> Gate:
        """The limits of a connection."""

    def left(self, socket: Socket, reason: Reason) -> None:
        """A client that was in has left its namespace; its disconnect handler has yet to run."""

    def forget(self, socket: Socket) -> None:
        """Take a socket out of its namespace."""

    def socket(self, sid: str, namespace: str) -> Socket | None:
        """Who has a sid in a namespace."""


class ClientForSocket(Protocol):
    """The connection that a socket is part of (`client.Client`)."""

    connection: Connection
    surroundings: Surroundings
    #: Whatever Flask's face keeps for this connection.
    face: dict[str, Any]
    #: Its limits; None if it has none, or none was asked for yet.
    gate: Gate | None

    def leave(self, namespace: str) -> None:
        """The client is no longer in a namespace."""

    def pause(self) -> None:
        """Take nothing from the client for now."""

    def resume(self) -> None:
        """Take the client's packets again."""


class Socket:
    """A client in a namespace: a member of the hub's rooms, with its events in order. Used on the loop only.

    Attributes:
        sid: the Socket.IO session id; another one in each namespace, and not the Engine.IO one.
        namespace: its name.
        client: the connection it came over.
        server: whose client it is.
        auth: what the client sent to authenticate itself; None without it.
        surroundings: what its handlers run in.
        pid: the secret by which the client may get this sid again; None without recovery.
        recovered: whether it has got it again.
        dismissed: whether the server has put the client out, or turned it away: its events are not handled any more.
        send: takes a packet for the client. In each state it *is* the function for that state, so that a fan-out
            reaches the connection of every member without a question on the way.
    """

    __slots__ = (
        "_handlers", "_held", "_held_size", "_mailbox", "_memory", "_pending_acks", "_reason", "_state",
        "auth", "client", "dismissed", "namespace", "pid", "recovered", "send", "server", "sid", "surroundings",
    )  # fmt: skip

    send: Callable[[EncodedPacket], None]

    def __init__(self, server: ServerForSocket, client: ClientForSocket, sid: str, namespace: str, auth: Any) -> None:
        self.server = server
        self.client = client
        self.sid = sid
        self.namespace = namespace
        self.auth = auth
        self.surroundings = client.surroundings
        self._handlers = server.handlers.of(namespace)
        self._state = SocketState.CONNECTING
        self._held: list[EncodedPacket] = []
        self._held_size = 0
        self.pid: str | None = None
        self.recovered = False
        self.dismissed = False
        self._mailbox = server.scheduler.mailbox(client)
        self._pending_acks: PendingAcks | None = None
        self._memory: AnsweredEvents | None = None
        self._reason = Reason.SERVER_DISCONNECT
        self.send = self._hold

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Run `function(*args)` on the loop."""
        self.server.post(function, *args)

    @property
    def connecting(self) -> bool:
        """Whether the connect handler has yet to decide."""
        return self._state is SocketState.CONNECTING

    @property
    def unfinished(self) -> bool:
        """Whether a handler runs or waits, or its namespace has yet to forget the client."""
        return self._mailbox.busy or self.server.socket(self.sid, self.namespace) is self

    # Coming

    def recover(
        self,
        sid: str,
        pid: str,
        missed: list[EncodedPacket],
        memory: AnsweredEvents | None,
        allowance: Allowance | None,
    ) -> None:
        """This is a client that was here before, and has missed these events. Before `connect`."""
        self.sid, self.pid = sid, pid
        if allowance is not None:
            (self.gate or self.make_gate()).allowance.share(allowance)
        self._memory = memory
        self.recovered = True
        self._held = missed
        self._held_size = sum(packet.size for packet in missed)

    def connect(self) -> None:
        """Let the connect handler decide; without one, everybody may come in."""
        handler = self._handlers.lifecycle(CONNECT)
        recovery = self.server.options.recovery
        if self.recovered and recovery is not None and recovery.skip_middlewares:
            handler = None
        if handler is None or self.server.options.always_connect:
            self.accept()
        if handler is not None:
            self._mailbox.put(ConnectJob(self, handler, self.auth))

    def accept(self) -> None:
        """The client is in: tell it, and send what has been emitted to it meanwhile."""
        if self._state is SocketState.CONNECTING:
            self._state = SocketState.CONNECTED
            self._let_in()
        elif not self.server.options.always_connect:  # it has left while its handler was letting it in
            goodbye = self._goodbye()
            if goodbye is not None:
                self.say_goodbye(goodbye)

    def _let_in(self) -> None:
        self.server.joined(self.client)
        self.send = self.client.connection.send
        identity = {"sid": self.sid} if self.pid is None else {"sid": self.sid, "pid": self.pid}
        self.send(self.server.codec.encode(PacketType.CONNECT, self.namespace, identity))
        for packet in self._held:
            self.send(packet)
        self._held = []

    def _hold(self, packet: EncodedPacket) -> None:
        self._held.append(packet)
        self._held_size += packet.size
        engine = self.server.engine
        if len(self._held) > engine.max_outbox_packets or self._held_size > engine.max_outbox_size:
            self.send = _drop
            engine.schedule_close(self.client.connection, Reason.TRANSPORT_ERROR)

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        """Take a packet that the client may miss while it is slow; see `Connection.offer`."""
        if self._state is SocketState.CONNECTED:
            self.client.connection.offer(packet, key)
        else:
            self.send(packet)

    def refusal(self, payload: dict[str, Any]) -> EncodedPacket:
        """What tells the client that it is turned away, and why.

        One that was let in beforehand (`always_connect`) is put out without a reason: a DISCONNECT with data, which
        Flask-SocketIO 5 sends, is a parse error to the official client, and ends its whole connection.

        To be made in any thread. Raises TypeError or ValueError for a payload that cannot be encoded.
        """
        encode = self.server.codec.encode
        if self.server.options.always_connect:
            return encode(PacketType.DISCONNECT, self.namespace)
        return encode(PacketType.CONNECT_ERROR, self.namespace, payload)

    def refuse(self, refusal: EncodedPacket) -> None:
        """The client is turned away."""
        if self._state is not SocketState.DISCONNECTED:
            self.client.connection.send(refusal)
            self.client.leave(self.namespace)
            self._disconnected(Reason.SERVER_DISCONNECT)
        self.forget()

    # Events

    def event(self, data: list[Any], ack_id: int | None) -> None:
        """An event has come: `data` is its name and its arguments. Raises ProtocolError before the client is let in."""
        if self._state is SocketState.CONNECTING:  # else one that is about to be turned away could still act
            raise ProtocolError(f"got an event for {excerpt(self.namespace)} before the client was let in")
        event = data[0]
        handler = self._handlers.find(event)
        if handler is None or self._state is SocketState.DISCONNECTED:
            return
        if handler.takes_event:
            job = EventJob(self, handler, ANY, tuple(data), ack_id)
        else:
            job = EventJob(self, handler, event, tuple(data[1:]), ack_id)
        if handler.rules is None and self.client.gate is None:
            self._mailbox.put(job)
        elif (admitted := admit(self, job, event)) is not None:
            self._mailbox.put(admitted)

    @property
    def gate(self) -> Gate | None:
        """The limits of the connection, if it has any yet."""
        return self.client.gate

    @property
    def complaints(self) -> Complaints:
        """What was said of whom in the log of late."""
        return self.server.engine.complaints

    def make_gate(self) -> Gate:
        """Give the connection limits."""
        gate = self.client.gate = self.server.make_gate(self.client.connection)
        return gate

    @property
    def remembered(self) -> AnsweredEvents | None:
        """The events that were handled once, if there are any."""
        return self._memory

    @property
    def memory(self) -> AnsweredEvents:
        """The same, to look them up and to add some."""
        if self._memory is None:
            self._memory = AnsweredEvents(self.server.options.max_remembered)
        return self._memory

    def answer_body(self, data: list[Any]) -> Body:
        """The arguments of an answer; to be made in any thread. Raises TypeError or ValueError as the codec does."""
        return self.server.codec.encode_body(data)

    def answer_with(self, ack_id: int, body: Body) -> None:
        """Answer an event with what another one was answered with."""
        self.send(self.server.codec.assemble(PacketType.ACK, self.namespace, body, ack_id))

    def acknowledgement(self, ack_id: int, data: list[Any]) -> EncodedPacket:
        """The answer to an event; to be made in any thread. Raises TypeError or ValueError as `Codec.encode`."""
        return self.server.codec.encode(PacketType.ACK, self.namespace, data, ack_id)

    def error_event(self, payload: dict[str, Any]) -> EncodedPacket:
        """What tells the client that its event has failed; to be made in any thread. Raises as `acknowledgement`."""
        return self.server.codec.encode(PacketType.EVENT, self.namespace, ["error", payload])

    def answer(self, answer: EncodedPacket) -> None:
        """Send the answer to an event, from any thread."""
        self.server.post(self.tell, answer, size=answer.size)

    def tell(self, packet: EncodedPacket) -> None:
        """Send the client a packet, whatever state it is in by then."""
        self.send(packet)

    def acknowledged(self, ack_id: int, args: list[Any]) -> None:
        """The client has answered an event of ours; an answer that nobody waits for is ignored."""
        callback = self._pending_acks.pop(ack_id) if self._pending_acks is not None else None
        if callback is not None:
            callback(args)

    @property
    def pending_acks(self) -> PendingAcks:
        """What the client has been asked to answer."""
        if self._pending_acks is None:
            self._pending_acks = PendingAcks(self.server.options.max_pending_acks)
        return self._pending_acks

    # Going

    def end(self, reason: Reason) -> None:
        """The client has left, for this reason: run the disconnect handler, then forget the client."""
        goodbye = self.depart(reason)
        if goodbye is not None:
            self.say_goodbye(goodbye)

    def dismiss(self) -> DisconnectJob | None:
        """As `depart`, because the server wants it so; the client is told. One that has left already is left alone."""
        if self._state is SocketState.DISCONNECTED:
            return None  # its place may have been taken since, by the same client
        if self.connecting:  # its connect handler emits, then calls disconnect(): only who is let in can hear that
            self._let_in()
        self.send(self.server.codec.encode(PacketType.DISCONNECT, self.namespace))
        self.client.leave(self.namespace)
        return self.depart(Reason.SERVER_DISCONNECT)

    def depart(self, reason: Reason) -> DisconnectJob | None:
        """As `end`, but the call of the disconnect handler, if there is one, is left to the caller."""
        was = self._state
        self._disconnected(reason)
        if was is SocketState.CONNECTED or (was is SocketState.CONNECTING and self.recovered):
            self.server.left(self, reason)
        return self._goodbye() if was is SocketState.CONNECTED else None

    def say_goodbye(self, goodbye: DisconnectJob) -> None:
        """Run the disconnect handler after the events that came before, or very soon."""
        self._mailbox.put_goodbye(goodbye)

    def forget(self) -> None:
        """Take the client out of the namespace and its rooms."""
        self.server.forget(self)

    def _goodbye(self) -> DisconnectJob | None:
        handler = self._handlers.lifecycle(DISCONNECT)
        if handler is None:
            self.forget()
            return None
        return DisconnectJob(self, handler, self._reason.value)

    def _disconnected(self, reason: Reason) -> None:
        if self._state is not SocketState.DISCONNECTED:
            self._state = SocketState.DISCONNECTED
            self._reason = reason
            self.dismissed = reason is Reason.SERVER_DISCONNECT
            self._held = []
            self.send = _drop
            if self._pending_acks is not None:
                for callback in self._pending_acks.clear():
                    callback(Unanswered.GONE)
