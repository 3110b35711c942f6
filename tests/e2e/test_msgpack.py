"""The msgpack serializer, with the official parser for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.e2e.clients import Client
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("events", serializer="msgpack")


@pytest.fixture
def client(connect: Connect) -> Client:
    return connect(parser="msgpack")


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("é😀\x00", 0, -1.5, True, None, {"": {"a": [1, [2]]}}),
        (b"", {"deep": [b"\x00\xff", {"deeper": b"two"}]}),
        ([b"%d" % n for n in range(100)],),
        (2**31, 2**32, 2**53, -(2**31) - 1, 1.5e-7),
        (datetime(2000, 1, 2, 3, 4, 5, 678000, timezone.utc), [datetime(1900, 1, 1, tzinfo=timezone.utc)]),
        ({"_placeholder": True, "num": 0},),
    ],
    ids=["none", "values", "binary", "much binary", "numbers", "dates", "no placeholder"],
)
def test_arguments_and_acknowledgements(client: Client, args: tuple[Any, ...]) -> None:
    client.emit("echo", *args)
    client.expect_event("echo", *args)
    assert client.ask("return", *args) == list(args)


def test_numbers_that_json_has_not(client: Client) -> None:
    (infinity, not_a_number) = client.ask("result", "strange numbers")
    assert infinity == math.inf
    assert math.isnan(not_a_number)


def test_questions_of_the_server(client: Client) -> None:
    client.emit("call", b"what?")
    client.expect_event("question", b"what?").acknowledge(1, b"two")
    client.expect_event("answered", "tuple", [1, b"two"])


def test_namespaces_and_goodbyes(client: Client, server: Program) -> None:
    other = client.join("/async").expect_connect()
    client.join("/unknown").expect_refusal("Invalid namespace")
    assert other.ask("return", 1) == [1]
    other.disconnect()
    other.expect_disconnect("io client disconnect")
    client.disconnect()
    server.expect(client.sid, "client disconnect")


@any_transport
def test_a_client_that_speaks_json_is_turned_away(connect: Connect, serve: Callable[[Program], Connect]) -> None:
    client = connect.attempt()
    client.wait_for_close()
    client = serve(App("events")).attempt(parser="msgpack")
    client.wait_for_close()
