"""What apps use of Flask-SocketIO 5 beside its documented API."""

from __future__ import annotations

import json
import operator
from typing import Any

import pytest
from flask import Flask, request, session
from werkzeug.test import Client

from flask_socketio import Namespace, SocketIO, SocketIOTestClient
from flask_socketio.transport.reasons import Reason
from tests.memory import running


def sid_of(client: SocketIOTestClient, namespace: str = "/") -> str:
    sid: str = client.emit("sid", namespace=namespace, callback=True)
    return sid


def with_sids(socketio: SocketIO, *namespaces: str) -> SocketIO:
    for namespace in namespaces or ("/",):
        socketio.on_event("sid", lambda: request.sid, namespace)  # type: ignore[attr-defined]
    return socketio


def test_attributes_before_and_after_init_app(app: Flask) -> None:
    socketio = SocketIO(allow_upgrades=False)
    assert vars(socketio)["server"] is None
    socketio.init_app(app, cookie="foo")
    assert (socketio.server.eio.allow_upgrades, socketio.server.eio.cookie) == (False, "foo")
    assert socketio.server_options["allow_upgrades"] is False
    assert (socketio.async_mode, socketio.server.async_mode, socketio.wsgi_server) == ("threading", "threading", None)
    assert app.extensions["socketio"] is socketio


def test_session_ids_can_be_replaced(app: Flask) -> None:
    socketio = with_sids(SocketIO(app))
    numbers = iter(range(10))
    socketio.server.eio.generate_id = lambda: f"id {next(numbers)}"
    client = socketio.test_client(app)
    assert (client.eio_sid, sid_of(client)) == ("id 0", "id 1")
    assert socketio.server.eio.generate_id() == "id 2"


def test_options_of_the_engine_can_be_set_when_it_is_there(app: Flask) -> None:
    socketio = SocketIO(app)
    eio = socketio.server.eio
    eio.cors_allowed_origins = "https://a.example/"
    eio.max_http_buffer_size = 1e8
    eio.ping_interval = (0.5, 1)
    eio.async_mode = "threading"
    options = socketio.running_server.engine.options
    assert (options.cors_allowed_origins, options.max_http_buffer_size) == ("https://a.example", 100_000_000)
    assert (options.ping_interval, options.ping_grace, eio.ping_grace) == (0.5, 1, 1)
    with pytest.raises(TypeError, match="allow_upgrades='no': expected True or False"):
        eio.allow_upgrades = "no"
    assert eio.allow_upgrades is True

    client = socketio.test_client(app)  # while it is there, the server runs
    eio.cors_allowed_origins = "https://b.example"
    assert refused(socketio, "https://a.example") and not refused(socketio, "https://b.example")
    with pytest.raises(RuntimeError, match=r"ping_timeout cannot be changed while the server runs: say SocketIO\(app"):
        eio.ping_timeout = 3
    client.close()
    socketio.init_app(app, cookie="io")
    assert socketio.running_server.engine.options.cors_allowed_origins == "https://b.example"


@pytest.mark.parametrize("name", ["max_connections", "max_connections_per_address"])
def test_limits_that_count_from_the_start_cannot_be_changed_later(app: Flask, name: str) -> None:
    socketio = SocketIO(app)
    assert socketio.server is not None
    eio = socketio.server.eio
    setattr(eio, name, 5)
    assert getattr(socketio.running_server.engine.options, name) == 5
    with running(socketio), pytest.raises(RuntimeError, match=f"{name} cannot be changed while the server runs"):
        setattr(eio, name, 6)


def refused(socketio: SocketIO, origin: str) -> bool:
    assert socketio.sockio_mw is not None
    client = Client(socketio.sockio_mw)
    return client.get("/socket.io/?EIO=4&transport=polling", headers={"Origin": origin}).status_code == 403


def test_environ_and_saved_session(app: Flask) -> None:
    socketio = SocketIO(app)

    @socketio.on("set")
    def set_value(value: Any) -> None:
        session["value"] = value

    client = socketio.test_client(app, query_string="a=1")
    client.emit("set", 1)
    environ = socketio.server.environ[client.eio_sid]
    assert environ["saved_session"] == {"value": 1}
    assert environ["QUERY_STRING"] == "a=1"
    assert environ["flask.app"] is app
    assert list(socketio.server.environ) == [client.eio_sid]
    assert len(socketio.server.environ) == 1
    client.close()
    with pytest.raises(KeyError):
        socketio.server.environ[client.eio_sid]


