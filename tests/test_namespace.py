"""Class-based namespaces."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request

from flask_socketio import Namespace, SocketIO, event_rules
from tests.memory import Running, running


def served(namespace: Namespace, **options: Any) -> Any:
    socketio = SocketIO(Flask("app"), **options)
    socketio.on_namespace(namespace)
    return running(socketio)


class Chat(Namespace):
    def __init__(self, namespace: str | None = None) -> None:
        super().__init__(namespace)
        self.seen: list[Any] = []

    def on_connect(self, auth: Any) -> None:
        self.seen.append(("connect", auth))

    def on_disconnect(self) -> None:
        self.seen.append("disconnect")

    def on_say(self, text: str) -> str:
        return text.upper()

    async def on_later(self, text: str) -> str:
        return text[::-1]

    def on_broken(self) -> None:
        raise ValueError("broken")


def test_methods_handle_events() -> None:
    chat = Chat("/chat")
    with served(chat) as server:
        client = server.client()
        client.join("/chat", auth={"name": "me"})
        client.send('42/chat,1["say","hi"]', '42/chat,2["later","hi"]', '42/chat,3["unknown"]')
        assert [client.next() for _ in range(3)] == ['43/chat,1["HI"]', '43/chat,2["ih"]', "43/chat,3[]"]
        client.send("41/chat")
        server.settle()
    assert chat.seen == [("connect", {"name": "me"}), "disconnect"]


def test_trigger_event_can_be_overridden() -> None:
    class Watching(Chat):
        def trigger_event(self, event: str, *args: Any) -> Any:
            self.seen.append(event)
            return super().trigger_event(event, *args)

    chat = Watching("/")
    with served(chat) as server:
        client = server.joined()
        client.emit("say", "hi", ack=1)
        assert client.next() == '431["HI"]'
        client.emit("later", "hi", ack=2)
        assert client.next() == '432["ih"]'
        client.drop()
        server.settle()
    assert chat.seen == ["connect", ("connect", None), "say", "later", "disconnect", "disconnect"]


def test_trigger_event_gets_the_sid_and_for_connect_the_environ() -> None:
    class Dispatching(Namespace):
        def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
            assert sid == request.sid  # type: ignore[attr-defined]
            calls.append((event, *args))
            return self.socketio._handle_event(lambda *args: ["whole", *args], event, self.namespace, sid, *args)

    calls: list[Any] = []
    with served(Dispatching("/")) as server:
        client = server.client()
        client.join("/", auth={"name": "me"})
        client.emit("anything", 1, ack=1)
        assert client.next() == '431[["whole",1]]'
        client.drop()
        server.settle()
    connect, *others = calls
    assert (connect[1]["PATH_INFO"], connect[2]) == ("/socket.io/", {"name": "me"})
    assert others == [("anything", 1), ("disconnect", "transport close")]


def test_trigger_event_may_be_async() -> None:
    class Async(Namespace):
        async def trigger_event(self, event: str, *args: Any) -> Any:
            return [event, len(args)]

    with served(Async("/")) as server:
        client = server.joined()
        client.emit("say", "hi", ack=1)
        assert client.next() == '431[["say",2]]'


def test_error_gets_what_error_handlers_let_through() -> None:
    class Forgiving(Chat):
        def error(self, exception: Exception) -> str:
            return f"class: {exception}"

    def raising(exception: Exception) -> str:
        raise KeyError("other") from exception

    socketio = SocketIO(Flask("app"))
    socketio.on_namespace(Forgiving())
    with running(socketio) as server:
        client = server.joined()
        client.emit("broken", ack=1)
        assert client.next() == '431["class: broken"]'
        socketio.on_error()(lambda exception: f"function: {exception}")
        client.emit("broken", ack=2)
        assert client.next() == '432["function: broken"]'
        socketio.on_error()(raising)
        client.emit("broken", ack=3)
        assert client.next() == """433["class: 'other'"]"""


def test_one_class_for_all_namespaces_knows_the_real_one() -> None:
    class Anywhere(Namespace):
        def on_where(self) -> str:
            return request.namespace  # type: ignore[attr-defined,no-any-return]

    with served(Anywhere("*"), namespaces="*") as server:
        client = server.client()
        client.join("/here")
        client.send('42/here,1["where"]')
        assert client.next() == '43/here,1["/here"]'


def test_what_it_can_do_to_clients() -> None:
    chat = Chat("/")
    with served(chat) as server:
        a, b = server.joined(), server.joined()
        chat.enter_room(b.sid, "room")
        assert chat.rooms(b.sid) == [b.sid, "room"]
        chat.emit("to all", 1)
        chat.emit("to room", (1, 2), room="room")
        chat.send("text", room=a.sid)
        chat.leave_room(b.sid, "room")
        chat.close_room("room")
        chat.disconnect(b.sid)
        assert [a.event(), a.event()] == [["to all", 1], ["message", "text"]]
        assert [b.event(), b.event(), b.next()] == [["to all", 1], ["to room", 1, 2], "41"]


def test_its_server_is_that_of_the_extension() -> None:
    chat = Chat()
    socketio = SocketIO()
    socketio.on_namespace(chat)
    assert chat.server is None
    socketio.init_app(Flask("app"))
    assert chat.server is socketio.server


def test_only_namespaces_can_be_registered() -> None:
    with pytest.raises(ValueError, match="Not a namespace instance"):
        SocketIO().on_namespace(object())  # type: ignore[arg-type]


def test_call() -> None:
    chat = Chat("/")
    with served(chat) as server:
        assert isinstance(server, Running)
        client = server.joined()
        results: list[Any] = []
        task = chat.socketio.start_background_task(lambda: results.append(chat.call("ask", 1, to=client.sid)))
        assert client.next() == '421["ask",1]'
        client.send('431["answer"]')
        task.join(10)
    assert results == ["answer"]


class Shop(Namespace):
    def __init__(self) -> None:
        super().__init__("/")
        self.orders: list[Any] = []

    @event_rules(rate_limit="2/hour", once="id")
    def on_order(self, order: dict[str, Any]) -> str:
        self.orders.append(order["id"])
        return "done"


class WatchedShop(Shop):
    def trigger_event(self, event: str, *args: Any) -> Any:
        return super().trigger_event(event, *args)


class OverseenSocketIO(SocketIO):
    def _handle_event(self, *args: Any) -> Any:
        return super()._handle_event(*args)


@pytest.mark.parametrize("kind", [Shop, WatchedShop])
@pytest.mark.parametrize("extension", [SocketIO, OverseenSocketIO])
def test_methods_may_have_rules(kind: type[Shop], extension: type[SocketIO]) -> None:
    shop, socketio = kind(), extension(Flask("app"))
    socketio.on_namespace(shop)
    with running(socketio) as server:
        client = server.joined()
        answers = []
        for ack in range(3):
            client.emit("order", {"id": 1}, ack=ack)
            answers.append(str(client.next()))
        assert answers[:2] == ['430["done"]', '431["done"]'] and "rate_limited" in answers[2]
    assert shop.orders == [1]


def test_rules_that_make_no_sense_raise_where_they_are_written() -> None:
    with pytest.raises(ValueError, match="'fast' is no rate"):
        event_rules(rate_limit="fast")
    with pytest.raises(TypeError, match="once=5"):
        event_rules(once=5)  # type: ignore[arg-type]
    for event in ("connect", "disconnect"):

        def on_event(self: Namespace) -> None: ...

        on_event.__name__ = f"on_{event}"
        with pytest.raises(ValueError, match=f"{event!r} is no event that clients send"):
            event_rules(once="id")(on_event)
