"""Rooms: who is in which, and who may change that."""

from __future__ import annotations

from typing import Any

from flask_socketio import close_room, emit, join_room, leave_room, rooms
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ERRORS
from tools.comparison.world import World, request


def told(world: World) -> None:
    """Handlers for clients that tell what they want."""
    world.on("join", lambda *args: world.attempt(join_room, *args))
    world.on("leave", lambda *args: world.attempt(leave_room, *args))
    world.on("close", lambda *args: world.attempt(close_room, *args))
    world.on("say", lambda room: emit("said", to=room))


@observe("a client hears what is said in a room that it joined")
def join(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "room")
    b.emit("say", "room").rest()
    a.take()


@observe("joining twice is joining once")
def join_twice(world: World) -> None:
    told(world)
    world.joined().ask("join", "room").ask("join", "room").emit("say", "room").rest()


@observe("a client hears nothing of a room that it left")
def leave(world: World) -> None:
    told(world)
    world.joined().ask("join", "room").ask("leave", "room").emit("say", "room").rest()


@observe("leaving a room that one is not in is no error")
def leave_unknown(world: World) -> None:
    told(world)
    world.joined().ask("leave", "room")


@observe("a room that is closed has nobody in it")
def close(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "room")
    b.ask("join", "room").ask("close", "room").emit("say", "room").rest()
    a.rest()


@observe("closing a room that does not exist is no error")
def close_unknown(world: World) -> None:
    told(world)
    world.joined().ask("close", "room")


@observe("a room may be joined again after it was closed")
def join_closed(world: World) -> None:
    told(world)
    world.joined().ask("join", "room").ask("close", "room").ask("join", "room").emit("say", "room").take()


@observe("a client cannot join a room named after another client")
def join_sid(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", b.sid)


@observe("a client's own room cannot be closed")
def close_sid(world: World) -> None:
    told(world)
    client = world.joined()
    client.ask("close", client.sid)


@observe("a client may leave its own room")
def leave_own(world: World) -> None:
    told(world)
    client = world.joined()
    client.ask("leave", client.sid).emit("say", client.sid).rest()


@observe("rooms() lists the client's rooms, its own among them")
def list_rooms(world: World) -> None:
    def go() -> None:
        for room in ("a", "b", 3):
            join_room(room)
        world.note(sorted(map(str, rooms())) == sorted(["3", "a", "b", request.sid]))

    world.on("go", go)
    world.joined().ask("go")


@observe("rooms() of a client in no room but its own")
def own_room(world: World) -> None:
    world.on("go", rooms)
    world.joined().ask("go")


@observe("rooms(sid) of another client")
def rooms_of_other(world: World) -> None:
    told(world)
    world.on("go", lambda sid: sorted(rooms(sid), key=len))
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "r")
    b.ask("go", a.sid)


@observe("rooms() of nobody is an empty list")
def rooms_of_nobody(world: World) -> None:
    world.on("go", lambda: rooms("nobody"))
    world.joined().ask("go")


@observe("join_room(room, sid) puts another client into a room")
def join_other(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "room", b.sid).emit("say", "room").rest()
    b.take()


@observe("join_room() of nobody raises", differs=ERRORS)
def join_nobody(world: World) -> None:
    told(world)
    world.joined().ask("join", "room", "nobody")


@observe("leave_room(room, sid) takes another client out of a room")
def leave_other(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    b.ask("join", "room")
    a.ask("leave", "room", b.sid).emit("say", "room").rest()
    b.rest()


@observe("a room of one namespace is not that of another")
def namespaces(world: World) -> None:
    told(world)
    world.on("join", join_room, "/other")
    client = world.joined().joined("/other")
    client.ask("join", "room", namespace="/other").emit("say", "room").rest()


@observe("a room's name may be anything that can be a key")
def odd_rooms(world: World) -> None:
    odd: list[Any] = [5, (1, 2), None, True, 1.5]

    def go() -> None:
        for room in odd:
            world.attempt(join_room, room)
            emit("in", str(room), to=[room])

    world.on("go", go)
    world.joined().emit("go").rest()


@observe("a connect handler may put the client into a room")
def join_on_connect(world: World) -> None:
    told(world)
    world.on("connect", lambda: join_room("room"))
    world.joined().emit("say", "room").take()


@observe("a disconnect handler may still speak to the client's rooms")
def say_on_disconnect(world: World) -> None:
    told(world)

    def disconnect() -> None:
        for room in rooms():
            if room != request.sid:
                emit("left", room, to=room)

    world.on("disconnect", disconnect)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "room")
    b.ask("join", "room")
    a.drop()
    b.take()


@observe("a client that has left is in no room")
def left(world: World) -> None:
    told(world)
    a, b = world.joined("A"), world.joined("B")
    a.ask("join", "room").send("41").still()
    b.emit("say", "room").rest()
    a.still()


@observe("SocketIO.close_room() outside of handlers")
def close_outside(world: World) -> None:
    told(world)
    client = world.joined().ask("join", "room")
    world.socketio.close_room("room")
    client.emit("say", "room").rest()


@observe("routes put clients into rooms by socketio.server")
def by_server(world: World) -> None:
    told(world)
    client = world.joined()
    server: Any = world.socketio.server
    server.enter_room(client.sid, "room")
    world.note(min(server.rooms(client.sid), key=len))
    client.emit("say", "room").take()
    server.leave_room(client.sid, "room")
    client.emit("say", "room").rest()