def test_a_connection_that_has_ended_has_no_environ(app: Flask) -> None:
    socketio = SocketIO(app)
    assert socketio.server is not None and socketio.sockio_mw is not None
    client = socketio.test_client(app)
    server = socketio.running_server
    answer = Client(socketio.sockio_mw).get("/socket.io/?EIO=4&transport=polling").get_data(as_text=True)
    sid = json.loads(answer[1:])["sid"]
    environs = socketio.server.environ
    assert set(environs) == {client.eio_sid, sid}
    server.ask(server.engine.connections[sid].close, Reason.SERVER_DISCONNECT)

    assert sid in server.engine.connections, "nobody has fetched its last packets yet"
    assert [environ["flask.app"] for environ in environs.values()] == [app]
    assert (list(environs), len(environs), sid in environs) == ([client.eio_sid], 1, False)


def test_the_saved_session_is_there_before_a_handler_has_looked_at_it(app: Flask) -> None:
    @app.get("/login")
    def login() -> str:
        session["user"] = "me"
        return ""

    socketio = SocketIO(app)
    browser = app.test_client()
    browser.get("/login")
    client = socketio.test_client(app, flask_test_client=browser)
    assert socketio.server.environ[client.eio_sid]["saved_session"] == {"user": "me"}
    socketio.manage_session = False
    client = socketio.test_client(app, flask_test_client=browser)
    assert "saved_session" not in socketio.server.environ[client.eio_sid]


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
    assert manager.sid_from_eio_sid(client.eio_sid, "/") == sid
    assert manager.sid_from_eio_sid(client.eio_sid, "/ns") is manager.sid_from_eio_sid("unknown", "/") is None
    assert (list(server.eio.sockets), "unknown" in server.eio.sockets) == ([client.eio_sid], False)
    assert server.eio.async_mode == "threading"


def test_the_manager_emits_and_disconnects(app: Flask) -> None:
    socketio = with_sids(SocketIO(app))
    manager = socketio.server.manager
    a, b = socketio.test_client(app), socketio.test_client(app)
    manager.emit("ev", {"a": 1}, namespace="/", room=None, skip_sid=sid_of(b))
    manager.emit("ev", 2, "/", sid_of(b))
    manager.disconnect(sid_of(b), "/")
    assert a.get_received() == [{"name": "ev", "args": [{"a": 1}], "namespace": "/"}]
    assert (a.is_connected(), b.is_connected()) == (True, False)


def test_what_is_registered_can_be_seen_and_removed(app: Flask) -> None:
    socketio = SocketIO(app)
    server = socketio.server
    assert server is not None
    for namespace in ("/", "/ns"):
        socketio.on_event("ev", lambda: "heard", namespace)
        socketio.on_event("other", lambda: "heard", namespace)
    counting = Counting("/class")
    socketio.on_namespace(counting)
    assert {namespace: set(events) for namespace, events in server.handlers.items()} == {
        "/": {"ev", "other"},
        "/ns": {"ev", "other"},
    }
    assert server.handlers["/"]["ev"]() == "heard"
    assert server.namespace_handlers == {"/class": counting}

    client = socketio.test_client(app)
    client.connect("/ns")
    client.connect("/class")
    del server.handlers["/"]["ev"]
    server.handlers["/ns"].pop("other")
    assert [client.emit(event, callback=True) for event in ("ev", "other")] == [None, "heard"]
    assert [client.emit(event, namespace="/ns", callback=True) for event in ("ev", "other")] == ["heard", None]
    del server.handlers["/ns"]
    assert server.namespace_handlers.pop("/class") is counting
    assert server.namespace_handlers.pop("/class", None) is None
    assert client.emit("ev", namespace="/ns", callback=True) is None
    assert client.emit("count", namespace="/class", callback=True) is None
    assert list(server.handlers) == ["/"]
    assert not server.namespace_handlers
    with pytest.raises(KeyError):
        del server.handlers["/"]["ev"]


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
    with pytest.raises(KeyError, match="unknown"):
        socketio.server.get_session("unknown")


def test_extensions_ask_the_middleware_for_the_path(app: Flask) -> None:
    assert SocketIO(app).sockio_mw.engineio_path == "/socket.io/"  # type: ignore[union-attr]
    assert SocketIO(app, path="x/y").sockio_mw.engineio_path == "/x/y/"  # type: ignore[union-attr]


def test_rooms_of_a_client_by_the_manager(app: Flask) -> None:
    socketio = with_sids(SocketIO(app))
    client = socketio.test_client(app)
    sid = sid_of(client)
    socketio.server.enter_room(sid, "room")
    assert sorted(socketio.server.manager.get_rooms(sid, "/")) == sorted([sid, "room"])


@pytest.mark.parametrize("name", ["server.start_service", "server.manager.pubsub", "server.eio.handlers"])
def test_what_is_not_there_is_said_with_the_page_that_helps(app: Flask, name: str) -> None:
    socketio = SocketIO(app)
    with pytest.raises(AttributeError, match=rf"socketio\.{name} is not in this version.*docs/migration\.md"):
        operator.attrgetter(name)(socketio)
    assert not hasattr(socketio.server, "instrument")
