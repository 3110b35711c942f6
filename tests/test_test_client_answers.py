"""The test client answers what the server asks."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, call, emit


@pytest.fixture
def app() -> Flask:
    return Flask("app")


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    return SocketIO(app)


@pytest.mark.parametrize(("answer", "asked"), [(None, None), ("yes", "yes"), (("yes", 2), ("yes", 2)), ([1], [1])])
def test_it_answers_what_the_server_asks(app: Flask, socketio: SocketIO, answer: Any, asked: Any) -> None:
    answers: list[Any] = []

    @socketio.on("go")
    def go() -> Any:
        emit("question", "?", callback=lambda *args: answers.append(args))
        return [call("question", "?")]

    @socketio.on("go async")
    async def go_async() -> Any:
        return [await call("question", "?")]

    client = socketio.test_client(app)
    client.on("question", lambda mark: answer if mark == "?" else "wrong")
    wanted = list(asked) if isinstance(asked, tuple) else asked
    assert client.emit("go", callback=True) == [wanted]
    assert client.emit("go async", callback=True) == [wanted]
    assert answers == [() if asked is None else asked if isinstance(asked, tuple) else (asked,)]
    assert [event["name"] for event in client.get_received()] == ["question"] * 3


def test_it_handles_events_that_want_no_answer_and_bytes(app: Flask, socketio: SocketIO) -> None:
    came: list[Any] = []
    socketio.on_event("go", lambda: emit("news", {"data": b"1"}), "/other")
    client = socketio.test_client(app, namespace="/other")
    client.on("news", came.append, "/other")
    client.on("news", lambda news: came.append("wrong namespace"))
    client.emit("go", namespace="/other")
    assert came == [{"data": b"1"}]


def test_what_its_own_handler_raises_is_raised(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", lambda: emit("question", callback=lambda: None))
    client = socketio.test_client(app)
    client.on("question", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client.emit("go")
    client.on("question", object)
    with pytest.raises(TypeError, match="object cannot be sent"):
        client.emit("go")
