"""What servers emit, and who gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_socketio import emit, join_room, send
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ARGUMENTS, ERRORS, EVERYBODY, RESERVED, VALUES
from tools.comparison.world import World, request


def three_clients(world: World, go: Callable[..., Any]) -> None:
    """A, who sends the event, B and C; they are in a room of their name each, and A and B in "ab"."""

    def connect(auth: dict[str, list[str]]) -> None:
        for room in auth["rooms"]:
            join_room(room)

    world.on("connect", connect)
    world.on("go", go)
    a, b, c = (world.joined(rooms[0].upper(), auth={"rooms": rooms}) for rooms in (["a", "ab"], ["b", "ab"], ["c"]))
    a.emit("go").rest()
    b.rest()
    c.rest()


@observe("emit() reaches the client of the event")
def to_self(world: World) -> None:
    three_clients(world, lambda: emit("ev"))


@observe("emit(broadcast=True) reaches everybody")
def broadcast(world: World) -> None:
    three_clients(world, lambda: emit("ev", broadcast=True))


@observe("emit(broadcast=True, include_self=False) reaches the others")
def others(world: World) -> None:
    three_clients(world, lambda: emit("ev", broadcast=True, include_self=False))


@observe("emit(to=room) reaches the room")
def to_room(world: World) -> None:
    three_clients(world, lambda: emit("ev", to="ab"))


@observe("emit(room=room) is the same")
def room(world: World) -> None:
    three_clients(world, lambda: emit("ev", room="ab"))


@observe("emit(to=room, include_self=False) reaches the others in the room")
def others_in_room(world: World) -> None:
    three_clients(world, lambda: emit("ev", to="ab", include_self=False))


@observe("emit(to=[rooms]) reaches each client once")
def to_rooms(world: World) -> None:
    three_clients(world, lambda: emit("ev", to=["a", "ab"]))


@observe("emit(to=[]) reaches nobody", differs=EVERYBODY)
def to_no_room(world: World) -> None:
    three_clients(world, lambda: emit("ev", to=[]))


@observe("emit(to=room) of a room that nobody is in reaches nobody")
def to_empty_room(world: World) -> None:
    three_clients(world, lambda: emit("ev", to="nobody"))


@observe("emit(to=sid) reaches that client")
def to_sid(world: World) -> None:
    world.on("go", lambda sid: emit("ev", to=sid))
    a, b = world.joined("A"), world.joined("B")
    a.emit("go", b.sid).rest()
    b.rest()


@observe("emit(skip_sid=sid) leaves out that client")
def skip_sid(world: World) -> None:
    three_clients(world, lambda: emit("ev", broadcast=True, skip_sid=request.sid))


@observe("emit(skip_sid=[sids]) leaves out those clients")
def skip_sids(world: World) -> None:
    world.on("go", lambda sids: emit("ev", broadcast=True, skip_sid=sids))
    a, b, c = world.joined("A"), world.joined("B"), world.joined("C")
    a.emit("go", [a.sid, b.sid]).rest()
    b.rest()
    c.rest()


@observe("emit(namespace=...) reaches clients there")
def namespace(world: World) -> None:
    world.on("go", lambda: emit("ev", namespace="/other", broadcast=True))
    world.on("nothing", lambda: None, "/other")
    a, b = world.joined("A"), world.joined("B", "/other")
    a.emit("go").rest()
    b.rest("/other")


@observe("emit() from a handler of a namespace stays in it")
def stays(world: World) -> None:
    world.on("go", lambda: emit("ev", broadcast=True), "/other")
    a, b = world.joined("A"), world.joined("B", "/other")
    b.emit("go", namespace="/other").rest("/other")
    a.rest()


@observe("a payload of None is no argument")
def payload_none(world: World) -> None:
    three_clients(world, lambda: emit("ev", None))


@observe("a payload of a tuple is several arguments")
def payload_tuple(world: World) -> None:
    three_clients(world, lambda: emit("ev", (1, "two")))


@observe("a payload of a list is one argument")
def payload_list(world: World) -> None:
    three_clients(world, lambda: emit("ev", [1, "two"]))


@observe("a payload of an empty tuple is no argument")
def payload_empty_tuple(world: World) -> None:
    three_clients(world, lambda: emit("ev", ()))


@observe("emit() with several payloads has several arguments", differs=ARGUMENTS)
def payloads(world: World) -> None:
    three_clients(world, lambda: world.attempt(emit, "ev", 1, 2))


@observe("emit() ignores arguments that it does not know")
def unknown_argument(world: World) -> None:
    three_clients(world, lambda: world.attempt(emit, "ev", colour="red"))


@observe("SocketIO.emit() reaches everybody")
def method(world: World) -> None:
    three_clients(world, lambda: world.socketio.emit("ev", "payload"))


@observe("SocketIO.emit(include_self=False) in a handler reaches the others")
def method_others(world: World) -> None:
    three_clients(world, lambda: world.socketio.emit("ev", include_self=False))


@observe("SocketIO.emit(include_self=False) outside of handlers raises")
def method_others_outside(world: World) -> None:
    world.attempt(world.socketio.emit, "ev", include_self=False)


@observe("SocketIO.emit(to=room, skip_sid=sid)")
def method_room(world: World) -> None:
    three_clients(world, lambda: world.socketio.emit("ev", to="ab", skip_sid=request.sid))


@observe("SocketIO.emit() with several payloads has several arguments", differs=ARGUMENTS)
def method_payloads(world: World) -> None:
    world.attempt(world.socketio.emit, "ev", 1, 2)


@observe("SocketIO.emit(broadcast=True) is accepted", differs=ARGUMENTS)
def method_broadcast(world: World) -> None:
    world.attempt(world.socketio.emit, "ev", 1, broadcast=True)


@observe("SocketIO.emit() with an argument that it does not know raises")
def method_unknown_argument(world: World) -> None:
    world.attempt(world.socketio.emit, "ev", colour="red")


@observe("SocketIO.emit() from a background task")
def background(world: World) -> None:
    client = world.joined()
    world.socketio.start_background_task(world.socketio.emit, "ev", "from afar")
    client.take()


@observe("SocketIO.emit() from a route")
def route(world: World) -> None:
    @world.app.route("/go")
    def go() -> str:
        world.socketio.emit("ev", "from a route")
        return "gone"

    client = world.joined()
    world.http("GET", "/go")
    client.take()


@observe("emit(namespace=..., broadcast=True) from a route")
def function_in_route(world: World) -> None:
    @world.app.route("/go")
    def go() -> str:
        emit("ev", "from a route", namespace="/", broadcast=True)
        return "gone"

    client = world.joined()
    world.http("GET", "/go")
    client.take()


@observe("emit() from a route, without a namespace or a client, raises", differs=ERRORS)
def function_outside(world: World) -> None:
    @world.app.route("/go")
    def go() -> str:
        world.attempt(emit, "ev")
        world.attempt(emit, "ev", broadcast=True)
        world.attempt(emit, "ev", namespace="/")
        return "gone"

    world.http("GET", "/go")


@observe("send(text) is a message event")
def send_text(world: World) -> None:
    three_clients(world, lambda: send("hello"))


@observe("send(data, json=True) is a json event")
def send_json(world: World) -> None:
    three_clients(world, lambda: send({"a": 1}, json=True))


@observe("send(broadcast=True, include_self=False) reaches the others")
def send_others(world: World) -> None:
    three_clients(world, lambda: send("hello", broadcast=True, include_self=False))


@observe("SocketIO.send() reaches everybody")
def send_method(world: World) -> None:
    three_clients(world, lambda: world.socketio.send("hello"))


@observe("SocketIO.send(include_self=False) leaves out the client of the event, whatever skip_sid says")
def send_method_others(world: World) -> None:
    def go() -> None:
        world.socketio.send("hello", include_self=False, skip_sid=["somebody"])

    three_clients(world, go)


@observe("what happens to a payload after emit() does not change it")
def mutated(world: World) -> None:
    def go() -> None:
        payload = {"a": 1}
        emit("ev", payload)
        payload["a"] = 2

    world.on("go", go)
    world.joined().emit("go").take()


@observe("a payload that JSON cannot hold raises TypeError in emit()")
def unserialisable(world: World) -> None:
    world.on("go", lambda: world.attempt(emit, "ev", object()))
    world.joined().ask("go")


@observe("an event with a name that clients keep for themselves raises", differs=RESERVED)
def reserved(world: World) -> None:
    for name in ("connect", "disconnect", "connect_error"):
        world.attempt(world.socketio.emit, name)


@observe("an event whose name is no text raises", differs=VALUES)
def name_no_text(world: World) -> None:
    world.attempt(world.socketio.emit, 5)
