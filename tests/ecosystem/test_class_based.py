"""Views and namespaces that are classes: what they inherit, decorate and share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView, View

from flask_socketio import Namespace, SocketIO, SocketIOTestClient, emit, join_room, request


@pytest.fixture
def app() -> Flask:
    return Flask("app")


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    return SocketIO(app)


def came(client: SocketIOTestClient, namespace: str | None = None) -> list[Any]:
    return [(event["name"], *event["args"]) for event in client.get_received(namespace)]


def ask(client: SocketIOTestClient, event: str, *args: Any) -> Any:
    return client.emit(event, *args, callback=True)


# Views ----------------------------------------------------------------------------------------------------------------


def test_a_method_view_emits(app: Flask, socketio: SocketIO) -> None:
    class Items(MethodView):
        init_every_request = False

        def __init__(self, kind: str) -> None:
            self.kind = kind

        def post(self, item: str) -> str:
            socketio.emit("created", (self.kind, item))
            return "created"

        def delete(self, item: str) -> str:
            emit("deleted", item, namespace="/", to=item)
            return "deleted"

    app.add_url_rule("/<item>", view_func=Items.as_view("items", "fruit"))
    socketio.on_event("watch", join_room)
    client, browser = socketio.test_client(app), app.test_client()
    client.emit("watch", "apple")
    for method, item in ((browser.post, "apple"), (browser.delete, "pear"), (browser.delete, "apple")):
        assert method(f"/{item}").status_code == 200
    assert came(client) == [("created", "fruit", "apple"), ("deleted", "apple")]


def test_one_class_may_be_both_a_view_and_a_namespace(app: Flask, socketio: SocketIO) -> None:
    """Flask's makes an object for each request, ours is one for all: the state of the class is what they share."""

    class Counter(Namespace, View):
        count = 0

        def dispatch_request(self) -> str:
            type(self).count += 1
            socketio.emit("counted", self.count, namespace="/counter")
            return "counted"

        def on_count(self) -> int:
            type(self).count += 10
            return self.count

    app.add_url_rule("/count", view_func=Counter.as_view("count"))
    socketio.on_namespace(Counter("/counter"))
    client = socketio.test_client(app, "/counter")
    assert app.test_client().get("/count").status_code == 200
    assert client.emit("count", callback=True, namespace="/counter") == 11
    assert came(client, "/counter") == [("counted", 1)]


# Namespaces -----------------------------------------------------------------------------------------------------------


class Presence(Namespace):
    """A base class with handlers and state of its own."""

    def __init__(self, namespace: str | None = None) -> None:
        super().__init__(namespace)
        self.present: list[str] = []

    def on_connect(self, auth: dict[str, str] | None) -> bool:
        if not auth:
            return False
        self.present.append(auth["name"])
        with self.session(request.sid) as session:
            session["name"] = auth["name"]
        return True

    def on_disconnect(self) -> None:
        self.present.remove(self.name())

    def on_who(self) -> list[str]:
        return self.present

    def on_name(self) -> str:
        return self.name()

    def name(self) -> str:
        name: str = self.get_session(request.sid)["name"]
        return name


class Greeting:
    """A mixin that is no namespace."""

    greeting = "Hello"

    def on_greet(self, name: str) -> str:
        return f"{self.greeting}, {name}"


class Chat(Greeting, Presence):
    greeting = "Good day"

    def on_connect(self, auth: dict[str, str] | None) -> bool:
        accepted = super().on_connect(auth)
        if accepted:
            self.emit("came", self.name())
        return accepted

    async def on_name(self) -> str:  # type: ignore[override]  # what was a function may be a coroutine
        return super().on_name().upper()

    #: Other than a method, and still a handler.
    on_ping = staticmethod(lambda: "pong")


