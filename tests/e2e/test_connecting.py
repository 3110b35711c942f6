"""Coming in: what the server learns about a client, and how it turns one away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("connecting")

pytestmark = pytest.mark.host("socketio.run(app)")

REJECTED = "Connection rejected by server"


def test_the_handler_gets_the_auth_and_its_emits_follow_the_connect(connect: Connect) -> None:
    auth = {"wish": "say hello", "token": ["é", 1]}
    client = connect(auth=auth)
    client.expect_event("hello", auth)
    client.expect_event("hello", "again")
    client.expect_silence()


def test_auth_may_be_left_out_by_the_client_and_by_the_handler(connect: Connect) -> None:
    connect()
    connect("/without", auth={"nobody": "asked"})


def test_handlers_see_query_headers_and_cookies_of_the_handshake(connect: Connect) -> None:
    client = connect(query={"token": "x y"}, extraHeaders={"X-Token": "t", "Cookie": "biscuit=ginger"})
    assert client.ask("what did you see") == [["x y"], "t", "ginger"]


@pytest.mark.parametrize(
    ("wish", "message", "data"),
    [
        ("no argument", REJECTED, None),
        ("a reason", "no seat", None),
        ("a reason and data", "no seat", {"retry": [1, 2]}),
        ("a reason and more", "no seat", [1, "two"]),
        ("false", REJECTED, None),
        ("the builtin", "Connection refused by server", None),
    ],
)
def test_a_refused_client_is_told_why_and_may_try_again(connect: Connect, wish: str, message: str, data: Any) -> None:
    client = connect.attempt(auth={"wish": wish})
    client.expect_refusal(message, data)
    client.reconnect(auth={"wish": "come in"})
    client.expect_connect()
    client.expect_silence()


@pytest.mark.parametrize(
    ("wish", "logged"),
    [
        ("an error", "LookupError: a secret"),
        ("call", "RuntimeError: call() to client"),
        ("unsendable data", "TypeError"),
    ],
)
def test_a_handler_that_fails_refuses_without_details(
    connect: Connect, log: Callable[[str], None], wish: str, logged: str
) -> None:
    client = connect.attempt(auth={"wish": wish})
    client.expect_refusal(REJECTED)
    log(logged)
    client.reconnect()
    client.expect_connect()


def test_an_async_handler_decides(connect: Connect) -> None:
    client = connect.attempt("/async")
    client.expect_refusal(REJECTED)
    client.reconnect(auth={"yes": True})
    client.expect_connect()
    client.expect_event("hello", {"yes": True})


def test_a_client_that_its_connect_handler_disconnects_comes_in_first(connect: Connect, server: Program) -> None:
    client = connect(auth={"wish": "go away"})
    client.expect_event("hello", "and goodbye")
    client.expect_disconnect("io server disconnect")
    server.expect(client.sid, "disconnect", "server disconnect")


@any_transport
def test_a_connection_that_joins_no_namespace_is_closed(serve: Callable[[Program], Connect]) -> None:
    client = serve(App("connecting", connect_timeout=0.3)).attempt("/unknown")
    client.expect_refusal("Invalid namespace")
    client.wait_for_close()


@any_transport
def test_clients_may_be_let_in_before_the_handler_decides(serve: Callable[[Program], Connect]) -> None:
    connect = serve(App("connecting", always_connect=True))
    connect(auth={"wish": "say hello"}).expect_event("hello", {"wish": "say hello"})
    connect(auth={"wish": "a reason"}).expect_disconnect("io server disconnect")
    client = connect("/async")
    client.expect_event("hello")
    client.expect_disconnect("io server disconnect")
