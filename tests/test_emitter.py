"""What SocketIO sends: the promises of emit, and what is said where they contradict each other."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, emit
from tests.memory import SOON, running


@pytest.fixture
def socketio() -> SocketIO:
    return SocketIO(Flask("app"))


def test_volatile_events_are_dropped_for_who_cannot_take_them(socketio: SocketIO) -> None:
    with running(socketio) as server:
        slow, quick = server.joined(), server.joined()
        slow.stall()
        socketio.emit("cursor", 1, volatile=True)
        socketio.emit("text", "kept")
        assert [quick.event(), quick.event()] == [["cursor", 1], ["text", "kept"]]
        slow.catch_up()
        assert slow.event() == ["text", "kept"]
        assert socketio.counters()["volatile_dropped"] == 1


def test_slow_client_gets_the_newest_of_each_key(socketio: SocketIO) -> None:
    with running(socketio) as server:
        slow, quick = server.joined(), server.joined()
        slow.stall()
        for price in (1, 2, 3):
            socketio.emit("price", "EURUSD", price, latest="EURUSD")
            socketio.emit("price", "USDJPY", price, latest="USDJPY", to=[slow.sid, quick.sid])
        assert [quick.event()[2] for _ in range(6)] == [1, 1, 2, 2, 3, 3]
        slow.catch_up()
        assert [slow.event(), slow.event()] == [["price", "EURUSD", 3], ["price", "USDJPY", 3]]
        assert slow.nothing_came()
        assert socketio.counters()["latest_replaced"] == 4


def test_handlers_may_say_it_too(socketio: SocketIO) -> None:
    @socketio.on("move")
    def move(x: int) -> None:
        emit("moved", x, latest="me")
        emit("blink", volatile=True)

    with running(socketio) as server:
        client = server.joined()
        client.stall()
        for x in range(3):
            client.emit("move", x)
        assert client.nothing_came()
        client.catch_up()
        assert client.event() == ["moved", 2]
        assert client.nothing_came()


def test_counters_know_who_is_there(socketio: SocketIO) -> None:
    with running(socketio) as server:
        server.joined()
        server.client()
        counters = socketio.counters()
        assert (counters["connections"], counters["slow_disconnected"]) == (2, 0)


def test_counters_count_what_comes_and_what_goes_to_each(socketio: SocketIO) -> None:
    socketio.on_event("ask", lambda: 1)
    with running(socketio) as server:
        clients = [server.joined() for _ in range(3)]
        before = socketio.counters()
        socketio.emit("news", 1)
        assert [client.event() for client in clients] == [["news", 1]] * 3
        clients[0].emit("ask")
        clients[0].emit("ask")
        after = socketio.counters()
        assert after["packets_sent"] - before["packets_sent"] == 3
        assert after["packets_received"] - before["packets_received"] == 2


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"volatile": True, "latest": "a"}, ValueError, "say one"),
        ({"latest": 5}, TypeError, "latest=5.*is a string"),
        ({"latest": "a", "callback": print}, ValueError, "neither volatile nor latest"),
        ({"volatile": True, "callback": print}, ValueError, "neither volatile nor latest"),
    ],
)
def test_promises_that_contradict_each_other(
    socketio: SocketIO, wrong: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        socketio.emit("price", 1, **wrong)


def test_slow_clients_is_one_of_two_words() -> None:
    with pytest.raises(ValueError, match=r"slow_clients='ignore'.*'disconnect', 'drop-oldest'"):
        SocketIO(Flask("app"), slow_clients="ignore")


def test_outside_of_a_handler_there_is_no_self_to_leave_out(socketio: SocketIO) -> None:
    with pytest.raises(RuntimeError, match=r"include_self=False\) outside of a handler"):
        socketio.emit("ev", include_self=False)
    with running(socketio) as server:
        client, other = server.joined(), server.joined()
        socketio.emit("ev", include_self=False, skip_sid=other.sid)
        assert client.event() == ["ev"]
        assert other.nothing_came()


@pytest.mark.parametrize("wrong", [{"to": {"room": 1}}, {"to": ["a", ["b"]]}, {"room": [{}]}, {"skip_sid": [["sid"]]}])
def test_what_cannot_name_a_room_is_an_error_of_the_caller(socketio: SocketIO, wrong: dict[str, Any]) -> None:
    with running(socketio), pytest.raises(TypeError, match=r"emit\((to|skip_sid)=.* can be the key of a dict"):
        socketio.emit("news", **wrong)


def test_who_is_meant_is_settled_when_emit_returns(socketio: SocketIO) -> None:
    with running(socketio) as server:
        client = server.joined()
        rooms = [client.sid]
        gate = threading.Event()
        server.loop.call_soon_threadsafe(gate.wait, SOON)
        socketio.emit("news", to=rooms)
        rooms.clear()
        gate.set()
        assert client.event() == ["news"]