def test_a_namespace_inherits(app: Flask, socketio: SocketIO) -> None:
    socketio.on_namespace(chat := Chat())
    ann, bob = (socketio.test_client(app, auth={"name": name}) for name in ("ann", "bob"))
    assert not socketio.test_client(app).is_connected()
    assert ask(ann, "who") == ["ann", "bob"]
    assert ask(ann, "name") == "ANN"
    assert ask(ann, "greet", "world") == "Good day, world"
    assert ask(ann, "ping") == "pong"
    assert came(bob) == [("came", "bob")]
    bob.disconnect()
    assert ask(ann, "who") == chat.present == ["ann"]


def test_two_objects_of_one_class(app: Flask, socketio: SocketIO) -> None:
    for namespace in ("/", "/other"):
        socketio.on_namespace(Chat(namespace))
    client = socketio.test_client(app, auth={"name": "ann"})
    client.connect("/other", auth={"name": "bob"})
    assert ask(client, "who") == ["ann"]
    assert client.emit("who", callback=True, namespace="/other") == ["bob"]


@pytest.mark.parametrize("takes_auth", [True, False])
def test_connect_and_disconnect_with_and_without_an_argument(app: Flask, socketio: SocketIO, takes_auth: bool) -> None:
    seen: list[Any] = []

    class With(Namespace):
        def on_connect(self, auth: Any) -> None:
            seen.append(auth)

        def on_disconnect(self, reason: str) -> None:
            seen.append(reason)

    class Without(Namespace):
        def on_connect(self) -> None:
            seen.append("connect")

        def on_disconnect(self) -> None:
            seen.append("disconnect")

    socketio.on_namespace(With() if takes_auth else Without())
    socketio.test_client(app, auth={"a": 1}).disconnect()
    assert seen == ([{"a": 1}, "client disconnect"] if takes_auth else ["connect", "disconnect"])


def tracked(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as most are written: it takes what comes, and is no coroutine function."""

    @functools.wraps(handler)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((handler.__name__, args))
        return handler(self, *args, **kwargs)

    return wrapped


def with_user(handler: Callable[..., Any]) -> Callable[..., Any]:
    """One that gives the handler an argument more."""

    @functools.wraps(handler)
    def wrapped(self: Any, *args: Any) -> Any:
        return handler(self, "ann", *args)

    return wrapped


def test_decorators_on_methods(app: Flask, socketio: SocketIO) -> None:
    class Decorated(Namespace):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[Any] = []

        @tracked
        def on_connect(self) -> None:
            """Takes no auth, which its wrapper does not know."""

        @tracked
        @with_user
        def on_say(self, user: str, text: str) -> str:
            return f"{user}: {text}"

        @tracked
        async def on_later(self, text: str) -> str:
            return text[::-1]

        @tracked
        def on_disconnect(self, reason: str) -> None:
            """Takes a reason."""

    socketio.on_namespace(decorated := Decorated())
    client = socketio.test_client(app)
    assert ask(client, "say", "hello") == "ann: hello"
    assert ask(client, "later", "hello") == "olleh"
    client.disconnect()
    assert [call for call in decorated.calls if call[0] != "on_connect"] == [
        ("on_say", ("hello",)),
        ("on_later", ("hello",)),
        ("on_disconnect", ("client disconnect",)),
    ]


def test_trigger_event_sees_all_and_may_answer_itself(app: Flask, socketio: SocketIO) -> None:
    class Guarded(Chat):
        def trigger_event(self, event: str, *args: Any) -> Any:
            if event == "who":
                return "none of your business"
            result = super().trigger_event(event, *args)
            return result if event != "greet" else f"{result}!"

    socketio.on_namespace(Guarded())
    client = socketio.test_client(app, auth={"name": "ann"})
    answers = [ask(client, *event) for event in (("who",), ("greet", "world"), ("name",), ("unknown", 1))]
    assert answers == ["none of your business", "Good day, world!", "ANN", []]


def test_functions_come_before_methods(app: Flask, socketio: SocketIO) -> None:
    socketio.on_namespace(Chat())
    socketio.on_event("ping", lambda: "pong of a function")
    client = socketio.test_client(app, auth={"name": "ann"})
    assert [ask(client, "ping"), ask(client, "name")] == ["pong of a function", "ANN"]
