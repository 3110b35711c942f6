"""emit() and its companions where there is no event to take defaults from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, call, close_room, disconnect, emit, join_room, leave_room, rooms, send
from tests.memory import SOON, running


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda: emit("ev"), "emit"),
        (lambda: send("text"), "emit"),
        (lambda: call("ev"), "call"),
        (lambda: join_room("room"), "join_room"),
        (lambda: leave_room("room"), "leave_room"),
        (lambda: close_room("room"), "close_room"),
        (rooms, "rooms"),
        (disconnect, "disconnect"),
    ],
)
def test_outside_of_any_context_the_error_says_what_to_call_instead(function: Callable[[], Any], name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"{name}\(\) was called outside .* socketio.{name}\("):
        function()


def test_an_app_without_the_extension() -> None:
    with Flask("app").app_context(), pytest.raises(RuntimeError, match="needs an app with SocketIO"):
        emit("ev", broadcast=True, namespace="/")


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda: emit("ev"), "no client to assume. Say to whom: to=... or broadcast=True"),
        (lambda: call("ev", namespace="/"), "no client to assume. Say whom to ask: to=..."),
        (lambda: emit("ev", broadcast=True), "no namespace to assume"),
        (lambda: join_room("room", namespace="/"), "no client to assume. Say which one: sid=..."),
        (lambda: join_room("room", sid="sid"), "no namespace to assume"),
    ],
)
def test_in_a_route_there_is_no_client_and_no_namespace_to_assume(function: Callable[[], Any], what: str) -> None:
    app = Flask("app")
    SocketIO(app)

    with app.test_request_context(), pytest.raises(RuntimeError, match=what):
        function()


def test_in_a_route_what_is_said_is_enough() -> None:
    app = Flask("app")
    socketio = SocketIO(app)
    with running(socketio) as server:
        client = server.joined()
        with app.test_request_context():
            emit("everybody", broadcast=True, namespace="/")
            join_room("room", sid=client.sid, namespace="/")
            emit("the room", to="room", namespace="/")
            assert rooms(client.sid, "/") == [client.sid, "room"]
            leave_room("room", client.sid, "/")
            disconnect(client.sid, "/")
        assert [client.event(), client.event(), client.next()] == [["everybody"], ["the room"], "41"]


def test_unknown_options_of_emit_are_ignored_as_upstream_does() -> None:
    app = Flask("app")
    SocketIO(app)

    with app.test_request_context():
        emit("ev", broadcast=True, namespace="/", binary=True)


@pytest.mark.parametrize("recovery", [False, True])
def test_a_client_that_has_gone_before_its_event_is_handled_is_put_nowhere(
    recovery: bool, caplog: pytest.LogCaptureFixture
) -> None:
    socketio = SocketIO(Flask("app"), recovery=recovery)
    gone, done = threading.Event(), threading.Event()

    @socketio.on("join")
    def join() -> None:
        assert gone.wait(SOON)
        join_room("room")
        with pytest.raises(ValueError, match="no client with the sid"):
            join_room("room", sid="another one")
        done.set()

    with running(socketio) as server:
        client = server.joined()
        client.emit("join")
        client.drop()
        gone.set()
        assert done.wait(SOON)
    assert not caplog.records
