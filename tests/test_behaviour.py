"""What apps rely on, as Flask-SocketIO 5 does it: one app, seen through the test client."""

from __future__ import annotations

import builtins
import time
from collections.abc import Iterator
from typing import Any

import flask
import pytest
from flask import Flask, request, session

from flask_socketio import (
    ConnectionRefusedError,
    Namespace,
    SocketIO,
    SocketIOTestClient,
    close_room,
    disconnect,
    emit,
    join_room,
    leave_room,
    rooms,
    send,
)

NAMESPACES = ["/", "/test"]


@pytest.fixture
def pair(app: Flask, socketio: SocketIO) -> Iterator[tuple[SocketIOTestClient, SocketIOTestClient]]:
    """Two clients in `/` and `/test`."""
    for namespace in NAMESPACES:
        socketio.on_event("nothing", lambda: None, namespace)
    clients = socketio.test_client(app), socketio.test_client(app)
    for client in clients:
        client.connect("/test")
    yield clients
    for client in clients:
        client.close()


def names(client: SocketIOTestClient, namespace: str = "/") -> list[str]:
    return [event["name"] for event in client.get_received(namespace)]


# Connecting and disconnecting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_connect_handler_may_emit(app: Flask, socketio: SocketIO, namespace: str) -> None:
    @socketio.on("connect", namespace=namespace)
    def connect() -> None:
        send("connected")
        send(flask.json.dumps(request.args.to_dict(flat=False)))

    client = socketio.test_client(app, namespace=namespace, query_string="?foo=bar&foo=baz")
    assert client.get_received(namespace) == [
        {"name": "message", "args": "connected", "namespace": namespace},
        {"name": "message", "args": '{"foo": ["bar", "baz"]}', "namespace": namespace},
    ]


@pytest.mark.parametrize("refusal", ["error", "false", "builtin"])
def test_a_connect_handler_may_refuse(app: Flask, socketio: SocketIO, refusal: str) -> None:
    @socketio.on("connect", namespace="/test")
    def connect() -> Any:
        if refusal == "error":
            raise ConnectionRefusedError("no")
        if refusal == "builtin":
            raise builtins.ConnectionRefusedError
        return False

    client = socketio.test_client(app, namespace="/test")
    assert not client.is_connected("/test")
    with pytest.raises(RuntimeError, match="not connected"):
        client.emit("ev", namespace="/test")


def test_a_connect_handler_gets_auth_if_it_wants_it(app: Flask, socketio: SocketIO) -> None:
    got: list[Any] = []
    socketio.on_event("connect", got.append)
    socketio.on_event("connect", lambda: got.append("no argument"), "/test")
    client = socketio.test_client(app, auth={"token": 1})
    client.connect("/test", auth={"token": 2})
    socketio.test_client(app)
    assert got == [{"token": 1}, "no argument", None]


def test_the_disconnect_handler_of_the_namespace_runs(
    app: Flask, socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient]
) -> None:
    log: list[str] = []
    socketio.on_event("disconnect", lambda reason: log.append(f"/ {reason}"))
    socketio.on_event("disconnect", lambda: log.append("/test"), "/test")
    pair[0].disconnect("/test")
    pair[0].disconnect()
    assert log == ["/test", f"/ {SocketIO.reason.CLIENT_DISCONNECT}"]
    with pytest.raises(RuntimeError, match="not connected"):
        pair[0].disconnect()


def test_the_server_disconnects_one_client(
    socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient]
) -> None:
    socketio.on_event("go away", lambda: disconnect())  # noqa: PLW0108  # the event has no arguments, disconnect has
    pair[0].emit("go away")
    assert not pair[0].is_connected()
    assert pair[0].is_connected("/test")
    assert pair[1].is_connected()
    with pytest.raises(RuntimeError, match="not connected"):
        pair[0].emit("go away")


# Sending --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_send_and_emit(socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient], namespace: str) -> None:
    socketio.on_event("message", send, namespace)
    socketio.on_event("json", lambda data: send(data, json=True, broadcast=True), namespace)
    socketio.on_event("ev", lambda data: emit("answer", data), namespace)
    socketio.on_event("two", lambda: emit("answer", (1, 2)), namespace)
    a, b = pair
    a.send("text", namespace=namespace)
    a.send({"a": "b"}, json=True, namespace=namespace)
    a.emit("ev", {"a": [b"\x00\xff", None]}, namespace=namespace)
    a.emit("two", namespace=namespace)
    text = {"name": "message", "args": "text", "namespace": namespace}
    json = {"name": "json", "args": {"a": "b"}, "namespace": namespace}
    answer = {"name": "answer", "args": [{"a": [b"\x00\xff", None]}], "namespace": namespace}
    two = {"name": "answer", "args": [1, 2], "namespace": namespace}
    assert a.get_received(namespace) == [text, json, answer, two]
    assert b.get_received(namespace) == [json]
    assert a.get_received(namespace) == []


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_broadcast_stays_in_its_namespace(
    socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient], namespace: str
) -> None:
    socketio.on_event("ev", lambda data: emit("answer", data, broadcast=True), namespace)
    socketio.on_event("others", lambda data: emit("answer", data, broadcast=True, include_self=False), namespace)
    a, b = pair
    a.emit("ev", 1, namespace=namespace, broadcast=True)
    a.emit("others", 2, namespace=namespace)
    assert [event["args"] for event in a.get_received(namespace)] == [[1]]
    assert [event["args"] for event in b.get_received(namespace)] == [[1], [2]]
    (other,) = set(NAMESPACES) - {namespace}
    assert a.get_received(other) == b.get_received(other) == []


