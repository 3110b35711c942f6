"""Namespaces: by decorators, as classes, and catch-alls for those that nobody has named."""

from __future__ import annotations

from typing import Any

from flask_socketio import Namespace, emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import CATCH_ALL, ONCE, REFUSAL
from tools.comparison.world import World, request


@observe("handlers of one namespace do not get the events of another")
def apart(world: World) -> None:
    world.on("go", lambda: "main")
    world.on("go", lambda: "other", "/other")
    world.joined().joined("/other").ask("go").ask("go", namespace="/other")


@observe("request.namespace is the namespace of the event")
def current(world: World) -> None:
    world.on("go", lambda: request.namespace, "/other")
    world.joined("", "/other").ask("go", namespace="/other")


@observe('a handler of the namespace "*" gets events of namespaces without one', namespaces="*")
def any_namespace(world: World) -> None:
    world.on("go", lambda value: [request.namespace, value], "*")
    world.joined("", "/any").ask("go", 1, namespace="/any")


@observe('a handler of the namespace "*" does not open namespaces', differs=REFUSAL)
def any_is_closed(world: World) -> None:
    world.on("go", lambda: "done", "*")
    world.client().join("/any")


@observe('a connect handler of the namespace "*" runs for all', namespaces="*")
def any_connect(world: World) -> None:
    world.on("connect", lambda auth: world.note(request.namespace, auth), "*")
    world.client().join("/any", auth={"a": 1}).join("/more")


@observe('a catch-all of the namespace "*" gets name and arguments', differs=CATCH_ALL, namespaces="*")
def any_event_anywhere(world: World) -> None:
    world.on("*", lambda event, *args: world.note(event, args, request.namespace), "*")
    world.joined("", "/any").ask("go", 1, namespace="/any")


@observe("the handler nearest to the event has it", namespaces="*")
def priority(world: World) -> None:
    world.on("go", lambda: "event of the namespace", "/near")
    world.on("*", lambda event: "any event of the namespace", "/near")
    world.on("go", lambda: "event of any namespace", "*")
    world.joined("", "/near").ask("go", namespace="/near").ask("other", namespace="/near")
    world.joined("", "/far").ask("go", namespace="/far")


@observe("a handler of the namespace comes before its class")
def function_before_class(world: World) -> None:
    class Class(Namespace):
        def on_go(self) -> str:
            return "class"

        def on_other(self) -> str:
            return "class"

    world.socketio.on_namespace(Class("/class"))
    world.on("go", lambda: "function", "/class")
    world.joined("", "/class").ask("go", namespace="/class").ask("other", namespace="/class")


class Methods(Namespace):
    """A class with all sorts of methods."""

    world: World

    def on_connect(self) -> None:
        self.world.note("connect", request.sid, request.namespace)

    def on_disconnect(self, reason: str) -> None:
        self.world.note("disconnect", reason)

    def on_go(self, *args: Any) -> Any:
        self.world.note("go", args, request.event)
        return args

    def on_message(self, text: str) -> str:
        return f"message {text}"

    def on_emit(self) -> None:
        self.emit("ev", "to all")

    def on_emit_room(self, room: str) -> None:
        self.emit("ev", "to a room", room=room)

    def on_emit_others(self) -> None:
        self.emit("ev", "to others", include_self=False)

    def on_send(self) -> None:
        self.send("to all")

    def on_function(self) -> None:
        emit("ev", "to one")

    def on_rooms(self) -> Any:
        self.enter_room(request.sid, "r")
        return sorted(self.rooms(request.sid), key=len)

    def on_session(self) -> Any:
        with self.session(request.sid) as session:
            session["count"] = session.get("count", 0) + 1
        return self.get_session(request.sid)

    def on_disconnect_me(self) -> None:
        self.disconnect(request.sid)


def with_class(world: World) -> None:
    methods = Methods("/class")
    methods.world = world
    world.socketio.on_namespace(methods)


