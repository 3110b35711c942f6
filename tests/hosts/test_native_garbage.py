"""Of a client that has gone nothing is left, whether the garbage collector comes by or not."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from flask import session

from flask_socketio.context import EventContext, Handshake
from flask_socketio.server.client import Client
from flask_socketio.server.jobs import Job
from flask_socketio.server.socket import Socket
from flask_socketio.transport.connection import Connection
from tests.attacks.target import Target, Wire

KINDS = (Connection, Client, Socket, Handshake, EventContext, Job)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def by_websocket(wire: Wire) -> None:
    wire.join_by_websocket()
    for ack_id, event in enumerate(("echo", "look")):
        wire.say(f'42{ack_id}["{event}","x"]')
        assert wire.hear().startswith(f"43{ack_id}")


def by_polling(wire: Wire) -> None:
    sid = wire.join_by_polling()
    for ack_id, event in enumerate(("echo", "look")):
        wire.post(sid, b'42%d["%s","x"]' % (ack_id, event.encode()))
        assert wire.poll(sid).startswith(f"43{ack_id}")
    wire.post(sid, b"1")


def alive() -> list[object]:
    return [each for each in gc.get_objects() if isinstance(each, KINDS)]


@pytest.mark.parametrize("come_and_go", [by_websocket, by_polling])
@pytest.mark.parametrize("recovery", [False, True], ids=["", "recovery"])
def test_nothing_waits_for_the_garbage_collector(
    come_and_go: Callable[[Wire], None], recovery: bool, no_collector: None
) -> None:
    target = Target(recovery={"max_disconnection_duration": 0.1} if recovery else False)

    @target.socketio.on("look")
    def look(*args: object) -> int:
        return len(session)

    before = len(alive())
    with target.running():
        for _ in range(3):
            with Wire(target) as wire:
                come_and_go(wire)
        target.until(lambda: len(alive()) <= before)
