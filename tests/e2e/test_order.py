"""In which order events are handled: one client's in theirs, different clients' at the same time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("handlers", overtake_after=60)

#: Events of one client, of which 1,000 may wait.
MANY = 1_200


def test_one_clients_events_are_handled_in_order(connect: Connect) -> None:
    client = connect()
    for number in range(100):
        client.emit("note async" if number % 3 else "note", number)
    assert client.ask("notes") == [list(range(100))]


@pytest.mark.parametrize("hold", ["hold", "hold async"])
def test_an_event_waits_for_the_one_before_and_nobody_else_does(connect: Connect, hold: str) -> None:
    client, friend = connect(), connect()
    other = client.join("/other").expect_connect()
    client.emit(hold, client.sid)
    client.expect_event("holding")
    answer = client.question("ask", "notes", [])
    other.ask("note", "the same client in another namespace")
    friend.ask("note", "another client")
    assert not answer.done()
    friend.emit("open", client.sid)
    assert answer.result(20) == [[client.sid]]


def test_different_clients_are_served_at_the_same_time(connect: Connect) -> None:
    clients = [connect() for _ in range(4)]
    answers = [client.question("ask", "meet", [clients[0].sid, 4]) for client in clients]
    for answer in answers:
        assert answer.result(20) == []


def test_acknowledgements_do_not_queue_behind_handlers(connect: Connect) -> None:
    client = connect()
    answer = client.question("ask", "ask in between", [])
    question = client.expect_event("question")
    client.emit("note", "later")
    question.acknowledge("now")
    assert answer.result(20) == ["now"]
    assert client.ask("notes") == [["later"]]


def test_a_disconnect_does_not_wait_for_a_handler(connect: Connect) -> None:
    client, friend = connect(), connect()
    client.emit("hold", client.sid)
    client.expect_event("holding")
    client.disconnect()
    connect.server.expect(client.sid, "client disconnect")
    friend.ask("open", client.sid)


def test_what_came_before_a_disconnect_is_handled_before(connect: Connect) -> None:
    client = connect()
    for number in range(10):
        client.emit("note async", number)
    client.disconnect()
    connect.server.expect(client.sid, "client disconnect", list(range(10)))


def test_more_events_than_may_wait_are_handled_all_the_same(connect: Connect) -> None:
    client, friend = connect(), connect()
    client.emit("hold", client.sid)
    client.expect_event("holding")
    for number in range(MANY):
        client.emit("note", number)
    friend.ask("open", client.sid)
    assert client.ask("notes") == [[client.sid, *range(MANY)]]


@pytest.mark.parametrize(("event", "logged"), [("give up", ["SystemExit: I give up"]), ("give up async", [])])
def test_a_handler_that_raises_no_exception_is_answered_and_forgotten(
    connect: Connect, log: Callable[..., None], event: str, logged: list[str]
) -> None:
    client = connect()
    assert client.ask(event) == [
        {"error": {"code": "internal_error", "message": "The server could not handle this event"}}
    ]
    client.expect_silence()
    log(*logged)  # so that the traceback does not fall into the time of the next test


def test_threads_in_the_background_emit_each_in_its_order(connect: Connect) -> None:
    client = connect()
    client.emit("start tasks", 5, 200)
    arrived = [client.next_event("work").args for _ in range(5 * 200)]
    for task in range(5):
        assert [number for of, number in arrived if of == task] == list(range(200))


@any_transport
def test_async_handlers_runs_all_events_at_once(serve: Callable[[Program], Connect]) -> None:
    client = serve(App("handlers", async_handlers=True))()
    answers = [client.question("ask", "meet", ["here", 3]) for _ in range(3)]
    for answer in answers:
        assert answer.result(20) == []
