"""Handlers that raise, and handlers for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_socketio import ConnectionRefusedError, Namespace, emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import FAILED, ONCE, REFUSAL
from tools.comparison.world import World, request


def fail(*args: Any) -> None:
    """A handler that raises."""
    raise RuntimeError("broken")


def noting_error(world: World, result: Any = None) -> Callable[[Exception], Any]:
    def handler(error: Exception) -> Any:
        world.note("error handler:", type(error).__name__, str(error))
        return result

    return handler


@observe("on_error() gets what handlers of the main namespace raise")
def on_error(world: World) -> None:
    world.on("go", fail)
    world.socketio.on_error()(noting_error(world))
    world.joined().ask("go")


@observe("what it returns is acknowledged")
def result(world: World) -> None:
    world.on("go", fail)
    world.socketio.on_error()(noting_error(world, ("sorry", 1)))
    world.joined().ask("go")


@observe("on_error(namespace) gets those of that namespace")
def on_error_of_namespace(world: World) -> None:
    world.on("go", fail, "/other")
    world.socketio.on_error()(noting_error(world, "main"))
    world.socketio.on_error("/other")(noting_error(world, "other"))
    world.joined("", "/other").ask("go", namespace="/other")


@observe("on_error_default gets those of all others")
def default(world: World) -> None:
    world.on("go", fail)
    world.on("go", fail, "/other")
    world.socketio.on_error("/other")(noting_error(world, "other"))
    world.socketio.on_error_default(noting_error(world, "default"))
    world.joined().joined("/other").ask("go").ask("go", namespace="/other")


@observe("an error handler has the request of the event")
def request_in_error_handler(world: World) -> None:
    def handler(error: Exception) -> str:
        world.note(request.sid, request.event)
        emit("failed")
        return "sorry"

    world.on("go", fail)
    world.socketio.on_error()(handler)
    world.joined().ask("go", 1).take()


@observe("an error handler of the connect handler lets in, unless it returns False")
def connect(world: World) -> None:
    for namespace, returned in (("/", None), ("/false", False)):
        world.on("connect", fail, namespace)
        world.socketio.on_error(namespace)(noting_error(world, returned))
    world.client().join().join("/false")


@observe("an error handler that raises in connect turns away", differs=REFUSAL)
def connect_raises(world: World) -> None:
    world.on("connect", fail)
    world.socketio.on_error()(fail)
    world.client().join()


@observe("an error handler gets what a disconnect handler raises")
def disconnect(world: World) -> None:
    world.on("disconnect", fail)
    world.socketio.on_error()(noting_error(world))
    world.leave(world.joined())


@observe("an error handler gets no TypeError of a disconnect handler without the reason", differs=ONCE)
def disconnect_without_reason(world: World) -> None:
    world.on("disconnect", lambda: world.note("called"))
    world.socketio.on_error()(noting_error(world))
    world.leave(world.joined())


@observe("an error handler gets what a callback raises")
def callback(world: World) -> None:
    world.on("go", lambda: emit("question", callback=fail))
    world.socketio.on_error()(noting_error(world))
    world.joined().emit("go").take().send("431[]")
    world.until(1)


@observe("an error handler gets no refusal")
def refusal(world: World) -> None:
    def handler() -> None:
        raise ConnectionRefusedError("not you")

    world.on("connect", handler)
    world.socketio.on_error()(noting_error(world))
    world.client().join()


@observe("a refusal in an event goes where other errors go", differs=FAILED)
def refusal_in_event(world: World) -> None:
    def handler() -> None:
        raise ConnectionRefusedError("not you")

    world.on("go", handler)
    world.socketio.on_error()(noting_error(world, "sorry"))
    world.joined().ask("go")


@observe("a class's error() gets what its methods raise")
def class_error(world: World) -> None:
    class Class(Namespace):
        def on_go(self) -> None:
            raise RuntimeError("broken")

        def error(self, error: Exception) -> str:
            world.note("class:", str(error))
            return "sorry"

    world.socketio.on_namespace(Class("/class"))
    world.joined("", "/class").ask("go", namespace="/class")


@observe("on_error() comes before a class's error()")
def class_error_last(world: World) -> None:
    class Class(Namespace):
        def on_go(self) -> None:
            raise RuntimeError("broken")

        def error(self, error: Exception) -> str:
            world.note("class:", str(error))
            return "class"

    world.socketio.on_namespace(Class("/class"))
    world.socketio.on_error("/class")(noting_error(world, "function"))
    world.joined("", "/class").ask("go", namespace="/class")


@observe("a class's error() gets what on_error() raises")
def class_error_of_error(world: World) -> None:
    class Class(Namespace):
        def on_go(self) -> None:
            raise RuntimeError("broken")

        def error(self, error: Exception) -> str:
            world.note("class:", str(error))
            return "class"

    def handler(error: Exception) -> None:
        raise ValueError("broken, too")

    world.socketio.on_namespace(Class("/class"))
    world.socketio.on_error("/class")(handler)
    world.joined("", "/class").ask("go", namespace="/class")


@observe("a connection survives a handler that raises", differs=FAILED)
def survives(world: World) -> None:
    world.on("go", fail)
    world.on("ok", lambda: "fine")
    world.joined().emit("go").rest().ask("ok")


@observe("an error handler must be something that can be called")
def no_function(world: World) -> None:
    nothing: Any = "handler"
    world.attempt(world.socketio.on_error(), nothing)
    world.attempt(world.socketio.on_error_default, nothing)