@observe("a class has methods for connect, events and disconnect")
def methods(world: World) -> None:
    with_class(world)
    client = world.joined("", "/class").ask("go", 1, 2, namespace="/class")
    client.send("41/class,")
    world.until(3)


@observe("a class's on_message gets message events")
def message(world: World) -> None:
    with_class(world)
    world.joined("", "/class").ask("message", "hello", namespace="/class")


@observe("an event that a class has no method for is acknowledged without arguments")
def no_method(world: World) -> None:
    with_class(world)
    world.joined("", "/class").ask("unknown", 1, namespace="/class")


@observe("a class's emit() reaches all of its namespace, not only the client of the event")
def class_emit(world: World) -> None:
    with_class(world)
    a, b = world.joined("A", "/class"), world.joined("B", "/class")
    for event in ("emit", "emit_others", "send", "function"):
        a.emit(event, namespace="/class").rest("/class")
        b.rest("/class")


@observe("a class's emit(room=...) reaches the room")
def class_emit_room(world: World) -> None:
    with_class(world)
    a, b = world.joined("A", "/class"), world.joined("B", "/class")
    a.emit("emit_room", b.sids["/class"], namespace="/class").rest("/class")
    b.take()


@observe("a class's rooms and sessions by sid")
def class_rooms(world: World) -> None:
    with_class(world)
    client = world.joined("", "/class").ask("rooms", namespace="/class")
    client.ask("session", namespace="/class").ask("session", namespace="/class")


@observe("a class's disconnect() puts a client out")
def class_disconnect(world: World) -> None:
    with_class(world)
    world.joined("", "/class").emit("disconnect_me", namespace="/class").take()
    world.until(2)


@observe("a class's on_disconnect may do without the reason")
def class_no_reason(world: World) -> None:
    class Class(Namespace):
        def on_disconnect(self) -> None:
            world.note("disconnect")

    world.socketio.on_namespace(Class("/class"))
    world.leave(world.joined("", "/class"), "/class")


@observe("a class's on_connect gets auth, and may refuse")
def class_connect(world: World) -> None:
    class Class(Namespace):
        def on_connect(self, auth: Any) -> bool:
            world.note("auth", auth)
            return auth is not None

    world.socketio.on_namespace(Class("/class"))
    world.client().join("/class").join("/class", auth={"a": 1})


@observe("a TypeError in the body of a class's on_disconnect does not call it again", differs=ONCE)
def class_type_error(world: World) -> None:
    class Class(Namespace):
        def on_disconnect(self, reason: str = "none") -> None:
            world.note("called with", reason)
            raise TypeError("a bug")

    world.socketio.on_namespace(Class("/class"))
    world.leave(world.joined("", "/class"), "/class")


@observe("trigger_event() may be overridden")
def trigger_event(world: World) -> None:
    class Class(Namespace):
        def trigger_event(self, event: str, *args: Any) -> Any:
            world.note("triggered", event)
            return super().trigger_event(event, *args)

        def on_go(self, value: int) -> int:
            return value

    world.socketio.on_namespace(Class("/class"))
    world.joined("", "/class").ask("go", 1, namespace="/class")


@observe("a class without a name is for the main namespace")
def main_class(world: World) -> None:
    class Class(Namespace):
        def on_go(self) -> str:
            return f"done in {self.namespace}"

    world.socketio.on_namespace(Class())
    world.joined().ask("go")


@observe('a class for "*" gets the events of all namespaces', differs=CATCH_ALL, namespaces="*")
def any_class(world: World) -> None:
    class Class(Namespace):
        def on_go(self, value: int) -> list[Any]:
            return [request.namespace, value]

    world.socketio.on_namespace(Class("*"))
    world.joined("", "/any").ask("go", 1, namespace="/any")


@observe("what is no namespace cannot be registered")
def no_namespace(world: World) -> None:
    world.attempt(world.socketio.on_namespace, object())
