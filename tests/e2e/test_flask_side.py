"""Flask's side of an app with Socket.IO: what handlers see of Flask, and routes of Socket.IO."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.clients import Client
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("flask_side")

FAILED = {"error": {"code": "internal_error", "message": "The server could not handle this event"}}


def cookie_of(server: Program, name: str) -> str:
    """The session cookie of somebody who has logged in."""
    return server.ask(f"/login/{name}").headers["Set-Cookie"].split(";")[0]


@pytest.mark.parametrize("namespace", ["/", "/async"])
def test_handlers_run_in_a_context(connect: Connect, namespace: str) -> None:
    client = connect(namespace, query={"q": "ü"}, extraHeaders={"User-Agent": "Amiga"})
    expected = {
        "app": "e2e",
        "greeting": "hello",
        "count": 1,
        "path": "/socket.io/",
        "query": "ü",
        "agent": "Amiga",
        "sid": client.sid,
        "namespace": namespace,
        "event": {"message": "context", "args": [5]},
        "url": "/whoami",
        "address": "127.0.0.1",
        "extension": True,
    }
    assert client.ask("context", 5) == [expected]
    assert client.ask("context", 5) == [expected]  # g is fresh


def test_a_managed_session_is_the_connections_own(connect: Connect, server: Program) -> None:
    cookie = cookie_of(server, "ann")
    client = connect(extraHeaders={"Cookie": cookie})
    other = client.join("/async").expect_connect()
    stranger = connect(extraHeaders={"Cookie": cookie})
    assert client.ask("session") == [{"name": "ann"}]
    client.ask("remember", "color", "green")
    assert client.ask("session") == [{"name": "ann", "color": "green"}]
    assert other.ask("session") == [{"name": "ann", "color": "green"}]
    assert stranger.ask("session") == [{"name": "ann"}]
    assert json.loads(server.ask("/whoami", cookie=cookie).body) == {"name": "ann"}


@any_transport
def test_an_unmanaged_session_is_opened_for_each_event(serve: Callable[[Program], Connect]) -> None:
    connect = serve(App("flask_side", manage_session=False))
    client = connect(extraHeaders={"Cookie": cookie_of(connect.server, "bob")})
    client.ask("remember", "color", "green")  # a cookie can only be set by an HTTP response
    assert client.ask("session") == [{"name": "bob"}]


def test_teardown_functions_run_after_each_event(connect: Connect, server: Program, log: Callable[[str], None]) -> None:
    client = connect()
    client.emit("be torn down", False)
    server.expect(client.sid, "request", "None")
    server.expect(client.sid, "app", "None")
    client.emit("be torn down", True)
    log("LookupError: a secret of the handler")
    server.expect(client.sid, "request", "LookupError('a secret of the handler')")
    server.expect(client.sid, "app", "LookupError('a secret of the handler')")


def test_routes_emit(connect: Connect, server: Program) -> None:
    client = connect()
    client.ask("join", client.sid)
    answer = server.ask(f"/announce/{client.sid}", "POST", '["é"]'.encode(), content_type="application/json")
    assert answer.body == f"/announce/{client.sid}"
    client.expect_event("news", ["é"])
    client.expect_event("news", "and from the function")


RAISED = [
    ("raise", "LookupError: a secret of the handler"),
    ("raise async", "LookupError: a secret of the coroutine"),
]


@pytest.mark.parametrize(("event", "logged"), [*RAISED, ("return what cannot be sent", "TypeError")])
def test_an_error_is_logged_and_answered_without_details(
    connect: Connect, log: Callable[[str], None], event: str, logged: str
) -> None:
    client = connect()
    assert client.ask(event) == [FAILED]
    log(logged)
    client.expect_silence()


@pytest.mark.parametrize(("event", "logged"), RAISED)
def test_an_error_is_told_in_an_event_where_no_answer_is_wanted(
    connect: Connect, log: Callable[[str], None], event: str, logged: str
) -> None:
    client = connect()
    client.emit(event)
    log(logged)
    client.expect_event("error", {"event": event, **FAILED["error"]})
    client.expect_silence()


def test_an_error_handler_answers_in_place_of_the_handler(connect: Connect, server: Program) -> None:
    client = connect("/answered")
    assert client.ask("raise") == ["sorry: a secret of the handler"]
    server.expect("on_error", "raise")
    client.emit("raise", 1)
    server.expect("on_error", "raise")
    client.expect_silence()


def test_an_error_handler_may_fail_itself(connect: Connect, log: Callable[[str], None]) -> None:
    client = connect("/reraised")
    assert client.ask("raise") == [FAILED]
    log("RuntimeError: worse")
    client.expect_silence()


@any_transport
def test_routes_answer_beside_it(connect: Connect, log: Callable[[str], None], server: Program) -> None:
    client: Client = connect()
    assert server.ask("/teapot").status == 418
    assert server.ask("/nowhere").status == 404
    failed = server.ask("/fail")
    assert failed.status == 500
    assert "secret" not in failed.body
    log("LookupError: a secret of the route")
    client.expect_silence()
