"""The Socket.IO server: joins the engine below it, the hub of who is where, and the handlers of the app.

All state belongs to the loop. What other threads call (`emit`, `join_room`, ...) goes through the loop's mailbox:
`emit` encodes in the calling thread, so that a bad payload is that thread's TypeError, and does not wait; what answers
something waits for the loop to answer. Called on the loop, each is an ordinary call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeAlias

from ..hub.acks import AckCallback, Reply, Unanswered
from ..hub.rooms import Room, TooManyRooms
from ..protocol.errors import excerpt
from ..protocol.socketio import Body, Codec, PacketType, event_payload
from ..transport.connection import Connection
from ..transport.deadlines import Deadlines
from ..transport.engine import Engine
from ..transport.options import EngineOptions
from ..transport.origin import policies_of_parts
from ..transport.reasons import Reason
from .client import Client, LimitedClient
from .errors import TimeoutError, TooManyRoomsError
from .handlers import ANY, Handler, Handlers
from .jobs import AckJob, DisconnectJob, Surroundings
from .limits import Allowance, Gate
from .options import ServerOptions
from .payloads import PayloadBudget
from .recovery.base import Recovery
from .recovery.memory import MemoryRecovery
from .runtime import Runtime
from .socket import ClientForSocket, Socket
from .threads import PendingAnswer

logger = logging.getLogger("flask_socketio")

#: Who shall get an event: None everybody in the namespace, else a room (a sid is one) or several.
Target: TypeAlias = Collection[Room] | None


class Server(Runtime):
    """All clients, whatever connection and namespace they came by.

    Args:
        codec: how packets are written.
        engine_options, options: see there.
        surroundings: what handlers run in.
        handlers: who handles what.
    """

    def __init__(
        self,
        codec: Codec,
        engine_options: EngineOptions,
        options: ServerOptions,
        surroundings: Surroundings,
        handlers: Handlers,
    ) -> None:
        super().__init__(options)
        self.codec = codec
        self.surroundings = surroundings
        self.handlers = handlers
        self.engine = Engine(self, engine_options)
        self._recovery = Recovery(options)
        if options.recovery is not None:
            self._recovery = MemoryRecovery(options, engine_options, codec, surroundings)
        self._namespaces = self._recovery.namespaces
        self._budget = PayloadBudget(codec, options.payload_warning, options.max_emit_size)
        self._origins = policies_of_parts(engine_options.cors_allowed_origins)

    # Life

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to serve on a loop, in whose thread this is called."""
        super().start(loop)
        self._namespaces.clear()
        self._recovery.start(loop)
        self._until_joined: Deadlines[Any] = Deadlines(loop, self.options.connect_timeout, self._never_joined)
        self.engine.start(loop)

    async def finish(self, timeout: float) -> None:
        """Tell all clients, and give their disconnect handlers up to `timeout` seconds."""
        await asyncio.gather(self.engine.stop(timeout), self.scheduler.idle(timeout))
        self._recovery.stop()

    def stay_in_memory(self) -> None:
        """The clients of this process are those of a test: what others may recover, in a file, is left alone."""
        self._recovery.stay_in_memory()

    # What the engine calls

    def opened(self, connection: Connection) -> Client:
        """A client has connected; it has to join a namespace next."""
        options = self.options
        if options.rate_limit is None and options.byte_rate_limit is None:
            client = Client(self, connection)
        else:
            client = LimitedClient(self, connection, self.make_gate(connection))
        self._until_joined.start(client)
        return client

    def make_gate(self, connection: Connection) -> Gate:
        """The limits of a connection."""
        options, expel = self.options, partial(self.engine.schedule_close, connection, Reason.SERVER_DISCONNECT)
        return Gate(Allowance(options.rate_limit, options.byte_rate_limit, self.now), expel, self.engine.complaints)

    # What clients call

    def connect(self, client: Client, namespace: str, auth: Any) -> None:
        """A client asks to join a namespace."""
        problem = self._problem(client, namespace)
        if problem is not None:
            refusal = self.codec.encode(PacketType.CONNECT_ERROR, namespace, {"message": problem})
            client.connection.send(refusal)
            return
        socket = Socket(self, client, self.engine.generate_id(), namespace, auth)
        client.sockets[namespace] = socket
        self._recovery.arrive(socket, self._enter)

    def _enter(self, socket: Socket) -> None:
        self._namespaces.add(socket.namespace, socket)
        socket.connect()

    def _problem(self, client: Client, namespace: str) -> str | None:
        accepted = self.options.namespaces
        if namespace not in accepted and ANY not in accepted and namespace not in self.handlers.namespaces:
            return "Invalid namespace"
        if client.occupied >= self.options.max_namespaces:
            if self.engine.complaints.due("max_namespaces", client.connection.sid):
                logger.warning("client %s asks for more namespaces than max_namespaces", client.connection)
            return "Too many namespaces"
        return self._problem_of_origin(client.connection, namespace)

    def _problem_of_origin(self, connection: Connection, namespace: str) -> str | None:
        handshake = connection.request
        policy = self._origins.get(namespace, self._origins.get(ANY))
        problem = None if policy is None else policy.problem(handshake, handshake)
        if problem is None:
            return None
        if self.engine.complaints.due("cors_allowed_origins", connection.sid):
            logger.warning("refused a client that asked for %s: %s", excerpt(namespace), problem)
        return "Pages of this origin may not join this namespace"

    def joined(self, client: ClientForSocket) -> None:
        """A client has been let into a namespace: its connection is worth keeping."""
        self._until_joined.cancel(client)

    def _never_joined(self, client: ClientForSocket) -> None:
        logger.info("closing connection %s: it has joined no namespace in time", client.connection)
        client.connection.close(Reason.SERVER_DISCONNECT)

    def closed(self, client: Client) -> None:
        """A connection is gone."""
        self._until_joined.cancel(client)

    def left(self, socket: Socket, reason: Reason) -> None:
        """A client that was in has left a namespace."""
        self._recovery.leave(socket, reason)

    def forget(self, socket: Socket) -> None:
        """Nothing is left to do for a client that has left a namespace."""
        self._namespaces.remove(socket.namespace, socket)
        self._recovery.forget(socket)

    # Events to clients

    def emit(
        self,
        event: str,
        args: tuple[Any, ...],
        *,
        namespace: str,
        to: Target = None,
        skip: Collection[str] = (),
        volatile: bool = False,
        latest: str | None = None,
        local: bool = False,
    ) -> None:
        """Send an event to everybody in a namespace, or to those in any of the rooms `to`, but not to the sids `skip`.

        `volatile` drops it for clients that cannot take it now, `latest` names what a newer event makes it worthless
        for slow clients by. `local` is for a server with peers (`clustered.py`): only clients of this process.

        Never waits for clients. Raises TypeError or ValueError for arguments that cannot be sent.
        """
        packet = self.codec.encode(PacketType.EVENT, namespace, event_payload(event, args))
        if packet.size > self._budget.floor:
            self._budget.check(event, args, packet.size)
        if volatile or latest is not None:
            self.post(self._namespaces.offer, namespace, packet, to, skip, latest, size=packet.size)
        else:
            self.post(self._namespaces.publish, namespace, packet, to, skip, size=packet.size)

    def emit_with_ack(
        self,
        event: str,
        args: tuple[Any, ...],
        callback: Callable[..., Any],
        *,
        namespace: str,
        to: Target = None,
        skip: Collection[str] = (),
        emitter: Socket | None = None,
        local: bool = False,
    ) -> None:
        """As `emit`; each client that acknowledges the event causes one `callback(*its_arguments)`.

        The callback runs as a handler would, on behalf of `emitter`, or without surroundings if that is None.
        """
        body = self._event_body(event, args)
        answered = self.answerer(callback, emitter)
        self.post(self._publish_with_ack, namespace, body, to, skip, answered, size=body.size)

    def _event_body(self, event: str, args: tuple[Any, ...]) -> Body:
        body = self.codec.encode_body(event_payload(event, args))
        size = body.size
        if size > self._budget.floor:
            self._budget.check(event, args, size)
        return body

    def answerer(self, callback: Callable[..., Any], emitter: Socket | None) -> AckCallback:
        """What runs a user's callback with the answer, if there is one; see `emit_with_ack`."""
        handler = Handler(callback)

        def answered(answer: Reply) -> None:
            if isinstance(answer, Unanswered):
                return
            if emitter is not None:
                self.scheduler.start(None, [AckJob(emitter, handler, tuple(answer))])
            else:
                self.scheduler.call(handler, answer)

        return answered

    def _publish_with_ack(
        self, namespace: str, body: Body, to: Target, skip: Collection[str], callback: AckCallback
    ) -> None:
        for socket in self._targets(namespace, to, skip):
            self._send_with_ack(socket, body, callback)

    def _send_with_ack(self, socket: Socket, body: Body, callback: AckCallback) -> None:
        pending = socket.pending_acks
        if pending.full and self.engine.complaints.due("max_pending_acks", socket.sid):
            logger.warning("client %s owes too many answers (max_pending_acks)", socket.sid)
        ack_id = pending.add(callback)
        socket.send(self.codec.assemble(PacketType.EVENT, socket.namespace, body, ack_id))

    def _targets(self, namespace: str, to: Target, skip: Collection[str]) -> list[Socket]:
        return list(self._namespaces.rooms(namespace).targets(to, skip))

    def call(
        self, event: str, args: tuple[Any, ...], *, namespace: str, to: Room, timeout: float, local: bool = False
    ) -> Any:
        """Send an event to one client and wait for its acknowledgement: None, its one argument, or a tuple of them.

        On the loop the result is a coroutine that does the waiting. Raises TimeoutError if no answer comes in
        `timeout` seconds, or if none can come any more.
        """
        body = self._event_body(event, args)
        given_up = partial(self.post, self._withdraw, namespace, to)
        answer: PendingAnswer[Reply] = PendingAnswer(f"no acknowledgement of {event!r}", given_up)
        self.ask(self._call, namespace, body, to, answer.give)
        return self.outcome(event, answer, timeout)

    def outcome(self, event: str, answer: PendingAnswer[Reply], timeout: float) -> Any:
        """What `call` returns, as soon as there is an answer; raises TimeoutError as it does."""
        if self.on_loop():
            return self._wait_on_loop(event, answer, timeout)
        return _unpack(event, answer.wait(timeout))

    def _call(self, namespace: str, body: Body, to: Room, callback: AckCallback) -> None:
        sockets = self._targets(namespace, [to], ())
        if not sockets:
            raise TimeoutError(f"call() to {to!r}: no such client in namespace {namespace!r}")
        for socket in sockets:
            if socket.connecting:
                raise RuntimeError(
                    f"call() to client {socket.sid} inside its own connect handler: it answers nothing before it is "
                    "connected. Call it from a handler of an event that it sends once it is, or use emit()."
                )
            self._send_with_ack(socket, body, callback)

    def _withdraw(self, namespace: str, to: Room, callback: AckCallback) -> None:
        for socket in self._targets(namespace, [to], ()):
            socket.pending_acks.discard(callback)

    async def _wait_on_loop(self, event: str, answer: PendingAnswer[Reply], timeout: float) -> Any:
        return _unpack(event, await answer.wait_on_loop(timeout))

    # Rooms and clients

    def join(self, sid: str, namespace: str, room: Room) -> None:
        """Put a client into a room.

        Raises TooManyRoomsError if it is in too many, ValueError for an unknown client, or another client's own room.
        """
        self.ask(self._join, sid, namespace, room)

    def _join(self, sid: str, namespace: str, room: Room) -> None:
        try:
            self._namespaces.rooms(namespace).join(sid, room)
        except TooManyRooms as problem:
            if self.engine.complaints.due("max_rooms", sid):
                logger.warning("%s", problem)
            raise TooManyRoomsError from None

    def leave(self, sid: str, namespace: str, room: Room) -> None:
        """Take a client out of a room."""
        self.ask(lambda: self._namespaces.rooms(namespace).leave(sid, room))

    def close_room(self, namespace: str, room: Room) -> None:
        """Take everybody out of a room. Raises ValueError for a client's own room."""
        self.ask(lambda: self._namespaces.rooms(namespace).close(room))

    def rooms(self, sid: str, namespace: str) -> list[Room]:
        """The rooms a client is in, its own included."""
        return self.ask(lambda: self._namespaces.rooms(namespace).rooms_of(sid))

    def socket(self, sid: str, namespace: str) -> Socket | None:
        """A client by its sid; to be asked on the loop."""
        return self._namespaces.rooms(namespace).members.get(sid)

    def sockets(self) -> list[Socket]:
        """All clients in all namespaces; to be asked on the loop."""
        return list(self._namespaces)

    def disconnect(self, sid: str, namespace: str) -> None:
        """Take a client out of a namespace, whose disconnect handler has then run.

        Called on the loop, or if the handler is a coroutine, the handler runs soon. An unknown client is ignored.
        """
        dismissed = self.ask(self._dismiss, sid, namespace)
        if dismissed is None:
            return
        socket, goodbye = dismissed
        if self.on_loop() or goodbye.handler.is_async:
            self.post(socket.say_goodbye, goodbye)
        else:
            goodbye.run()

    def _dismiss(self, sid: str, namespace: str) -> tuple[Socket, DisconnectJob] | None:
        """Put a client out, for good; returns whose disconnect handler has yet to run."""
        self._recovery.dismiss(sid)
        socket = self.socket(sid, namespace)
        goodbye = socket and socket.dismiss()
        return (socket, goodbye) if socket and goodbye else None


def _unpack(event: str, args: Reply) -> Any:
    """What `call` returns for the arguments of an acknowledgement."""
    if isinstance(args, Unanswered):
        raise TimeoutError(f"no acknowledgement of {event!r}: {args.value}")
    return None if not args else args[0] if len(args) == 1 else tuple(args)
