"""Of a client that has gone nothing is left, whether the garbage collector comes by or not."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import session

from flask_socketio.context import EventContext, Handshake
from flask_socketio.hosts.native import THRESHOLDS
from flask_socketio.server.client import Client
from flask_socketio.server.jobs import Job
from flask_socketio.server.socket import Socket
from flask_socketio.transport.connection import Connection
from flask_socketio.transport.picows_link import PicowsLink
from tests.attacks.target import Target, Wire
from tests.transport.websocket_peer import client_frame

KINDS = (PicowsLink, Connection, Client, Socket, Handshake, EventContext, Job)


@pytest.fixture
def no_collector() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # pytest keeps what is logged, and the tracebacks of errors
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    logging.disable(logging.NOTSET)


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


def by_websocket_with_a_wrong_packet(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.say("42{")
    assert wire.close_code() == 1008


def by_websocket_with_a_wrong_frame(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.send(client_frame(8, b"\x00\x00"))
    assert wire.close_code() == 1002


def by_websocket_with_a_failure(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.say('420["fail"]')
    assert "internal_error" in wire.hear()


def by_polling_with_a_wrong_body(wire: Wire) -> None:
    assert wire.post(wire.join_by_polling(), b"7").status == 400


CLIENTS = [
    by_websocket,
    by_polling,
    by_websocket_with_a_wrong_packet,
    by_websocket_with_a_wrong_frame,
    by_websocket_with_a_failure,
    by_polling_with_a_wrong_body,
]


def alive() -> list[object]:
    return [each for each in gc.get_objects() if isinstance(each, KINDS)]


@pytest.mark.parametrize("recovery", [False, {"max_disconnection_duration": 0.1}], ids=["", "recovery"])
def test_nothing_waits_for_the_garbage_collector(recovery: Any, no_collector: None) -> None:
    target = Target(recovery=recovery)

    @target.socketio.on("look")
    def look(*args: object) -> int:
        return len(session)

    @target.socketio.on("fail")
    def fail() -> None:
        raise ValueError("as planned")

    before = len(alive())
    with target.running():
        for client in CLIENTS:
            for _ in range(3):
                with Wire(target) as wire:
                    client(wire)
            target.until(lambda: len(alive()) <= before)


def test_while_it_serves_the_collector_runs_seldom() -> None:
    before = gc.get_threshold()
    with Target().running():
        assert all(now >= least for now, least in zip(gc.get_threshold(), THRESHOLDS, strict=True))
    assert gc.get_threshold() == before


def test_a_collector_that_is_switched_off_stays_so() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with Target().running():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
