"""How many namespaces a client may keep busy, whether it is in them or has just left."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from flask_socketio import SocketIO
from tests.memory import SOON, running

TOO_MANY = '44/a,{"message":"Too many namespaces"}'


@pytest.fixture
def socketio() -> SocketIO:
    return SocketIO(Flask("app"), max_namespaces=3, namespaces=["/a"])


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.mark.parametrize("always_connect", [False, True])
def test_who_leaves_before_it_is_let_in_cannot_fill_the_queue_by_coming_again(
    gate: threading.Event, always_connect: bool
) -> None:
    socketio = SocketIO(Flask("app"), max_namespaces=3, always_connect=always_connect)
    asked = []

    @socketio.on("connect", namespace="/a")
    def connect() -> None:
        asked.append(1)
        gate.wait(SOON)

    with running(socketio) as server:
        client = server.client()
        client.send(*["40/a,", "41/a,"] * 3)
        client.send("40/a,")
        if always_connect:
            assert [str(client.next())[:5] for _ in range(3)] == ["40/a,"] * 3
        assert client.next() == TOO_MANY

        gate.set()
        server.settle()
        assert len(asked) == 3
        assert client.join("/a").startswith("40/a,"), "as soon as they are done"


def test_who_leaves_with_events_that_wait_cannot_fill_the_queue_by_coming_again(
    socketio: SocketIO, gate: threading.Event
) -> None:
    handled = []

    @socketio.on("slow", namespace="/a")
    def slow() -> None:
        gate.wait(SOON)
        handled.append(1)

    with running(socketio) as server:
        client = server.client()
        client.send(*["40/a,", '42/a,["slow"]', "41/a,"] * 3, "40/a,")
        assert [str(client.next())[:5] for _ in range(3)] == ["40/a,"] * 3
        assert client.next() == TOO_MANY

        gate.set()
        server.settle()
        assert len(handled) == 3
        assert client.join("/a").startswith("40/a,")


def test_a_disconnect_handler_that_takes_its_time_counts(socketio: SocketIO, gate: threading.Event) -> None:
    @socketio.on("disconnect", namespace="/a")
    def left() -> None:
        gate.wait(SOON)

    with running(socketio) as server:
        client = server.client()
        client.send(*["40/a,", "41/a,"] * 3, "40/a,")
        assert [str(client.next())[:5] for _ in range(3)] == ["40/a,"] * 3
        assert client.next() == TOO_MANY

        gate.set()
        server.settle()
        assert client.join("/a").startswith("40/a,")


def test_who_comes_and_goes_without_leaving_work_may_do_so_for_ever(socketio: SocketIO) -> None:
    with running(socketio) as server:
        client = server.client()
        for _ in range(10):
            assert client.join("/a").startswith("40/a,")
            client.send("41/a,")
