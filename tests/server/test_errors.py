"""Errors as users see them."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from tests.memory import running


def broken() -> None:
    raise ValueError("broken")


async def broken_later() -> None:
    broken()


def decorated(*args: Any) -> None:
    broken()


def taking_nothing() -> None: ...


def failed_frames(handler: Callable[..., Any], caplog: pytest.LogCaptureFixture, event: str = "go") -> list[str]:
    """The names of the functions in the traceback that the log gets."""
    socketio = SocketIO(Flask("app"))
    socketio.on_event(event, handler)
    with running(socketio) as server:
        client = server.client() if event == "connect" else server.joined()
        if event == "connect":
            client.join()
        else:
            client.emit("go", 1, ack=1)
            client.next()
    (record,) = caplog.records
    assert record.exc_info
    return [frame.name for frame in traceback.extract_tb(record.exc_info[2])]


@pytest.mark.parametrize(
    ("handler", "frames"), [(decorated, ["decorated", "broken"]), (lambda number: broken(), ["<lambda>", "broken"])]
)
def test_a_traceback_begins_in_the_handler(
    handler: Callable[..., Any], frames: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert failed_frames(handler, caplog) == frames


def test_so_it_does_in_a_coroutine_and_behind_a_signature(caplog: pytest.LogCaptureFixture) -> None:
    assert failed_frames(broken_later, caplog, "connect") == ["broken_later", "broken"]


def test_where_no_handler_was_entered_it_ends_in_its_call(caplog: pytest.LogCaptureFixture) -> None:
    assert failed_frames(taking_nothing, caplog) == ["run"]


def test_an_error_handlers_own_error_begins_in_it(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"))
    socketio.on_event("go", broken)

    @socketio.on_error_default
    def handle(error: Exception) -> None:
        raise RuntimeError("broken, too")

    with running(socketio) as server:
        client = server.joined()
        client.emit("go", ack=1)
        client.next()
    (record,) = caplog.records
    assert record.exc_info
    assert [frame.name for frame in traceback.extract_tb(record.exc_info[2])] == ["handle"]
