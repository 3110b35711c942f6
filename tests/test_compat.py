"""What apps use of Flask-SocketIO 5 beside its documented API."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request, session

from flask_socketio import Namespace, SocketIO, SocketIOTestClient, emit, join_room


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.secret_key = "secret"
    return app


def sid_of(client: SocketIOTestClient, namespace: str = "/") -> str:
    sid: str = client.emit("sid", namespace=namespace, callback=True)
    return sid


def with_sids(socketio: SocketIO, *namespaces: str) -> SocketIO:
    for namespace in namespaces or ("/",):
        socketio.on_event("sid", lambda: request.sid, namespace)  # type: ignore[attr-defined]
    return socketio


# socketio.server ------------------------------------------------------------------------------------------------------


def test_attributes_before_and_after_init_app(app: Flask) -> None:
    socketio = SocketIO(allow_upgrades=False)
    assert socketio.server is None
    socketio.init_app(app, cookie="foo")
    assert socketio.server is not None
    assert (socketio.server.eio.allow_upgrades, socketio.server.eio.cookie) == (False, "foo")
    assert socketio.server_options["allow_upgrades"] is False
    assert (socketio.async_mode, socketio.server.async_mode, socketio.wsgi_server) == ("threading", "threading", None)
    assert app.extensions["socketio"] is socketio


def test_session_ids_can_be_replaced(app: Flask) -> None:
    socketio = with_sids(SocketIO(app))
    assert socketio.server is not None
    numbers = iter(range(10))
    socketio.server.eio.generate_id = lambda: f"id {next(numbers)}"
    client = socketio.test_client(app)
    assert (client.eio_sid, sid_of(client)) == ("id 0", "id 1")
    assert socketio.server.eio.generate_id() == "id 2"


def test_environ_and_saved_session(app: Flask) -> None:
    socketio = SocketIO(app)

    @socketio.on("set")
    def set_value(value: Any) -> None:
        session["value"] = value

    client = socketio.test_client(app, query_string="a=1")
    client.emit("set", 1)
    assert socketio.server is not None
    environ = socketio.server.environ[client.eio_sid]
    assert environ["saved_session"] == {"value": 1}
    assert environ["QUERY_STRING"] == "a=1"
    assert environ["flask.app"] is app
    assert list(socketio.server.environ) == [client.eio_sid]
    assert len(socketio.server.environ) == 1
    client.close()
    with pytest.raises(KeyError):
        socketio.server.environ[client.eio_sid]


def test_rooms_and_events_through_the_server(app: Flask) -> None:
    socketio = with_sids(SocketIO(app), "/", "/ns")
    server = socketio.server
    assert server is not None
    a, b = socketio.test_client(app), socketio.test_client(app, namespace="/ns")
    sid, other = sid_of(a), sid_of(b, "/ns")
    server.enter_room(sid, "room")
    assert server.rooms(sid) == [sid, "room"]
    assert server.rooms(other, namespace="/ns") == [other]
    server.emit("ev", {"a": 1}, room="room")
    server.emit("ev", (1, 2), to=sid, namespace="/")
    server.send("text", sid)
    server.emit("ev", namespace="/ns")
    server.leave_room(sid, "room")
    server.emit("not to be seen", to="room")
    server.enter_room(sid, "room")
    server.close_room("room")
    server.emit("not to be seen", to="room")
    server.emit("not to be seen", skip_sid=sid)
    assert [event["args"] for event in a.get_received()] == [[{"a": 1}], [1, 2], "text"]
    assert [event["args"] for event in b.get_received("/ns")] == [[]]
    server.disconnect(sid)
    assert not a.is_connected()


def test_clients_through_the_server(app: Flask) -> None:
    socketio = with_sids(SocketIO(app))
    server = socketio.server
    assert server is not None
    client = socketio.test_client(app)
    sid = sid_of(client)
    assert server.transport(sid) == "websocket"
    assert server.get_environ(sid) is server.environ[client.eio_sid]
    assert server.get_environ("unknown") is None
    with pytest.raises(KeyError, match="unknown"):
        server.transport("unknown")
    manager = server.manager
    assert manager.is_connected(sid, "/")
    assert not manager.is_connected(sid, "/ns")
    assert (manager.eio_sid_from_sid(sid, "/"), manager.eio_sid_from_sid(sid, "/ns")) == (client.eio_sid, None)
    server.enter_room(sid, "room")
    everybody = {sid: client.eio_sid}
    assert manager.rooms == {"/": {None: everybody, sid: everybody, "room": everybody}}
    assert list(manager.get_namespaces()) == ["/"]
    assert list(manager.get_participants("/", "room")) == [(sid, client.eio_sid)]
    assert list(manager.get_participants("/", "other")) == []


def test_call_and_tasks_through_the_server(app: Flask) -> None:
    socketio = SocketIO(app)
    server = socketio.server
    assert server is not None
    with pytest.raises(ValueError, match="say which one"):
        server.call("ev")
    done: list[int] = []
    server.start_background_task(done.append, 1).join(10)
    server.sleep()
    assert done == [1]


class Counting(Namespace):
    def on_count(self) -> int:
        with self.session(request.sid) as data:  # type: ignore[attr-defined]
            data["n"] = data.get("n", 0) + 1
        number: int = self.get_session(request.sid)["n"]  # type: ignore[attr-defined]
        return number

    def on_reset(self) -> None:
        self.save_session(request.sid, {"n": 10})  # type: ignore[attr-defined]


def test_each_client_has_a_dict_in_each_namespace(app: Flask) -> None:
    socketio = SocketIO(app)
    for namespace in ("/", "/ns"):
        socketio.on_namespace(Counting(namespace))
    a, b = socketio.test_client(app), socketio.test_client(app)
    a.connect("/ns")

    def count(client: SocketIOTestClient, namespace: str = "/") -> Any:
        return client.emit("count", namespace=namespace, callback=True)

    assert [count(a), count(a), count(a, "/ns"), count(b)] == [1, 2, 1, 1]
    a.emit("reset")
    assert [count(a), count(a, "/ns")] == [11, 2]
    assert not Counting().is_asyncio_based()
    assert socketio.server is not None
    with pytest.raises(KeyError, match="unknown"):
        socketio.server.get_session("unknown")


# socketio._handle_event -----------------------------------------------------------------------------------------------


class Traced(SocketIO):
    """A subclass as error trackers and tracers make them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.trace: list[Any] = []
        super().__init__(*args, **kwargs)

    def _handle_event(self, handler: Callable[..., Any], message: str, namespace: str, sid: str, *args: Any) -> Any:
        assert request.sid == sid  # type: ignore[attr-defined]
        shown = [arg["PATH_INFO"] if isinstance(arg, dict) and "PATH_INFO" in arg else arg for arg in args]
        self.trace.append((handler.__name__, message, namespace, shown))
        return super()._handle_event(handler, message, namespace, sid, *args)


