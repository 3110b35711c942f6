"""What apps and their tests use of Flask-SocketIO 5 beside its documented API, on top of ours.

`SocketIO.server` was a python-socketio server, and its attributes became an interface: routes call
`socketio.server.enter_room(...)`, tests look into `socketio.server.environ[client.eio_sid]["saved_session"]`. Here
`SocketIO.server` is a `Facade` that answers to these names; the server itself is `SocketIO.running_server`, and knows
nothing of this module. `SocketIO.sockio_mw` has one such name, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from . import settings
from .context import FlaskSurroundings, Handshake
from .hosts.wsgi import SocketIOMiddleware
from .server.client import Client
from .server.server import Server
from .server.socket import Socket
from .transport.options import EngineOptions


class Extension(Protocol):
    """The extension, as this module needs it."""

    class_namespaces: dict[str, Any]
    server_options: dict[str, Any]

    @property
    def running_server(self) -> Server:
        """The Socket.IO server."""

    def emit(self, event: str, *args: Any, **kwargs: Any) -> None:
        """Send an event."""

    def call(self, event: str, *args: Any, **kwargs: Any) -> Any:
        """Send an event and wait for the answer."""

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function in the background."""

    def sleep(self, seconds: float = 0) -> None:
        """Wait."""


class Facade:
    """The server under the names that python-socketio's has. Sids are those of a namespace, `/` if none is given.

    Attributes:
        environ: the WSGI environ of each connection, by its Engine.IO sid.
        eio: the options of the engine as attributes: `eio.cookie`.
        manager: who is where.
    """

    async_mode = "threading"

    if not TYPE_CHECKING:  # to type checkers it would be everything

        def __getattr__(self, name: str) -> Any:
            raise _missing("server", name)

    def __init__(self, socketio: Extension, server: Server, surroundings: FlaskSurroundings) -> None:
        self._socketio = socketio
        self._server = server
        self._surroundings = surroundings
        self.environ = Environs(server, surroundings)
        self.eio = EngineFacade(socketio, server)
        self.manager = Manager(server, self)

    # Events

    def emit(
        self, event: str, data: Any = None, to: Any = None, room: Any = None, skip_sid: Any = None,
        namespace: str | None = None, callback: Callable[..., Any] | None = None, ignore_queue: bool = False,
    ) -> None:  # fmt: skip
        """Send an event; see `SocketIO.emit`."""
        self._socketio.emit(
            event, data, to=to or room, skip_sid=skip_sid, namespace=namespace, callback=callback,
            ignore_queue=ignore_queue,
        )  # fmt: skip

    def send(self, data: Any, *args: Any, **kwargs: Any) -> None:
        """Send a `message` event, as `emit` does."""
        self.emit("message", data, *args, **kwargs)

    def call(
        self, event: str, data: Any = None, to: Any = None, sid: str | None = None,
        namespace: str | None = None, timeout: float = 60, ignore_queue: bool = False,
    ) -> Any:  # fmt: skip
        """Send an event to one client and wait for its acknowledgement; see `SocketIO.call`."""
        return self._socketio.call(
            event, data, to=to or sid, namespace=namespace, timeout=timeout, ignore_queue=ignore_queue
        )

    # Rooms and clients

    def enter_room(self, sid: str, room: Any, namespace: str | None = None) -> None:
        """Put a client into a room. Raises ValueError for an unknown client."""
        self._server.join(sid, namespace or "/", room)

    def leave_room(self, sid: str, room: Any, namespace: str | None = None) -> None:
        """Take a client out of a room."""
        self._server.leave(sid, namespace or "/", room)

    def close_room(self, room: Any, namespace: str | None = None) -> None:
        """Take everybody out of a room."""
        self._server.close_room(namespace or "/", room)

    def rooms(self, sid: str, namespace: str | None = None) -> list[Any]:
        """The rooms a client is in."""
        return self._server.rooms(sid, namespace or "/")

    def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:
        """Take a client out of a namespace."""
        self._server.disconnect(sid, namespace or "/")

    def transport(self, sid: str, namespace: str | None = None) -> str:
        """`polling` or `websocket`. Raises KeyError for an unknown client."""
        return self._socket(sid, namespace).client.connection.transport.name

    def get_environ(self, sid: str, namespace: str | None = None) -> dict[str, Any] | None:
        """The WSGI environ of a client's handshake, None for an unknown client."""
        try:
            return _environ(self._handshake(sid, namespace), self._surroundings)
        except KeyError:
            return None

    # A dict for each client and namespace; has nothing to do with Flask's session

    def get_session(self, sid: str, namespace: str | None = None) -> dict[str, Any]:
        """A client's dict. Raises KeyError for an unknown client."""
        return self._handshake(sid, namespace).sessions.setdefault(namespace or "/", {})

    def save_session(self, sid: str, session: dict[str, Any], namespace: str | None = None) -> None:
        """Give a client another dict. Raises KeyError for an unknown client."""
        self._handshake(sid, namespace).sessions[namespace or "/"] = session

    @contextmanager
    def session(self, sid: str, namespace: str | None = None) -> Iterator[dict[str, Any]]:
        """A client's dict in a `with` statement, saved at its end."""
        session = self.get_session(sid, namespace)
        yield session
        self.save_session(sid, session, namespace)

    # Handlers

    @property
    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """The functions by namespace and event. What is deleted here is no longer called."""
        registered = self._server.handlers

        def remove_all(namespace: str) -> None:
            for event in registered.functions.get(namespace, {}):
                registered.remove(event, namespace)

        def events(namespace: str, functions: Mapping[str, Any]) -> Registered:
            return Registered(functions, lambda event: registered.remove(event, namespace))

        return Registered(
            {name: events(name, functions) for name, functions in registered.functions.items()}, remove_all
        )

    @property
    def namespace_handlers(self) -> dict[str, Any]:
        """The class-based namespaces by name. What is deleted here is no longer called."""

        def remove(namespace: str) -> None:
            del self._socketio.class_namespaces[namespace]
            self._server.handlers.remove_class(namespace)

        return Registered(self._socketio.class_namespaces, remove)

    # Tasks

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """See `SocketIO.start_background_task`."""
        return self._socketio.start_background_task(target, *args, **kwargs)

    def sleep(self, seconds: float = 0) -> None:
        """See `SocketIO.sleep`."""
        self._socketio.sleep(seconds)

    def _socket(self, sid: str, namespace: str | None) -> Socket:
        socket = self._server.ask(self._server.socket, sid, namespace or "/")
        if socket is None:
            raise KeyError(f"no client with the sid {sid!r} is in the namespace {namespace or '/'!r}")
        return socket

    def _handshake(self, sid: str, namespace: str | None) -> Handshake:
        return self._surroundings.handshake(self._socket(sid, namespace).client)


