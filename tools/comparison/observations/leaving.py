"""How clients go, and what handlers learn of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask_socketio import disconnect, emit, rooms
from tools.comparison.catalogue import observe
from tools.comparison.reasons import LEAVING, ONCE
from tools.comparison.world import World, request


@observe("a client that leaves a namespace")
def leave(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.leave(world.joined())


@observe("a client that ends its connection", differs=LEAVING)
def close_packet(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.joined().send("1")
    world.until(1)


@observe("a client that closes its WebSocket")
def close_websocket(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.joined().close()
    world.until(1)


@observe("a client whose connection breaks")
def drop(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.joined().drop()
    world.until(1)


@observe("a client that answers no heartbeat", ping_interval=0.1, ping_timeout=0.2)
def ping_timeout(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.joined()
    world.until(1)


@observe("a client that the server puts out")
def put_out(world: World) -> None:
    def go() -> None:
        disconnect()
        world.note("disconnect() has returned")

    world.on("go", go)
    world.on("disconnect", world.noting("disconnect"))
    world.joined().emit("go").take()
    world.until(2)


@observe("a client that is put out keeps its connection, and may join again")
def join_again(world: World) -> None:
    world.on("go", disconnect)
    world.joined().emit("go").take().join()


@observe("a disconnect handler may do without the reason")
def no_argument(world: World) -> None:
    world.on("disconnect", lambda: world.note("called"))
    world.leave(world.joined())


@observe("a disconnect handler with a default gets the reason")
def default(world: World) -> None:
    world.on("disconnect", lambda reason="default": world.note(reason))
    world.leave(world.joined())


@observe("a decorator that injects an argument may stand around a disconnect handler")
def injected(world: World) -> None:
    def with_user(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def call(*args: Any) -> Any:
            return handler("user", *args)

        return call

    world.on("disconnect", with_user(lambda user: world.note("without reason", user)))
    world.on("disconnect", with_user(lambda user, reason: world.note("with reason", user, reason)), "/other")
    world.leave(world.joined("A"))
    world.leave(world.joined("B", "/other"), "/other")


@observe("a TypeError in the body of a disconnect handler does not call it again", differs=ONCE)
def type_error(world: World) -> None:
    def handler(reason: str = "none") -> None:
        world.note("called with", reason)
        raise TypeError("a bug")

    world.on("disconnect", handler)
    world.leave(world.joined())


@observe("a disconnect handler sees the client's rooms and session still")
def state(world: World) -> None:
    def handler(reason: str) -> None:
        world.note(rooms() == [request.sid], request.namespace, request.event)

    world.on("disconnect", handler)
    world.leave(world.joined())


@observe("request.event has the reason, whether the handler takes it or not", differs=ONCE)
def event(world: World) -> None:
    world.on("disconnect", lambda: world.note(request.event))
    world.leave(world.joined())


@observe("what a disconnect handler emits reaches the others")
def emits(world: World) -> None:
    world.on("disconnect", lambda: emit("left", broadcast=True))
    a, b = world.joined("A"), world.joined("B")
    a.drop()
    b.take()


@observe("a connection that ends leaves all its namespaces")
def all_namespaces(world: World) -> None:
    left: list[str] = []

    def handler() -> None:
        left.append(request.namespace)
        if len(left) == 2:
            world.note(sorted(left))

    for namespace in ("/", "/other"):
        world.on("disconnect", handler, namespace)
    world.joined().joined("/other").drop()
    world.until(1)


@observe("leaving one namespace is not leaving the others")
def one_namespace(world: World) -> None:
    for namespace in ("/", "/other"):
        world.on("disconnect", lambda: world.note(request.namespace), namespace)
    world.on("go", lambda: "still here")
    world.joined().joined("/other").send("41/other,").ask("go")


@observe("disconnect() of another client")
def other(world: World) -> None:
    world.on("go", disconnect)
    world.on("disconnect", lambda reason: world.note(request.sid, reason))
    a, b = world.joined("A"), world.joined("B")
    a.emit("go", b.sid)
    b.take()
    world.until(1)


@observe("disconnect() of nobody is no error")
def nobody(world: World) -> None:
    world.on("go", lambda: world.attempt(disconnect, "nobody"))
    world.joined().ask("go")


@observe("events of a client that has left are ignored")
def late_event(world: World) -> None:
    world.on("go", lambda: world.note("called"))
    world.joined().send("41").send('421["go"]').still()


@observe("a client that was turned away has no disconnect")
def refused(world: World) -> None:
    world.on("connect", lambda: False)
    world.on("disconnect", world.noting("disconnect"))
    client = world.client()
    client.join()
    client.still()
