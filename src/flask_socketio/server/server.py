"""The Socket.IO server: joins the engine below it, the hub of who is where, and the handlers of the app.

All state belongs to the loop. What other threads call (`emit`, `join_room`, ...) goes through the loop's mailbox:
`emit` encodes in the calling thread, so that a bad payload is that thread's TypeError, and does not wait; what answers
something waits for the loop to answer. Called on the loop, each is an ordinary call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Any, TypeAlias, TypeVar

from ..hub.acks import AckCallback
from ..hub.namespaces import Namespaces
from ..hub.rooms import Room
from ..protocol.socketio import Body, Codec, PacketType, event_payload
from ..transport.connection import Connection
from ..transport.deadlines import Deadlines
from ..transport.engine import Engine
from ..transport.options import EngineOptions
from ..transport.reasons import Reason
from .client import Client
from .errors import TimeoutError
from .handlers import ANY, Handlers
from .jobs import AckJob, Surroundings
from .mailbox import Scheduler
from .options import ServerOptions
from .recovery.interface import Recovery
from .recovery.memory import MemoryRecovery
from .signatures import is_async
from .socket import Peer, Socket
from .threads import Answer, BackgroundLoop, BackgroundTask, LoopMailbox, Workers, spawn

logger = logging.getLogger("flask_socketio")

T = TypeVar("T")

#: Seconds that disconnect handlers have when the server has run in the background and is no longer needed.
STOP_TIMEOUT = 1.0

#: Who shall get an event: None everybody in the namespace, else a room (a sid is one) or several.
Target: TypeAlias = Collection[Room] | None


class Server:
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
        self.codec = codec
        self.options = options
        self.surroundings = surroundings
        self.handlers = handlers
        self.engine = Engine(self, engine_options)
        self.scheduler: Scheduler
        #: Where it runs if no host runs it, as in tests; those who need it there enter and leave.
        self.background = BackgroundLoop(self._begin_in_background, self._end_in_background)
        self._namespaces: Namespaces[Socket] = Namespaces()
        self._recovery = Recovery()
        if options.recovery is not None:
            self._recovery = MemoryRecovery(options.recovery, engine_options, codec, surroundings, self._namespaces)
            self._namespaces.make_rooms = self._recovery.make_rooms
        self._mailbox: LoopMailbox | None = None
        #: Runs `function(*args)` on the loop: at once if called there, else soon; see `LoopMailbox.post`.
        self.post: Callable[..., None] = _call

    # Life

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to serve on a loop, in whose thread this is called."""
        options = self.options
        workers = Workers(options.max_threads)
        self._mailbox = LoopMailbox(loop, lively=workers.lively)
        self.post = self._mailbox.post
        self._namespaces.clear()
        self._recovery.start(loop)
        self._until_joined: Deadlines[Any] = Deadlines(loop, options.connect_timeout, self._never_joined)
        self.scheduler = Scheduler(
            loop,
            self._mailbox,
            workers,
            parallel=options.async_handlers,
            overtake_after=options.overtake_after,
            max_overtaken=options.max_overtaken,
            max_queued=options.max_queued_events,
        )
        self.engine.start(loop)

    async def stop(self, timeout: float) -> None:
        """Tell all clients, and give their disconnect handlers up to `timeout` seconds."""
        mailbox = self._mailbox
        if mailbox is not None:
            await asyncio.gather(self.engine.stop(timeout), self.scheduler.idle(timeout))
            self.scheduler.stop()
            self._recovery.stop()
            mailbox.close()
            self._mailbox = None
            self.post = _call

    def _begin_in_background(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.running:  # else a host runs it already, in this process
            self.start(loop)

    async def _end_in_background(self) -> None:
        if self.on_loop():
            await self.stop(STOP_TIMEOUT)

    @property
    def running(self) -> bool:
        """Whether the server has been started and not stopped."""
        return self._mailbox is not None

    def on_loop(self) -> bool:
        """Whether the calling thread is the one of the running loop, and so must not be blocked."""
        return self._mailbox is not None and self._mailbox.on_loop()

    def post_later(self, function: Callable[..., object], *args: Any) -> None:
        """As `post`, but never at once, wherever this is called."""
        if self._mailbox is not None:
            self._mailbox.post_later(function, *args)

    def ask(self, function: Callable[..., T], *args: Any) -> T:
        """The result of `function(*args)`, which runs on the loop."""
        return function(*args) if self._mailbox is None else self._mailbox.call(function, *args)

    def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, which runs on the loop. Raises RuntimeError on the loop, and without one."""
        if self._mailbox is None:
            coroutine.close()
            raise RuntimeError("the server does not run any more")
        return self._mailbox.complete(coroutine)

    async def settled(self) -> None:
        """Wait, on the loop, until all that has come in is handled and all that was emitted for it is written.

        Handlers that were overtaken and background tasks are not waited for.
        """
        while self._mailbox is not None:
            posted = asyncio.Event()
            self._mailbox.post_later(posted.set)  # it comes after all that threads have posted so far
            await posted.wait()
            await self.scheduler.idle()
            await asyncio.sleep(0)  # the engine writes at the end of a turn of the loop
            if not self.scheduler.busy:
                return

    def run_in_worker(self, job: Callable[[], object]) -> None:
        """Run something that may block, and belongs to no client, on a worker thread."""
        self.scheduler.submit(job)

    def run_in_background(
        self, target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> BackgroundTask:
        """Run a function that belongs to no client: in a thread of its own, or on the loop if it is a coroutine one."""
        if not is_async(target):
            return spawn(target, args, kwargs)
        if not self.running:
            raise RuntimeError(f"{target.__qualname__} is a coroutine function, and there is no loop before run()")
        task = BackgroundTask()

        def start() -> None:
            running = self.scheduler.tasks.run(target(*args, **kwargs))
            if running is None:
                task.ended()
            else:
                running.add_done_callback(lambda running: task.ended())

        self.post(start)
        return task

    # What the engine calls

    def opened(self, connection: Connection) -> Client:
        """A client has connected; it has to join a namespace next."""
        client = Client(self, connection)
        self._until_joined.start(client)
        return client

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
        if len(client.sockets) >= self.options.max_namespaces:
            return "Too many namespaces"
        return None

    def joined(self, client: Peer) -> None:
        """A client has been let into a namespace: its connection is worth keeping."""
        self._until_joined.cancel(client)

    def _never_joined(self, client: Peer) -> None:
        logger.info("closing connection %s: it has joined no namespace in time", client.connection.sid)
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
        body = self.codec.encode_body(event_payload(event, args))
        answered = self.answerer(callback, emitter)
        self.post(self._publish_with_ack, namespace, body, to, skip, answered, size=len(body.data))

    def answerer(self, callback: Callable[..., Any], emitter: Socket | None) -> AckCallback:
        """What runs a user's callback with the answer, if there is one; see `emit_with_ack`."""

        def answered(answer: list[Any] | None) -> None:
            if answer is None:
                return
            if emitter is not None:
                self.scheduler.start(None, [AckJob(emitter, callback, tuple(answer))])
            else:
                self.scheduler.call(callback, *answer)

        return answered

    def _publish_with_ack(
        self, namespace: str, body: Body, to: Target, skip: Collection[str], callback: AckCallback
    ) -> None:
        for socket in self._targets(namespace, to, skip):
            self._send_with_ack(socket, body, callback)

    def _send_with_ack(self, socket: Socket, body: Body, callback: AckCallback) -> None:
        ack_id = socket.pending_acks.add(callback)
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
        body = self.codec.encode_body(event_payload(event, args))
        answer: Answer[list[Any] | None] = Answer(f"no acknowledgement of {event!r}")
        self.ask(self._call, namespace, body, to, answer.give)
        return self.outcome(event, answer, timeout)

    def outcome(self, event: str, answer: Answer[list[Any] | None], timeout: float) -> Any:
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

    async def _wait_on_loop(self, event: str, answer: Answer[list[Any] | None], timeout: float) -> Any:
        return _unpack(event, await answer.wait_on_loop(timeout))

    # Rooms and clients

    def join(self, sid: str, namespace: str, room: Room) -> None:
        """Put a client into a room. Raises ValueError for an unknown client, or another client's own room."""
        self.ask(lambda: self._namespaces.rooms(namespace).join(sid, room))

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
        socket = self.ask(self.socket, sid, namespace)
        self.post(self._recovery.dismiss, sid)
        goodbye = None if socket is None else self.ask(socket.dismiss)
        if socket is None or goodbye is None:
            return
        if self.on_loop() or goodbye.handler.is_async:
            self.post(socket.say_goodbye, goodbye)
        else:
            goodbye.run()


def _call(function: Callable[..., object], *args: Any, size: int = 0) -> None:
    """What `post` does while there is no loop: nothing else runs that it could disturb."""
    function(*args)


def _unpack(event: str, args: list[Any] | None) -> Any:
    """What `call` returns for the arguments of an acknowledgement."""
    if args is None:
        raise TimeoutError(f"no acknowledgement of {event!r}: the client has disconnected")
    return None if not args else args[0] if len(args) == 1 else tuple(args)