class Methods(Namespace):
    def on_connect(self) -> None: ...

    async def on_ev(self, value: int) -> int:
        return value + 1


def test_handle_event_is_called_around_every_handler(app: Flask) -> None:
    socketio = Traced()

    @socketio.on("connect")
    def connect(auth: Any) -> None:
        emit("connected", auth)

    @socketio.on("disconnect")
    def disconnect() -> None: ...

    @socketio.on("ev")
    def ev(*args: int) -> int:
        return sum(args)

    @socketio.on("*")
    async def rest(event: str, *args: Any) -> str:
        return event

    socketio.on_namespace(Methods("/class"))
    socketio.init_app(app)
    client = socketio.test_client(app, auth={"a": 1})
    assert client.receive()["args"] == [{"a": 1}]
    assert [client.emit("ev", 1, 2, callback=True), client.emit("other", 3, callback=True)] == [3, "other"]
    client.disconnect()
    client.connect("/class")
    assert client.emit("ev", 1, namespace="/class", callback=True) == 2
    assert socketio.trace == [
        ("connect", "connect", "/", ["/socket.io/", {"a": 1}]),
        ("ev", "ev", "/", [1, 2]),
        ("rest", "*", "/", ["other", 3]),
        ("disconnect", "disconnect", "/", ["client disconnect"]),
        ("on_connect", "connect", "/class", ["/socket.io/", None]),
        ("on_ev", "ev", "/class", [1]),
    ]


def test_handle_event_may_answer_in_the_handlers_place(app: Flask) -> None:
    class Guarded(SocketIO):
        def _handle_event(self, handler: Any, message: str, namespace: str, sid: str, *args: Any) -> Any:
            try:
                return super()._handle_event(handler, message, namespace, sid, *args)
            except ValueError as error:
                return f"guarded: {error}"

    socketio = Guarded(app)

    @socketio.on("go")
    @functools.wraps(int)
    def go(text: str) -> int:
        join_room("room")
        return int(text)

    client = socketio.test_client(app)
    assert client.emit("go", "12", callback=True) == 12
    assert str(client.emit("go", "x", callback=True)).startswith("guarded: invalid literal")
