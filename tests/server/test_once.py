"""Events that a client repeats are handled once, and answered each time."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.protocol.socketio import Body
from flask_socketio.server.once import MOST_WAITING, AnsweredEvents, id_finder
from tests.memory import SOON, Client, running


def ask(client: Client, ack: int, *args: Any, event: str = "order") -> str:
    client.emit(event, *args, ack=ack)
    return str(client.next())


def app_with(handler: Any, once: Any = "id", **options: Any) -> SocketIO:
    socketio = SocketIO(Flask("app"), **options)
    socketio.on("order", once=once)(handler)
    return socketio


def test_a_repetition_gets_the_answer_of_the_first() -> None:
    handled: list[Any] = []

    def order(data: dict[str, Any]) -> tuple[str, int]:
        handled.append(data)
        return "done", len(handled)

    with running(app_with(order)) as server:
        client, other = server.joined(), server.joined()
        assert ask(client, 1, {"id": "a"}) == '431["done",1]'
        assert ask(client, 2, {"id": "a"}) == '432["done",1]'
        assert ask(client, 3, {"id": "b"}) == '433["done",2]'
        assert ask(other, 1, {"id": "a"}) == '431["done",3]', "ids belong to a client"
        assert ask(client, 4, {}) == '434["done",4]', "without an id every event is another one"
        client.emit("order", {"id": "c"})
        assert ask(client, 5, {"id": "c"}) == '435["done",5]'
        assert len(handled) == 5


def test_a_repetition_of_what_is_being_handled_waits() -> None:
    begun, go = threading.Event(), threading.Event()
    handled = []

    def order(data: dict[str, Any]) -> str:
        handled.append(1)
        begun.set()
        assert go.wait(SOON)
        return "done"

    with running(app_with(order)) as server:
        client = server.joined()
        client.emit("order", {"id": 7}, ack=1)
        assert begun.wait(SOON)
        client.emit("order", {"id": 7}, ack=2)
        client.emit("order", {"id": 7})
        go.set()
        assert {client.next(), client.next()} == {'431["done"]', '432["done"]'}
        assert handled == [1]


def test_failures_are_answers_too(caplog: pytest.LogCaptureFixture) -> None:
    def order(data: dict[str, Any]) -> Any:
        return object() if data["id"] == "odd" else 1 / 0

    with running(app_with(order)) as server:
        client = server.joined()
        for ack, id in enumerate(["odd", "odd", "zero", "zero"]):
            assert '"internal_error"' in ask(client, ack, {"id": id})
    assert len([record for record in caplog.records if "failed" in record.message]) == 2


def test_a_function_may_find_the_id() -> None:
    handled: list[Any] = []

    async def order(*args: Any) -> None:
        handled.append(args)

    with running(app_with(order, once=lambda symbol, number: number)) as server:
        client = server.joined()
        assert [ask(client, 1, "EUR", 5), ask(client, 2, "USD", 5)] == ["431[]", "432[]"]
        assert handled == [("EUR", 5)]


def test_ids_that_cannot_be_told_are_an_error(caplog: pytest.LogCaptureFixture) -> None:
    def order(*args: Any) -> None: ...

    with running(app_with(order, once=lambda data: data["id"])) as server:
        client = server.joined()
        assert "internal_error" in ask(client, 1, "no dict")
        assert "internal_error" in ask(client, 2, 5)
        client.emit("order")
        assert client.event()[1]["code"] == "internal_error"
    assert len(caplog.records) == 3 and "(once=)" in caplog.text


@pytest.mark.parametrize("id", [["a"], {"a": 1}, "x" * 201])
def test_an_id_that_is_none_is_an_error_of_the_client(id: Any, caplog: pytest.LogCaptureFixture) -> None:
    def order(*args: Any) -> None: ...

    with running(app_with(order)) as server:
        client = server.joined()
        answer = json.loads(ask(client, 1, {"id": id})[3:])[0]["error"]
        client.emit("order", {"id": id})
        assert client.event() == ["error", {"event": "order", **answer}]
    assert answer["code"] == "bad_id" and "a number, or a text" in answer["message"]
    assert [record.exc_info for record in caplog.records] == [None]
    assert "is no id of 'order' in '/'" in caplog.text and len(caplog.text) < 500


def test_only_so_many_are_remembered() -> None:
    handled: list[Any] = []
    with running(app_with(lambda data: handled.append(data["id"]), max_remembered=2)) as server:
        client = server.joined()
        for ack, id in enumerate([1, 2, 3, 3, 2, 1]):
            ask(client, ack, {"id": id})
        assert handled == [1, 2, 3, 1]


def test_what_finds_an_id() -> None:
    find = id_finder("id")
    assert (find({"id": 5}), find({}), find("x"), find(), find([1])) == (5, None, None, None, None)
    with pytest.raises(TypeError, match="once=5"):
        SocketIO(Flask("app")).on("e", once=5)  # type: ignore[arg-type]


def test_memory_holds_answers() -> None:
    memory = AnsweredEvents(2)
    memory.add(("e", 1), Body(b"[1]"))
    memory.begin(("e", 2))
    assert list(memory) == [(("e", 1), Body(b"[1]"))]
    memory.settle(("e", 2), Body(b"[2]"))
    memory.add(("e", 3), Body(b"[3]"))
    assert [key for key, _ in memory] == [("e", 2), ("e", 3)]


class Asker:
    def __init__(self) -> None:
        self.told: list[tuple[int, bytes]] = []

    def answer_with(self, ack_id: int, body: Body) -> None:
        self.told.append((ack_id, body.data))


def test_what_is_being_handled_is_not_forgotten_for_newer_events() -> None:
    memory, asker = AnsweredEvents(2), Asker()
    keys = [("e", number) for number in range(10)]
    for key in keys:
        assert not memory.repeated(key, asker, 1)
        memory.begin(key)
    assert all(memory.repeated(key, asker, number) for number, key in enumerate(keys)) and asker.told == []
    for key in keys:
        memory.settle(key, Body(b"[]"))
    assert asker.told == [(number, b"[]") for number in range(10)]
    assert [key for key, _ in memory] == keys[8:]
    assert [memory.repeated(key, asker, None) for key in keys[7:]] == [False, True, True]


def test_of_the_repetitions_that_wait_the_last_are_answered() -> None:
    memory, asker = AnsweredEvents(2), Asker()
    memory.begin(("e", 1))
    for ack_id in range(1_000):
        memory.repeated(("e", 1), asker, ack_id)
    memory.settle(("e", 1), Body(b"[]"))
    assert [ack_id for ack_id, _ in asker.told] == list(range(1_000))[-MOST_WAITING:]


def test_an_event_that_waits_behind_many_is_still_handled_once() -> None:
    handled: list[Any] = []
    gate = threading.Event()

    def order(data: dict[str, Any]) -> None:
        gate.wait(SOON)
        handled.append(data["id"])

    with running(app_with(order, max_remembered=2)) as server:
        client = server.joined()
        client.send(*[f'42{id}["order",{{"id":{id}}}]' for id in range(5)], '429["order",{"id":0}]')
        gate.set()
        assert {client.next() for _ in range(6)} == {f"43{ack}[]" for ack in (0, 1, 2, 3, 4, 9)}
        assert handled == [0, 1, 2, 3, 4]