def test_methods_reach_everybody_without_a_context(
    socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient]
) -> None:
    socketio.emit("ev", {"a": 1})
    socketio.send("text")
    socketio.send({"a": 1}, json=True, namespace="/test")
    socketio.emit("ev", room="nobody is in it")
    for client in pair:
        assert names(client) == ["ev", "message"]
        assert client.get_received("/test") == [{"name": "json", "args": {"a": 1}, "namespace": "/test"}]


def test_send_without_self_skips_nobody_else(app: Flask, socketio: SocketIO) -> None:
    sids: list[str] = []
    socketio.on_event("connect", lambda: sids.append(request.sid))  # type: ignore[attr-defined]
    socketio.on_event("go", lambda: socketio.send("text", include_self=False, skip_sid=sids[1]))
    a, b = socketio.test_client(app), socketio.test_client(app)
    a.emit("go")
    assert names(a) == []
    assert names(b) == ["message"]


def test_what_is_sent_is_what_it_was_then(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("go")
    def go() -> None:
        data = {"a": 1}
        emit("ev", data)
        data["a"] = 2

    client = socketio.test_client(app)
    client.emit("go")
    assert client.receive()["args"] == [{"a": 1}]


def test_emits_of_a_background_task(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("connect", lambda: socketio.start_background_task(work) and None, "/bgtest")

    def work() -> None:
        socketio.sleep(0)
        socketio.emit("bg", "task", namespace="/bgtest")

    client = socketio.test_client(app, namespace="/bgtest")
    assert client.wait_for("bg", namespace="/bgtest")["args"] == ["task"]


# Handlers -------------------------------------------------------------------------------------------------------------


def test_catch_alls_and_request_event(socketio: SocketIO, pair: tuple[SocketIOTestClient, SocketIOTestClient]) -> None:
    seen: list[Any] = []

    @socketio.on("*")
    def any_event(name: str, data: Any) -> None:
        seen.append((name, data, request.event))  # type: ignore[attr-defined]

    @socketio.on("known", namespace="*")
    def any_namespace(data: Any) -> None:
        seen.append((request.namespace, data, request.event))  # type: ignore[attr-defined]

    pair[0].emit("whatever", 1)
    pair[0].emit("known", 2, namespace="/test")
    assert seen == [
        ("whatever", 1, {"message": "*", "args": ("whatever", 1)}),
        ("/test", 2, {"message": "known", "args": (2,)}),
    ]


def test_stacked_decorators(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("a")
    @socketio.on("b")
    @socketio.on("c", namespace="/test")
    def handler() -> str:
        name: str = request.event["message"]  # type: ignore[attr-defined]
        return name

    client = socketio.test_client(app)
    client.connect("/test")
    assert [client.emit(name, callback=True) for name in ("a", "b")] == ["a", "b"]
    assert client.emit("c", callback=True, namespace="/test") == "c"


def test_acknowledgements(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("give", lambda *values: None if not values else values[0] if len(values) == 1 else values)
    socketio.on_event("list", lambda: [1, 2])
    client = socketio.test_client(app)
    assert client.emit("give", "one", callback=True) == "one"
    assert client.emit("give", {"a": b"1"}, callback=True) == {"a": b"1"}
    assert client.emit("give", 1, 2, callback=True) == [1, 2]
    assert client.emit("list", callback=True) == [1, 2]
    assert client.emit("give", callback=True) == []
    assert client.emit("give", 1) is None
    assert client.emit("no handler", callback=True) is None
    assert client.send("no handler", callback=True) is None
    assert client.callback_counter == 7


def test_error_handlers(app: Flask, socketio: SocketIO) -> None:
    def broken(data: Any) -> None:
        raise ValueError(data)

    for namespace in ("/", "/test", "/unused_namespace"):
        socketio.on_event("go", broken, namespace)
    socketio.on_error()(lambda error: "error")
    socketio.on_error("/test")(lambda error: "error/test")
    socketio.on_error_default(lambda error: "error/default")
    client = socketio.test_client(app)
    answers = []
    for namespace in ("/", "/test", "/unused_namespace"):
        client.connect(namespace)
        answers.append(client.emit("go", 1, namespace=namespace, callback=True))
    assert answers == ["error", "error/test", "error/default"]


# Rooms ----------------------------------------------------------------------------------------------------------------


def test_rooms(app: Flask, socketio: SocketIO) -> None:
    for namespace in NAMESPACES:
        socketio.on_event("join", join_room, namespace)
        socketio.on_event("leave", leave_room, namespace)
        socketio.on_event("close", close_room, namespace)
        socketio.on_event("rooms", lambda: rooms()[1:], namespace)
        socketio.on_event("to", lambda room: emit("ev", {"a": "b"}, room=room), namespace)
    a, b = socketio.test_client(app), socketio.test_client(app)
    for client in (a, b):
        client.emit("join", "room")
    b.connect("/test")
    assert a.emit("rooms", callback=True) == ["room"]
    a.emit("to", "room")
    a.emit("to", "unknown room")
    assert a.get_received() == b.get_received() == [{"name": "ev", "args": [{"a": "b"}], "namespace": "/"}]
    b.emit("to", "room", namespace="/test")
    assert names(a) == names(b, "/test") == []
    socketio.emit("ev", room="room")
    assert names(a) == names(b) == ["ev"]
    b.emit("leave", "room")
    socketio.emit("ev", to=["room", "room"])
    assert (names(a), names(b)) == (["ev"], [])
    b.emit("join", "room")
    a.disconnect()
    b.emit("close", "room")
    socketio.emit("ev", room="room")
    assert names(b) == []


# Sessions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("managed", [True, False])
def test_sessions(app: Flask, socketio: SocketIO, managed: bool) -> None:
    @app.get("/set")
    def set_in_http() -> str:
        session["foo"] = "bar"
        return ""

    @socketio.on("set")
    def set_in_handler(value: str) -> dict[str, Any]:
        before = dict(session)
        session["a"] = value
        return before

    socketio.manage_session = managed
    flask_client = app.test_client()
    flask_client.get("/set")
    client = socketio.test_client(app, flask_test_client=flask_client)
    seen = [client.emit("set", value, callback=True) for value in ("b", "c")]
    if managed:
        assert seen == [{"foo": "bar"}, {"foo": "bar", "a": "b"}]
        assert socketio.server is not None
        assert socketio.server.environ[client.eio_sid]["saved_session"] == {"foo": "bar", "a": "c"}
    else:
        assert seen == [{"foo": "bar"}] * 2


# Classes and delayed initialisation -----------------------------------------------------------------------------------


class Chat(Namespace):
    log: list[Any]

    def on_connect(self) -> None:
        send("connected")

    def on_disconnect(self) -> None:
        self.log.append("disconnect")

    def on_message(self, text: str) -> str:
        send(text)
        return text

    def on_json(self, data: Any) -> None:
        send(data, json=True, broadcast=True)

    def on_custom(self, *data: Any) -> Any:
        self.emit("custom answer", data)
        return request.event["message"]  # type: ignore[attr-defined]

    def on_leave(self) -> None:
        disconnect()


def test_class_based_namespaces(app: Flask, socketio: SocketIO) -> None:
    chat = Chat("/ns")
    chat.log = []
    socketio.on_namespace(chat)
    a, b = (socketio.test_client(app, namespace="/ns") for _ in range(2))
    assert a.receive(namespace="/ns")["args"] == b.receive(namespace="/ns")["args"] == "connected"
    assert a.send("text", callback=True, namespace="/ns") == "text"
    a.send({"a": 1}, json=True, namespace="/ns")
    assert a.emit("custom", 1, 2, callback=True, namespace="/ns") == "custom"
    assert names(a, "/ns") == ["message", "json", "custom answer"]
    assert names(b, "/ns") == ["json", "custom answer"]
    a.emit("leave", namespace="/ns")
    assert not a.is_connected("/ns")
    b.disconnect("/ns")
    assert chat.log == ["disconnect", "disconnect"]


def test_delayed_initialisation(app: Flask) -> None:
    socketio = SocketIO(allow_upgrades=False, json=flask.json)

    @socketio.on("connect")
    def connect() -> None:
        send({"connected": "foo", "at": time.gmtime(0)[:3]}, json=True)

    socketio.init_app(app, cookie="foo")
    client = socketio.test_client(app, auth={"token": "not accepted"})
    assert client.get_received() == [
        {"name": "json", "args": {"connected": "foo", "at": [1970, 1, 1]}, "namespace": "/"}
    ]


def test_which_extensions_only_write(app: Flask) -> None:
    def write_only(socketio: SocketIO) -> bool:
        answer: bool = socketio.server_options["client_manager"].write_only
        return answer

    url = "redis://127.0.0.1:1"
    late, lonely = SocketIO(), SocketIO()
    late.init_app(app, message_queue=url)
    lonely.init_app(None, message_queue=url)
    assert [write_only(SocketIO(app, message_queue=url)), write_only(late)] == [False, False]
    assert [write_only(SocketIO(message_queue=url)), write_only(lonely)] == [True, True]
