"""The test client waits for what takes long, unless that would be for ever."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, SocketIOTestClient, emit
from flask_socketio.exceptions import TimeoutError

#: Seconds; enough for what is due at once.
SOON = 10.0


class Overtaken(logging.Handler):
    """Knows when a handler was overtaken: handlers that wait for that end a moment later."""

    def __init__(self) -> None:
        super().__init__()
        self._seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "overtakes it" in record.getMessage():
            self._seen.set()

    def wait(self) -> None:
        assert self._seen.wait(SOON)
        self._seen.clear()

    async def wait_on_loop(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.wait)


@pytest.fixture
def overtaken() -> Iterator[Overtaken]:
    handler = Overtaken()
    logging.getLogger("flask_socketio").addHandler(handler)
    yield handler
    logging.getLogger("flask_socketio").removeHandler(handler)


@pytest.fixture
def app() -> Flask:
    return Flask("app")


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    return SocketIO(app, overtake_after=0.01)


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_handler_that_takes_long_is_waited_for(
    app: Flask, socketio: SocketIO, overtaken: Overtaken, coroutine: bool
) -> None:
    if coroutine:

        @socketio.on("go")
        async def go_async() -> str:
            await overtaken.wait_on_loop()
            emit("went", broadcast=True)
            return "at last"
    else:

        @socketio.on("go")
        def go() -> str:
            overtaken.wait()
            emit("went", broadcast=True)
            return "at last"

    a, b = socketio.test_client(app), socketio.test_client(app)
    assert a.emit("go", callback=True) == "at last"
    a.emit("go")
    assert [[event["name"] for event in client.get_received()] for client in (a, b)] == [["went", "went"]] * 2


@pytest.mark.parametrize("callback", [False, True])
def test_what_it_raises_is_raised(app: Flask, socketio: SocketIO, overtaken: Overtaken, callback: bool) -> None:
    @socketio.on("go")
    def go() -> None:
        overtaken.wait()
        raise KeyError("broken")

    client = socketio.test_client(app)
    with pytest.raises(KeyError, match="broken"):
        client.emit("go", callback=callback)


@pytest.mark.parametrize("lets_in", [None, False])
def test_connecting_and_leaving_wait_for_their_handlers(
    app: Flask, socketio: SocketIO, overtaken: Overtaken, lets_in: bool | None
) -> None:
    log: list[str] = []

    @socketio.on("connect")
    def connect() -> bool | None:
        overtaken.wait()
        return lets_in

    @socketio.on("disconnect")
    def disconnect(reason: str) -> None:
        overtaken.wait()
        log.append(reason)

    client = socketio.test_client(app)
    assert client.is_connected() is (lets_in is None)
    if lets_in is None:
        client.disconnect()
        client.connect()
        client.close()
        assert log == ["client disconnect", "transport close"]


def test_a_handler_that_another_event_stops_is_waited_for_with_patience(app: Flask, socketio: SocketIO) -> None:
    stop = threading.Event()

    @socketio.on("start")
    def start() -> None:
        stop.wait(SOON)
        emit("stopped")

    socketio.on_event("stop", stop.set)
    client = socketio.test_client(app)
    client.patience = 0
    client.emit("start")
    client.emit("stop")
    assert client.wait_for("stopped") == {"name": "stopped", "args": [], "namespace": "/"}


def test_or_runs_beside_the_test_in_a_thread(app: Flask, socketio: SocketIO, overtaken: Overtaken) -> None:
    stop = threading.Event()

    @socketio.on("start")
    def start() -> str:
        stop.wait(SOON)
        return "stopped"

    socketio.on_event("stop", stop.set)
    client = socketio.test_client(app)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(client.emit("start", callback=True)))
    thread.start()
    overtaken.wait()
    client.emit("stop")
    thread.join(SOON)
    assert answers == ["stopped"]


def test_who_asked_for_an_answer_is_told_that_patience_is_over(app: Flask, socketio: SocketIO) -> None:
    go_on = threading.Event()

    def never() -> None:
        go_on.wait(SOON)

    socketio.on_event("go", never)
    socketio.on_event("connect", never, "/slow")
    client = socketio.test_client(app)
    client.patience = 0
    with pytest.raises(TimeoutError, match=r"never still runs after 0 s: .*SocketIOTestClient\.patience"):
        client.emit("go", callback=True)
    with pytest.raises(TimeoutError, match="still runs"):
        client.connect("/slow")
    go_on.set()


def test_nobody_waits_for_the_endless_handler_of_another_client(app: Flask, socketio: SocketIO) -> None:
    stop = threading.Event()
    socketio.on_event("go on", lambda: stop.wait(2 * SOON))
    socketio.on_event("go", lambda: "went")
    busy, other = socketio.test_client(app), socketio.test_client(app)
    busy.patience = 0
    busy.emit("go on")
    assert [client.emit("go", callback=True) for client in (busy, other)] == ["went", "went"]
    assert not stop.is_set()
    stop.set()


def test_a_handler_may_use_a_test_client(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("inner", lambda: "inside")
    a, b = socketio.test_client(app), socketio.test_client(app)

    @socketio.on("outer")
    def outer() -> list[Any]:
        with socketio.test_client(app) as made:
            clients: list[SocketIOTestClient] = [a, b, made]
            return [client.emit("inner", callback=True) for client in clients]

    assert a.emit("outer", callback=True) == ["inside"] * 3
