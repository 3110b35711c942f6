"""What clients send, as handlers get it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tools.comparison.catalogue import observe
from tools.comparison.reasons import FAILED, PROTOCOL
from tools.comparison.world import World, request


@observe("an event without arguments")
def none(world: World) -> None:
    world.on("go", world.noting("go"))
    world.joined().ask("go")


@observe("an event with three arguments")
def three(world: World) -> None:
    world.on("go", world.noting("go"))
    world.joined().ask("go", 1, "two", [3])


@observe("null is None")
def null(world: World) -> None:
    world.on("go", world.noting("go"))
    world.joined().ask("go", None)


@observe("a list is one argument")
def list_(world: World) -> None:
    world.on("go", world.noting("go"))
    world.joined().ask("go", [1, 2])


@observe("an argument that a handler has no room for makes it fail", differs=FAILED)
def too_many(world: World) -> None:
    world.on("go", lambda: world.note("called"))
    world.joined().ask("go", 1)


@observe("an argument that a handler misses makes it fail", differs=FAILED)
def too_few(world: World) -> None:
    world.on("go", lambda a, b: world.note("called"))
    world.joined().ask("go", 1)


@observe("a handler's defaults stand in for what is not sent")
def defaults(world: World) -> None:
    world.on("go", lambda a, b="default": world.note(a, b))
    world.joined().ask("go", 1)


def with_user(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    def call(*args: Any) -> Any:
        return handler("user", *args)

    return call


@observe("a decorator may inject an argument")
def injected(world: World) -> None:
    world.on("go", with_user(world.noting("go")))
    world.joined().ask("go", 1)


@observe("a decorator may answer in the handler's place")
def guarded(world: World) -> None:
    def guard(handler: Callable[..., Any]) -> Callable[..., Any]:
        return functools.wraps(handler)(lambda *args: handler(*args) if request.args.get("user") else "no")

    world.on("go", guard(world.noting("go")))
    world.joined().ask("go", 1)


@observe("a callable object may be a handler")
def callable_object(world: World) -> None:
    class Handler:
        def __call__(self, value: int) -> int:
            return value + 1

    world.on("go", Handler())
    world.joined().ask("go", 1)


@observe("a partial may be a handler")
def partial(world: World) -> None:
    world.on("go", functools.partial(max, 5))
    world.joined().ask("go", 7)


@observe("a method may be a handler")
def method(world: World) -> None:
    world.on("go", "text".join)
    world.joined().ask("go", ["a", "b"])


@observe("event() takes the name of the function")
def by_name(world: World) -> None:
    @world.socketio.event
    def go(value: int) -> int:
        return value

    @world.socketio.event(namespace="/other")
    def come(value: int) -> int:
        return value

    world.joined().ask("go", 1)
    world.joined("B", "/other").ask("come", 2, namespace="/other")


@observe("a function may handle two events")
def stacked(world: World) -> None:
    @world.socketio.on("one")
    @world.socketio.on("two")
    def handler() -> str:
        event: str = request.event["message"]
        return event

    world.joined().ask("one").ask("two")


@observe("the handler registered last has the event")
def last_wins(world: World) -> None:
    world.on("go", lambda: "first")
    world.on("go", lambda: "last")
    world.joined().ask("go")


@observe("a handler may be registered while clients are connected")
def registered_late(world: World) -> None:
    client = world.joined()
    world.on("go", lambda: "done")
    client.ask("go")


@observe("an event's name may be any text")
def odd_names(world: World) -> None:
    for name in ("with space", "é", "a/b", "1", ""):
        world.on(name, lambda: "done")
        world.joined().send(f'421["{name}"]').take()


@observe("an event is called by its name, not by a number", differs=PROTOCOL)
def number_for_a_name(world: World) -> None:
    world.on("*", world.noting("catch-all"))
    world.joined().send('421[1,"a"]').take()


@observe('send() of a client is the event "message"')
def message(world: World) -> None:
    world.on("message", world.noting("message", "heard"))
    world.joined().ask("message", "hello")


@observe('"json" is an event as others')
def json(world: World) -> None:
    world.on("json", world.noting("json", "heard"))
    world.joined().ask("json", {"a": 1})


@observe('"*" gets the name and the arguments of events without a handler')
def catch_all(world: World) -> None:
    world.on("*", world.noting("catch-all", "caught"))
    world.on("go", world.noting("go"))
    world.joined().ask("go", 1).ask("other", 1, 2)


@observe('what "*" returns is acknowledged as what others return')
def catch_all_tuple(world: World) -> None:
    world.on("*", lambda event, *args: (event, *args))
    world.joined().ask("go", 1)


@observe('"*" gets no connect and no disconnect')
def catch_all_lifecycle(world: World) -> None:
    world.on("*", world.noting("catch-all"))
    client = world.joined()
    client.send("41")
    client.still()


@observe('a client cannot send an event "connect"', differs=PROTOCOL)
def connect_event(world: World) -> None:
    world.on("connect", lambda: world.note("connect"))
    world.joined().ask("connect")


@observe('a client cannot send an event "disconnect"', differs=PROTOCOL)
def disconnect_event(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    world.joined().ask("disconnect", "a lie")
    world.until(1)
