"""Background tasks, and the pieces around them."""

from __future__ import annotations

import time
from typing import Any

import flask

from flask_socketio import SocketIO, emit, join_room, rooms
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ERRORS, OPTIONS
from tools.comparison.world import World


@observe("a background task runs beside the handler, and emits")
def task(world: World) -> None:
    def task(number: int, word: str = "") -> None:
        world.socketio.emit("ev", [number, word])

    world.on("go", lambda: world.socketio.start_background_task(task, 1, word="x") and None)
    world.joined().emit("go").take()


@observe("join() waits for it")
def join(world: World) -> None:
    def task() -> None:
        time.sleep(0.05)
        world.note("task")

    world.socketio.start_background_task(task).join()
    world.note("joined")


@observe("sleep() waits")
def sleep(world: World) -> None:
    before = time.monotonic()
    world.attempt(world.socketio.sleep, 0.05)
    world.note(time.monotonic() - before >= 0.05)
    world.attempt(world.socketio.sleep)


@observe("stop() without a server that run() has started raises")
def stop(world: World) -> None:
    @world.app.route("/stop")
    def stop() -> str:
        world.attempt(world.socketio.stop)
        return "stopped"

    world.http("GET", "/stop")


@observe("async_mode is threading")
def async_mode(world: World) -> None:
    world.note(world.socketio.async_mode)


@observe("an async_mode that never was raises ValueError")
def unknown_mode(world: World) -> None:
    world.attempt(SocketIO, flask.Flask("other"), async_mode="turbo")


@observe("an option that does not exist raises", differs=OPTIONS)
def unknown_option(world: World) -> None:
    world.attempt(lambda: SocketIO(flask.Flask("other"), ping_intervall=5) and None)


@observe("transports that do not exist raise ValueError")
def unknown_transports(world: World) -> None:
    world.attempt(SocketIO, flask.Flask("other"), transports=["pigeon"])


@observe("before init_app() there is no server", differs=ERRORS)
def no_server(world: World) -> None:
    socketio = SocketIO()
    world.note(socketio.server)
    world.attempt(socketio.emit, "ev")


@observe("the names of the reasons")
def reasons(world: World) -> None:
    reason = SocketIO.reason
    world.note([reason.SERVER_DISCONNECT, reason.CLIENT_DISCONNECT, reason.PING_TIMEOUT])
    world.note([reason.TRANSPORT_CLOSE, reason.TRANSPORT_ERROR])


@observe("an event that is emitted when nobody is there")
def nobody(world: World) -> None:
    world.attempt(world.socketio.emit, "ev", {"a": 1})


@observe("the functions outside of any context raise")
def outside(world: World) -> None:
    world.attempt(emit, "ev")
    world.attempt(join_room, "room")
    world.attempt(rooms)


@observe("handlers that wait for init_app() are in lists")
def lists(world: World) -> None:
    socketio = SocketIO()
    socketio.on_event("go", lambda: None)
    socketio.on_error()(lambda error: None)
    world.note([(event, namespace) for event, _, namespace in socketio.handlers], list(socketio.exception_handlers))
    world.note(socketio.namespace_handlers, socketio.default_exception_handler)


def made(world: World, **options: Any) -> None:
    world.attempt(lambda: SocketIO(flask.Flask("other"), **options) and None)


@observe("a negative time raises", differs=OPTIONS)
def negative(world: World) -> None:
    made(world, ping_interval=-1)
    made(world, ping_timeout=-1)


@observe("a size that is no number raises", differs=OPTIONS)
def no_number(world: World) -> None:
    made(world, max_http_buffer_size="big")


@observe("a cookie without a name raises", differs=OPTIONS)
def cookie_without_name(world: World) -> None:
    made(world, cookie={"path": "/"})
