"""Events and acknowledgements, both ways, for `def` and `async def` handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program

SERVER = App("events")

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "none": (),
    "text": ('é, 😀, \u2028, \x00, "',),
    "plain values": (0, -1.5, True, None, "", [], {}),
    "nested values": ([None], {"": {"a": [1, [2]]}}),
    "empty binary": (b"",),
    "binary and text": (b"\x00\xff" * 1000, "and text"),
    "nested binary": ({"deep": [b"one", {"deeper": b"two"}]}, 3, [[b"three"]]),
    "as much binary as is allowed": ([b"%d" % n for n in range(10)],),
}


@pytest.fixture(params=["/", "/async"])
def namespace(request: pytest.FixtureRequest) -> str:
    """Where the handlers are of one kind."""
    kind: str = request.param
    return kind


@pytest.mark.parametrize("args", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_arrive_as_they_were_sent(connect: Connect, namespace: str, args: tuple[Any, ...]) -> None:
    client = connect(namespace)
    client.emit("echo", *args)
    client.expect_event("echo", *args)
    assert client.ask("return", *args) == list(args)


@pytest.mark.parametrize(
    ("name", "acknowledged"),
    [
        ("nothing", []),
        ("no argument", []),
        ("falsehood", [False]),
        ("a list", [[1, 2]]),
        ("two arguments", [1, [2]]),
        ("binary", [b"\x00\xff"]),
        ("nested binary", [{"deep": [b"one", {"deeper": b""}]}, b"two"]),
    ],
)
def test_what_a_handler_returns_is_acknowledged(
    connect: Connect, namespace: str, name: str, acknowledged: list[Any]
) -> None:
    assert connect(namespace).ask("result", name) == acknowledged


@pytest.mark.parametrize(
    ("answer", "kind", "value"),
    [
        ((), "NoneType", None),
        ((0,), "int", 0),
        ((1, b"two"), "tuple", [1, b"two"]),
        (({"nested": [b"binary"]},), "dict", {"nested": [b"binary"]}),
    ],
)
def test_call_gives_what_the_client_acknowledges(
    connect: Connect, namespace: str, answer: tuple[Any, ...], kind: str, value: Any
) -> None:
    client = connect(namespace)
    client.emit("call", "what", b"is it?")
    client.expect_event("question", "what", b"is it?").acknowledge(*answer)
    client.expect_event("answered", kind, value)


def test_call_gives_up_in_time(connect: Connect, server: Program, namespace: str) -> None:
    client = connect(namespace)
    client.emit("call in vain", 0.02)
    question = client.expect_event("question")
    client.expect_event("given up")
    server.expect(client.sid, "no acknowledgement of 'question' in 0.02 s")
    question.acknowledge("too late")
    client.expect_silence()


def test_call_gives_up_when_the_client_leaves(connect: Connect, server: Program, namespace: str) -> None:
    client = connect(namespace)
    client.emit("call in vain", 60)
    client.expect_event("question")
    client.disconnect()
    server.expect(client.sid, "no acknowledgement of 'question': the client has disconnected")


@pytest.mark.parametrize("answer", [(), (None,), (1, {"two": b"2"})], ids=str)
def test_a_callback_gets_what_the_client_acknowledges(
    connect: Connect, namespace: str, answer: tuple[Any, ...]
) -> None:
    client = connect(namespace)
    client.emit("ask", "what", b"is it?")
    client.expect_event("question", "what", b"is it?").acknowledge(*answer)
    client.expect_event("answered", *answer)
    client.expect_silence()


def test_acknowledgements_find_their_events_in_any_order(connect: Connect, namespace: str) -> None:
    client = connect(namespace)
    for number in range(5):
        client.emit("ask", number)
    questions = [client.expect_event("question", number) for number in range(5)]
    for question in reversed(questions):
        question.acknowledge(*question.args)
        client.expect_event("answered", *question.args)


def test_messages_in_text_and_json(connect: Connect) -> None:
    client = connect()
    client.emit("message", "hello")
    client.emit("json", {"to": ["you"]})
    client.expect_event("message", "hello")
    client.expect_event("json", {"to": ["you"]})


def test_an_event_that_nobody_handles_is_ignored(connect: Connect, namespace: str) -> None:
    client = connect(namespace)
    client.emit("nobody", 1)
    question = client.question("ask", "nobody", [1])
    client.expect_silence()
    assert not question.done()


def test_a_catch_all_gets_the_name_first(connect: Connect) -> None:
    client = connect("/any")
    assert client.ask("what ever", 1, b"2") == ["what ever", [1, b"2"], "*"]


def test_a_wrong_number_of_arguments_is_an_error_of_the_handler(connect: Connect, log: Callable[[str], None]) -> None:
    client = connect()
    error = {"code": "internal_error", "message": "The server could not handle this event"}
    assert client.ask("one argument", 1, 2) == [{"error": error}]
    log("TypeError: one_argument() takes 1 positional argument but 2 were given")
    assert client.ask("one argument", 1) == [1]
