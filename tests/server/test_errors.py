"""Errors as users see them, and what clients are told of them."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_socketio import EventError, SocketIO, join_room
from flask_socketio.exceptions import ConnectionRefusedError
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


# EventError


def buy(amount: int) -> Any:
    if amount > 10:
        raise EventError("insufficient_funds", "You have 10", {"balance": 10})
    if amount < 0:
        return EventError("bad_amount", "More than nothing, please")
    return "bought"


@pytest.fixture
def socketio() -> SocketIO:
    socketio = SocketIO(Flask("app"))
    socketio.on_event("buy", buy)
    return socketio


TOO_MUCH: dict[str, Any] = {"code": "insufficient_funds", "message": "You have 10", "data": {"balance": 10}}
TOO_LITTLE: dict[str, Any] = {"code": "bad_amount", "message": "More than nothing, please"}


def test_an_event_error_is_the_acknowledgement_or_an_error_event(
    socketio: SocketIO, caplog: pytest.LogCaptureFixture
) -> None:
    with running(socketio) as server:
        client = server.joined()
        for ack, (amount, error) in enumerate([(20, TOO_MUCH), (-1, TOO_LITTLE)]):
            client.emit("buy", amount, ack=ack)
            answer = str(client.next())
            assert answer.startswith(f"43{ack}")
            assert eval(answer[3:]) == [{"error": error}]
            client.emit("buy", amount)
            assert client.event() == ["error", {"event": "buy", **error}]
        client.emit("buy", 1, ack=9)
        assert client.next() == '439["bought"]'
    assert not caplog.records


def test_it_is_an_answer_and_no_error_handler_sees_it(socketio: SocketIO) -> None:
    seen: list[Exception] = []
    socketio.on_error()(seen.append)
    with running(socketio) as server:
        client = server.joined()
        client.emit("buy", 20)
        assert client.event()[0] == "error"
    assert seen == []


def test_a_catch_all_names_the_event(socketio: SocketIO) -> None:
    @socketio.on("*")
    async def anything(event: str, *args: Any) -> None:
        raise EventError("unknown", f"Nobody knows {event}")

    with running(socketio) as server:
        client = server.joined()
        client.emit("what", 1)
        assert client.event() == ["error", {"event": "what", "code": "unknown", "message": "Nobody knows what"}]


def test_data_that_cannot_be_sent_is_an_internal_error(socketio: SocketIO) -> None:
    @socketio.on("odd")
    def odd() -> None:
        raise EventError("odd", "Odd", object())

    with running(socketio) as server:
        client = server.joined()
        client.emit("odd")
        assert client.event()[1]["code"] == "internal_error"


def test_it_says_what_it_is() -> None:
    assert str(EventError("code", "Message")) == "code: Message"


def test_refusals_name_a_message_and_data() -> None:
    assert ConnectionRefusedError("no", 1, 2).payload == {"message": "no", "data": (1, 2)}


def test_a_client_in_too_many_rooms_is_told(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"), max_rooms=1)

    @socketio.on("join")
    def join(room: str) -> None:
        join_room(room)

    with running(socketio) as server:
        client = server.joined()
        client.emit("join", "a", ack=1)
        assert client.next() == "431[]"
        client.emit("join", "b", ack=2)
        error = {"code": "too_many_rooms", "message": "You are in too many rooms"}
        assert client.next() == f"432{json.dumps([{'error': error}], separators=(',', ':'))}"
        with pytest.raises(ValueError, match="too_many_rooms"):
            server.server.join(client.sid, "/", "b")
    assert caplog.messages == [f"cannot join room 'b': {client.sid} is in 1 rooms (max_rooms)"]
