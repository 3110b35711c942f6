"""Values at the edges of JSON: they arrive as in JavaScript, or are refused in words, and harm nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program

SERVER = App("values")

FAILED = {"error": {"code": "internal_error", "message": "The server could not handle this event"}}


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        ("half an emoji", "\ud83d"),
        ("NaN", None),
        ("infinity", [None, None]),
        ("a big int", 2**70),
        ("keys that are no text", {"2": "a", "true": "b", "null": "c", "1.5": "d"}),
        ("subclasses", [1, [1, 2], "<b>"]),
        ("all kinds of bytes", [b"1", b"2", b"3"]),
        ("deep", nested(200)),
    ],
)
def test_what_python_sends(connect: Connect, name: str, arrives: Any) -> None:
    assert connect().ask("value", name) == [arrives]


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("a date", "TypeError: "),
        ("a decimal", "TypeError: "),
        ("eleven attachments", "max_attachments is 10"),
    ],
)
def test_what_python_cannot_send(connect: Connect, log: Callable[[str], None], name: str, logged: str) -> None:
    client = connect()
    assert client.ask("value", name) == [FAILED]
    log(logged)


@pytest.mark.parametrize(
    ("value", "python"),
    [
        ("\ud83d and \ude00", r"('\ud83d and \ude00',)"),
        (1e21, "(1e+21,)"),
        (2**53, "(9007199254740992,)"),
        ({"__proto__": 1, "": 2}, "({'__proto__': 1, '': 2},)"),
        (nested(200), f"({nested(200)!r},)"),
    ],
    ids=["half an emoji", "large", "exact", "keys", "deep"],
)
def test_what_javascript_sends(connect: Connect, server: Program, value: Any, python: str) -> None:
    client = connect()
    client.emit("tell", value)
    server.expect(client.sid, python)
    assert client.ask("echo", value) == [value]


@pytest.mark.parametrize(
    ("json", "python"),
    [
        ("1e400", "(inf,)"),
        ("NaN", "(nan,)"),
        ("123456789012345678901", "(123456789012345678901,)"),
        ("-0.0", "(-0.0,)"),
        ('" \\ud83d "', r"(' \ud83d ',)"),
        ('{"a":1,"a":2}', "({'a': 2},)"),
    ],
)
def test_what_only_other_clients_send(connect: Connect, server: Program, json: str, python: str) -> None:
    client = connect()
    client.raw(f'2["tell",{json}]')
    server.expect(client.sid, python)


@pytest.mark.parametrize(
    "packet",
    ["2" + "[" * 100_000 + "]" * 100_000, "2[1]", '2["disconnect"]', '511-["tell"]', "4{}", "9"],
    ids=["too deep", "no name", "reserved name", "attachments", "refusal", "unknown type"],
)
def test_what_no_client_may_send_ends_its_connection(connect: Connect, server: Program, packet: str) -> None:
    client, friend = connect(), connect()
    client.raw(packet)
    client.expect_disconnect("transport close")
    server.expect(client.sid, "parse error")
    friend.expect_silence()
