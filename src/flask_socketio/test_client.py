"""A client for tests: the real server, without a network.

The server runs on a loop in a background thread, from the first test client until the last one is gone. A test client
is a connection in memory (`server/memory_client.py`); its packets are encoded, decoded and handled as all others. What
makes it a client for tests is that it waits:

- *Everything has happened.* A call that sends something returns when the server has come to rest: no handler runs, and
  all that handlers emitted has been received, by every test client. So a test needs no sleep, and none of it is left
  to chance. Two things are not waited for. Background tasks: what these emit comes to those who wait for it, by
  `receive` or `wait_for`. And handlers that have been overtaken (`overtake_after`, 1 s), but for those that this call
  has started: it cannot know whether another client's will ever end. Its own may go on until the next event of the
  same test stops them, so for these it has a certain `patience`; who asked for an answer is told when that is over.
- *Errors surface.* What a handler raises and no error handler takes is raised by the call of the test client, as if
  the test had called the handler. So is what cannot be encoded.

A test may drop its clients without a word, and most do. So nothing else holds on to a client: its connection does not
know it, and `clients` is a weak dictionary. When a client is garbage its connection vanishes, without a disconnect
handler: that would run at some moment of a later test.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from flask import Flask
from flask.testing import EnvironBuilder

from .context import FlaskSurroundings
from .hosts.environ import request_from_environ
from .protocol.engineio import EncodedPacket
from .protocol.socketio import EVENT
from .server.errors import TimeoutError
from .server.jobs import Job
from .server.mailbox import describe
from .server.memory_client import MemoryClient, Received
from .server.server import Server

if TYPE_CHECKING:
    from flask.testing import FlaskClient

T = TypeVar("T")


class Extension(Protocol):
    """The extension, as a test client needs it."""

    @property
    def running_server(self) -> Server:
        """The Socket.IO server."""


class SocketIOTestClient:
    """A client of a Flask-SocketIO app, for its tests. Usually made by `SocketIO.test_client`; connects at once.

    It may be used from any thread but that of the server's loop, and in a `with` statement, which closes it.

    A call returns when the handlers that it has started have ended, and so has all else that runs on the server but
    background tasks and other calls' handlers that take longer than a second (`overtake_after`). A handler that goes
    on until a later event of the test stops it is waited for as long as `patience` says: set that to 0, or make the
    call in a thread of the test's own.

    Args:
        app: the app.
        socketio: its `SocketIO`.
        namespace: the namespace to connect to, `/` if not given.
        query_string: the query of the handshake, with or without its question mark, or as a dict.
        headers: the headers of the handshake.
        auth: what the `connect` handler gets as `auth`.
        flask_test_client: a client of Flask's, whose cookies and `environ_base` the handshake has: the session, say.

    Attributes:
        clients: all test clients that exist, by `eio_sid`.
        app, flask_test_client: as given.
        callback_counter: how many events asked for an acknowledgement.
        patience: seconds that a call waits for handlers which it has started and which take longer than a second. Then
            it returns, or raises TimeoutError if what was asked for has not come: an acknowledgement, or the answer of
            the connect handler. May be set, for one client or for the class.
    """

    patience: float = 10
    clients: ClassVar[weakref.WeakValueDictionary[str, SocketIOTestClient]] = weakref.WeakValueDictionary()

    def __init__(
        self,
        app: Flask,
        socketio: Extension,
        namespace: str | None = None,
        query_string: str | Mapping[str, Any] | None = None,
        headers: Any = None,
        auth: dict[str, Any] | None = None,
        flask_test_client: FlaskClient | None = None,
    ) -> None:
        if app is None:
            raise TypeError("the test client got None in place of the app: socketio.test_client(app)")
        server = socketio.running_server
        surroundings = server.surroundings
        assert isinstance(surroundings, FlaskSurroundings)
        if surroundings.app is not app and app.extensions.get("socketio") is not socketio:
            raise ValueError(f"this SocketIO serves another app: call init_app() with {app.name!r} first")
        self.app = app
        self.flask_test_client = flask_test_client
        self.callback_counter = 0
        self._server = server
        self._surroundings = surroundings.of(app)
        if not server.running:
            server.stay_in_memory()  # what the app's own clients may recover is not a test's to use up
        server.background.enter()
        self._memory = MemoryClient(server)
        self._end = weakref.finalize(self, _vanish, server, self._memory)
        self._end.atexit = False  # the loop is gone by then
        try:
            self.connect(namespace, query_string, headers, auth)
        except BaseException:
            self._end()
            raise

    # Connecting

    @property
    def eio_sid(self) -> str:
        """The id of the connection, which its namespaces share. `request.sid` is another one in each of them."""
        connection = self._memory.connection
        return "" if connection is None else connection.sid

    @property
    def connected(self) -> dict[str, bool]:
        """Whether the client is connected, by namespace."""
        return self._memory.connected

    @property
    def refusals(self) -> dict[str, Any]:
        """What the client was told where it was turned away, by namespace, as a dict with a "message"."""
        return self._memory.refusals

    def is_connected(self, namespace: str | None = None) -> bool:
        """Whether the client is connected to a namespace, once all that goes on has come to rest."""
        if self._server.running and not self._server.on_loop():
            self._server.complete(self._server.settled())
        return self._memory.connected.get(namespace or "/", False)

    def connect(
        self,
        namespace: str | None = None,
        query_string: str | Mapping[str, Any] | None = None,
        headers: Any = None,
        auth: dict[str, Any] | None = None,
    ) -> None:
        """Connect to one more namespace, or again to one.

        The arguments are those of the constructor. The namespaces of a client share its handshake: a query or headers
        replace it for all of them. A client that is in no namespace makes a new handshake anyway.

        Being refused is no error: see `is_connected` and `refusals`. What the connect handler raises is raised;
        TimeoutError if it decides nothing in time, see `patience`.
        """
        if auth is not None and not isinstance(auth, dict):
            raise TypeError(f"auth is {auth!r}, and clients can send a dict only")
        namespace = namespace or "/"
        if self.is_connected(namespace):
            self.disconnect(namespace)
        environ = None
        if query_string or headers or not any(self.connected.values()):
            environ = self._environ(query_string, headers)
        self._complete(self._connect(namespace, environ, auth))

    async def _connect(self, namespace: str, environ: dict[str, Any] | None, auth: dict[str, Any] | None) -> None:
        memory = self._memory
        if environ is not None:
            client = memory.open(request_from_environ(environ))
            client.surroundings = self._surroundings
            self._surroundings.handshake(client).on_failure = memory.fail
            self.clients[self.eio_sid] = self
        running = await self._caused(lambda: memory.join(namespace, auth))
        if running is not None and not (memory.connected.get(namespace) or namespace in memory.refusals):
            raise self._too_late(running)

    async def _caused(self, send: Callable[[], object]) -> Job | None:
        """Send something and wait for what it causes; a handler that still runs then, if there is one."""
        before = self._memory.jobs
        send()
        return await self._memory.settled(before, self.patience)

    def _too_late(self, running: Job) -> TimeoutError:
        return TimeoutError(
            f"{describe(running.handler.function)} still runs after {self.patience} s: let the test client have more "
            "patience (SocketIOTestClient.patience), or let the test end the handler"
        )

    def _environ(self, query_string: str | Mapping[str, Any] | None, headers: Any) -> dict[str, Any]:
        if isinstance(query_string, str):
            query_string = query_string.removeprefix("?")
        flask_client = self.flask_test_client
        builder = EnvironBuilder(
            self.app,
            self._server.engine.options.path,
            query_string=query_string,
            headers=headers,
            environ_base=None if flask_client is None else flask_client.environ_base,
        )
        try:
            environ = builder.get_environ()
        finally:
            builder.close()
        environ.setdefault("REMOTE_ADDR", "127.0.0.1")
        if flask_client is not None:
            flask_client._add_cookies_to_wsgi(environ)
        return environ

    def disconnect(self, namespace: str | None = None) -> None:
        """Leave a namespace.

        Raises:
            RuntimeError: the client is not connected to it.
        """
        namespace = self._connected(namespace)

        self._complete(self._caused(lambda: self._memory.leave(namespace)))

    def close(self) -> None:
        """End the connection; the disconnect handlers of its namespaces run. Closing again does nothing."""
        if self._end.detach() is None:
            return

        try:
            self._complete(self._caused(self._memory.close))
        finally:
            self._server.background.leave_and_wait()

    def __enter__(self) -> SocketIOTestClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Events to the server

    def emit(self, event: str, *args: Any, callback: bool = False, namespace: str | None = None, **_: Any) -> Any:
        """Send an event. Its handler has run when this returns.

        Args:
            event: its name.
            *args: its arguments.
            callback: ask for an acknowledgement.
            namespace: where, `/` if not given.

        Returns:
            What the server acknowledged: the one argument, or the list of them if there are none or several; None
            without an acknowledgement.

        Raises:
            RuntimeError: the client is not connected.
            TypeError, ValueError: the arguments cannot be encoded.
            TimeoutError: the acknowledgement has not come in time, see `patience`.
            Exception: what the handler has raised, or a handler that ran because of it.
        """
        namespace = self._connected(namespace)
        ack_id = None
        if callback:
            ack_id = self.callback_counter = self.callback_counter + 1
        packet = self._server.codec.encode(EVENT, namespace, [event, *args], ack_id)
        answer = self._complete(self._emit(packet, ack_id))
        return answer[0] if answer and len(answer) == 1 else answer

    async def _emit(self, packet: EncodedPacket, ack_id: int | None) -> list[Any] | None:
        running = await self._caused(lambda: self._memory.send(packet))
        if ack_id is None:
            return None
        if running is not None and ack_id not in self._memory.acks:
            raise self._too_late(running)
        return self._memory.acks.pop(ack_id, None)

    def send(self, data: Any, json: bool = False, callback: bool = False, namespace: str | None = None) -> Any:
        """Send a `message` event, or a `json` event if `json` is true. See `emit`."""
        return self.emit("json" if json else "message", data, callback=callback, namespace=namespace)

    # Events from the server

    def on(self, event: str, handler: Callable[..., Any], namespace: str | None = None) -> None:
        """Let a function handle an event from the server, and answer it: `call()` and callbacks get what it returns.

        The event is in `get_received` as well. What the function raises is raised by the call of the test client that
        caused the event. It runs on the server's loop, so it must not wait for anything, nor use a test client.

        Args:
            event: its name.
            handler: gets the arguments. None is an answer without any, a tuple one with several.
            namespace: where, `/` if not given.
        """
        self._memory.handlers[namespace or "/", event] = handler

    @property
    def queue(self) -> list[Received]:
        """The events that have come and were not taken yet, of all namespaces."""
        return self._memory.queue

    @property
    def acks(self) -> dict[int, list[Any]]:
        """What was acknowledged after `emit` had returned, by number of the event that asked."""
        return self._memory.acks

    def get_received(self, namespace: str | None = None) -> list[Received]:
        """The events that have come in a namespace since this was last called.

        Returns:
            A list of dicts with "name", "args" and "namespace". The "args" of `message` and `json` events are no list,
            but their first argument.

        Raises:
            RuntimeError: the client is not connected.
        """
        namespace = self._connected(namespace)

        async def take() -> list[Received]:
            return self._memory.take(namespace)

        return self._complete(take())

    def receive(self, timeout: float = 5, namespace: str | None = None) -> Received:
        """The next event in a namespace, which may still be on its way: from a background task, say.

        Args:
            timeout: how long to wait, in seconds.
            namespace: where, `/` if not given.

        Raises:
            TimeoutError: none came in time.
            RuntimeError: there is none, and none can come: the client is not connected.
        """
        return self._complete(self._memory.next(namespace or "/", None, timeout))

    def wait_for(self, event: str, timeout: float = 5, namespace: str | None = None) -> Received:
        """The next event of a certain name; see `receive`. Events of other names stay where they are."""
        return self._complete(self._memory.next(namespace or "/", event, timeout))

    # Waiting for the server

    def _connected(self, namespace: str | None) -> str:
        if not self.is_connected(namespace):
            raise RuntimeError("not connected")
        return namespace or "/"

    def _complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self._server.complete(coroutine)
        finally:
            for client in (self, *self.clients.values()):  # its own errors first
                if client._server is self._server and client._memory.failures:
                    raise client._memory.failures.pop(0)


def _vanish(server: Server, memory: MemoryClient) -> None:
    """The end of a client that is garbage; perhaps of the collector's own making, in the middle of anything."""
    server.post_later(memory.vanish)
    server.background.leave()