class Environs(Mapping[str, dict[str, Any]]):
    """The environs of all connections, by their Engine.IO sid; one that has ended has none."""

    def __init__(self, server: Server, surroundings: FlaskSurroundings) -> None:
        self._connections = server.engine.connections
        self._surroundings = surroundings

    def __getitem__(self, eio_sid: str) -> dict[str, Any]:
        client = getattr(self._connections[eio_sid], "handler", None)
        if not isinstance(client, Client):
            raise KeyError(eio_sid)
        return _environ(self._surroundings.handshake(client), self._surroundings)

    def __iter__(self) -> Iterator[str]:
        connections = list(self._connections.items())
        return iter([eio_sid for eio_sid, connection in connections if hasattr(connection, "handler")])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _environ(handshake: Handshake, surroundings: FlaskSurroundings) -> dict[str, Any]:
    """The environ of a connection. Its copy of the session, made when a handler wants it, is in it for who looks."""
    if surroundings.socketio.manage_session:
        handshake.managed_session()
    return handshake.environ


class Middleware(SocketIOMiddleware):
    """`SocketIO.sockio_mw`, with a name that it had in python-socketio."""

    @property
    def engineio_path(self) -> str:
        """Where clients connect, `/socket.io/`."""
        return self.socketio.running_server.engine.options.path


class Registered(dict[str, Any]):
    """A copy of what is registered, by name; what is deleted from it is no longer registered.

    Args:
        entries: the copy.
        remove: called with the name of what is deleted.
    """

    def __init__(self, entries: Mapping[str, Any], remove: Callable[[str], object]) -> None:
        super().__init__(entries)
        self._remove = remove

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._remove(name)

    def pop(self, name: str, *default: Any) -> Any:
        """Delete and return an entry; see `dict.pop`."""
        if name in self:
            self._remove(name)
        return super().pop(name, *default)


