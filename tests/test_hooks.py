"""What subclasses of `SocketIO` override; for `Namespace` see test_namespace.py."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request

from flask_socketio import Namespace, SocketIO, emit, join_room


@pytest.fixture
def app() -> Flask:
    return Flask("app")


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


def test_what_is_registered_can_be_listed_before_and_after_init_app(app: Flask) -> None:
    socketio = SocketIO()

    def go() -> None: ...

    socketio.on_event("go", go)
    socketio.on_event("come", go, "/other")
    methods = Methods("/class")
    socketio.on_namespace(methods)
    for _ in range(2):
        assert socketio.handlers == [("go", go, "/"), ("come", go, "/other")]
        assert socketio.namespace_handlers == [methods]
        socketio.init_app(app)


def test_what_is_registered_can_be_changed_and_replaced(app: Flask) -> None:
    socketio = SocketIO(app)
    socketio.on_event("old", lambda: "old")
    socketio.on_namespace(Methods("/old"))
    methods = Methods("/class")
    entries: list[Any] = socketio.handlers

    entries.append(("short", lambda: "short"))
    entries.append(("far", lambda: "far", "/far"))
    socketio.namespace_handlers.append(methods)
    client = socketio.test_client(app)
    client.connect("/far")
    client.connect("/class")
    assert client.emit("short", callback=True) == "short"
    assert client.emit("far", callback=True, namespace="/far") == "far"
    assert client.emit("ev", 1, callback=True, namespace="/class") == 2

    entries.remove(entries[0])
    socketio.namespace_handlers.remove(methods)
    assert [event for event, _, _ in socketio.handlers] == ["short", "far"]
    assert [handlers.namespace for handlers in socketio.namespace_handlers] == ["/old"]

    socketio.handlers = [("new", lambda: "new", None)]  # as apps do that make themselves anew
    socketio.namespace_handlers = [methods]
    assert [event for event, _, _ in socketio.handlers] == ["new"]
    assert socketio.namespace_handlers == [methods]
    assert client.emit("new", callback=True) == "new"
    assert client.emit("short", callback=True) is None
