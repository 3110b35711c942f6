"""What users write, as they write it: checked by mypy, strictly, and never run."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import flask
from flask import Flask

from flask_socketio import (
    ConnectionRefusedError,
    Namespace,
    SocketIO,
    SocketIOTestClient,
    call,
    close_room,
    disconnect,
    emit,
    event_rules,
    join_room,
    leave_room,
    request,
    rooms,
    send,
)
from flask_socketio.exceptions import OverloadedError, TimeoutError
from flask_socketio.namespace import Namespace as SameNamespace
from flask_socketio.test_client import SocketIOTestClient as SameTestClient

F = TypeVar("F", bound=Callable[..., Any])

app = Flask(__name__)
socketio = SocketIO(app, cors_allowed_origins=["https://example.org"], ping_interval=10, json=flask.json)
late = SocketIO()
late.init_app(app, logger=True)


# Handlers of any arity, with and without results, both ways to decorate, both kinds of functions


@socketio.on("connect")
def connect() -> bool | None:
    return False


@socketio.on("connect", namespace="/auth")
def connect_with_auth(auth: dict[str, str] | None) -> None:
    if not auth:
        raise ConnectionRefusedError("who are you?", {"code": 401})


@socketio.on("disconnect")
def disconnected(reason: str) -> None:
    if reason == socketio.reason.CLIENT_DISCONNECT:
        return


@socketio.on("two arguments")
def two(a: int, b: str) -> tuple[int, str]:
    return a, b


@socketio.on("*")
def anything(event: str, *args: Any) -> None: ...


@socketio.event
def named(data: dict[str, Any]) -> str:
    return str(data)


@socketio.event(namespace="/other")
async def named_elsewhere(data: list[int]) -> int:
    await asyncio.sleep(0)
    answer: Any = await socketio.call("question", to="sid", timeout=5)
    return int(answer) + sum(data)


@socketio.event("/third")
def named_there() -> None: ...


@socketio.on("a")
@socketio.on("b")
def stacked() -> None: ...


def logged(function: F) -> F:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


@socketio.on("logged")
@logged
def with_decorator(data: str) -> None: ...


@socketio.on_error()
def on_error(error: Exception) -> str:
    return str(error)


@socketio.on_error("/other")
def on_error_there(error: Exception) -> None: ...


@socketio.on_error_default
def on_any_error(error: Exception) -> None: ...


socketio.on_event("lambda", lambda data: data)
socketio.on_event("method", print, namespace="/other")

#: Decorated functions keep their types.
text: str = named({"a": 1})
pair: tuple[int, str] = two(1, "b")
function: Callable[[str], None] = with_decorator


# What handlers call


@socketio.on("request")
def what_came(data: Any) -> dict[str, str | None]:
    arguments: tuple[Any, ...] = request.event["args"]
    return {"sid": request.sid, "in": request.namespace, "token": request.args.get("token"), "data": arguments[0]}


@socketio.on("everything")
def everything(data: Any) -> None:
    emit("ev")
    emit("ev", data, broadcast=True, include_self=False)
    emit("ev", 1, b"2", namespace="/other", to=["a", "b"], callback=everything, skip_sid="sid")
    send("text", to="room")
    send({"a": 1}, json=True, broadcast=True)
    answer: Any = call("question", data, timeout=1)
    join_room("room")
    leave_room(("any", "hashable"), sid="sid", namespace="/")
    close_room("room")
    mine: list[Any] = rooms()
    disconnect()
    disconnect("sid", namespace="/")
    socketio.emit("ev", {"a": answer}, room="room", skip_sid=["sid"])
    socketio.emit("ev", (1, mine))
    socketio.send("text", namespace="/other", callback=lambda *args: None)
    socketio.close_room("room", namespace="/")
    socketio.start_background_task(everything, 1).join()
    socketio.sleep(0.1)
    try:
        answer = socketio.call("question", to="sid")
    except (TimeoutError, OverloadedError):
        socketio.stop()


class Base(Namespace):
    def trigger_event(self, event: str, *args: Any) -> Any:
        return super().trigger_event(event, *args)

    @logged
    def on_disconnect(self) -> None: ...


class Chat(Base):
    def on_connect(self, auth: Any) -> None:
        self.emit("joined", room="room")

    @event_rules(rate_limit="5/second", once=lambda text: text)
    async def on_say(self, text: str) -> str:
        self.send(text, include_self=False)
        return text

    def on_who(self, sid: str) -> list[Any]:
        with self.session(sid) as session:
            session["asked"] = True
        self.enter_room(sid, "room")
        return self.rooms(sid)

    def error(self, error: Exception) -> None: ...


socketio.on_namespace(Chat("/chat"))
socketio.on_namespace(SameNamespace())


# The server under the names of release 5


def into_a_room(sid: str) -> list[str]:
    socketio.server.enter_room(sid, "room", namespace="/chat")
    socketio.server.leave_room(sid, "room")
    environ = socketio.server.get_environ(sid)
    members = [sid for sid, _ in socketio.server.manager.get_participants("/chat", "room")]
    return members if environ else socketio.server.manager.get_rooms(sid, "/chat")


# Scripts, tests, serving


def script() -> None:
    SocketIO(message_queue="redis://").emit("news", {"a": 1}, namespace="/news", to="room")


def test_app() -> None:
    client: SocketIOTestClient = socketio.test_client(app, namespace="/chat", query_string="?a=1", auth={"a": 1})
    same: SameTestClient = SocketIOTestClient(app, socketio, headers={"X": "1"}, flask_test_client=app.test_client())
    if client.is_connected("/chat") and same.is_connected():
        client.emit("say", "hello", callback=True, namespace="/chat")
    received = client.get_received("/chat")
    assert received[0]["args"][0]["deep"] == 1
    assert received[0]["name"] == client.receive(timeout=1)["name"] == client.wait_for("ev", timeout=1)["name"]
    assert socketio.server.environ[client.eio_sid]["saved_session"] == {}


if __name__ == "__main__":
    socketio.run(app, "0.0.0.0", 5000, debug=True, use_reloader=False, allow_unsafe_werkzeug=True)