#: The options of the engine that may be set when it is there already, and their types as they are written.
_OPTIONS = {field.name: str(field.type) for field in dataclasses.fields(EngineOptions) if field.name != "path"}
#: Those that the engine reads as it starts, and never again: times, and how many may come.
_READ_AT_START = {name for name, kind in _OPTIONS.items() if kind == "float" or name.startswith("max_connections")}


def _missing(where: str, name: str) -> AttributeError:
    return AttributeError(
        f"socketio.{where}.{name} is not in this version, which answers to what apps use of python-socketio's server: "
        "docs/migration.md names it, and what to write instead"
    )


class EngineFacade:
    """The engine under the names that python-engineio's server has: its options, `sockets`, and `generate_id`.

    Its options may be set, as those of `SocketIO`; times and the most connections before the server runs only.
    """

    async_mode = "threading"

    def __init__(self, socketio: Extension, server: Server) -> None:
        self._socketio = socketio
        self._server = server
        self._engine = server.engine

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self._engine.options, name):
            raise _missing("server.eio", name)
        return getattr(self._engine.options, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _OPTIONS:
            super().__setattr__(name, value)
            return
        if name in _READ_AT_START and self._server.running:
            raise RuntimeError(f"{name} cannot be changed while the server runs: say SocketIO(app, {name}={value!r})")
        options = {**self._socketio.server_options, name: value}
        self._engine.configure(settings.engine_options(options, None))
        self._socketio.server_options[name] = value

    @property
    def sockets(self) -> dict[str, Any]:
        """The connections by their Engine.IO sid."""
        return dict(self._engine.connections)

    @property
    def generate_id(self) -> Callable[[], str]:
        """Makes session ids; may be replaced."""
        return self._engine.generate_id

    @generate_id.setter
    def generate_id(self, function: Callable[[], str]) -> None:
        self._engine.generate_id = function


class Manager:
    """Who is where, under the names that python-socketio's manager has."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise _missing("server.manager", name)

    def __init__(self, server: Server, facade: Facade) -> None:
        self._server = server
        self._facade = facade

    def emit(
        self, event: str, data: Any, namespace: str, room: Any = None, skip_sid: Any = None,
        callback: Callable[..., Any] | None = None, to: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Send an event; see `SocketIO.emit`."""
        self._facade.emit(event, data, to=to or room, skip_sid=skip_sid, namespace=namespace, callback=callback)

    def disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        """Take a client out of a namespace."""
        self._server.disconnect(sid, namespace)

    @property
    def rooms(self) -> dict[str, dict[Any, dict[str, str]]]:
        """The Engine.IO sids of all clients by namespace, room and sid; the room None is the whole namespace."""
        return self._server.ask(self._collect)

    def _collect(self) -> dict[str, dict[Any, dict[str, str]]]:
        found: dict[str, dict[Any, dict[str, str]]] = {}
        for socket in self._server.sockets():
            rooms = found.setdefault(socket.namespace, {})
            for room in [None, *self._server.rooms(socket.sid, socket.namespace)]:
                rooms.setdefault(room, {})[socket.sid] = socket.client.connection.sid
        return found

    def get_rooms(self, sid: str, namespace: str) -> list[Any]:
        """The rooms a client is in."""
        return self._server.rooms(sid, namespace)

    def get_namespaces(self) -> Iterable[str]:
        """The namespaces that have clients."""
        return self.rooms.keys()

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        """Sid and Engine.IO sid of everybody in a room."""
        return iter(self.rooms.get(namespace, {}).get(room, {}).items())

    def is_connected(self, sid: str, namespace: str) -> bool:
        """Whether a client is in a namespace."""
        return self._server.ask(self._server.socket, sid, namespace) is not None

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The Engine.IO sid of a client, None for an unknown one."""
        socket = self._server.ask(self._server.socket, sid, namespace)
        return None if socket is None else socket.client.connection.sid

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """The sid of a connection in a namespace, None for an unknown one."""
        everybody = self.rooms.get(namespace, {}).get(None, {})
        return next((sid for sid, found in everybody.items() if found == eio_sid), None)
