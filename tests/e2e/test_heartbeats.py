"""Heartbeats: they keep a connection, whatever the handlers do, and notice the side that has fallen silent."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.e2e.clients import Node
from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program
from tests.e2e.test_order import MANY

# Node has a second in which it may be busy with something else.
SERVER = App("handlers", ping_interval=0.2, ping_timeout=1.0, overtake_after=60)
HEARTBEATS = 7  # which take longer than interval and timeout together


@pytest.fixture
def node() -> Iterator[Node]:
    """A process of the test's own, since it is going to stand still."""
    node = Node()
    yield node
    node.thaw()
    node.stop()


def test_they_go_on_while_handlers_are_busy(connect: Connect) -> None:
    blocked, waiting, friend = connect(), connect(), connect()
    for client, hold in [(blocked, "hold"), (waiting, "hold async")]:
        client.wait_for_transport()
        client.emit(hold, blocked.sid)
        client.expect_event("holding")
    waiting.wait_for_heartbeats(HEARTBEATS)
    friend.ask("open", blocked.sid)
    blocked.expect_silence()
    waiting.expect_silence()


def test_they_go_on_while_more_events_wait_than_may(connect: Connect) -> None:
    client, friend = connect(), connect()
    for each in (client, friend):
        each.wait_for_transport()
    client.emit("hold", client.sid)
    client.expect_event("holding")
    for number in range(MANY):
        client.emit("note", number)
    friend.wait_for_heartbeats(HEARTBEATS)
    friend.ask("open", client.sid)
    assert client.ask("notes") == [[client.sid, *range(MANY)]]
    client.expect_silence()


def test_a_client_that_stands_still_is_missed_and_comes_back(connect: Connect, node: Node) -> None:
    client = connect(reconnection=True, reconnectionDelay=10)
    client.wait_for_transport()
    node.freeze()
    connect.server.expect(client.sid, "ping timeout")
    node.thaw()
    assert client.expect("disconnect")[0] in ("ping timeout", "transport close", "transport error")
    client.expect_reconnect()


def test_a_server_that_stands_still_is_missed(connect: Connect, server: Program) -> None:
    client = connect(reconnection=True, reconnectionDelay=10)
    client.wait_for_transport()
    server.send_signal(signal.SIGSTOP)
    try:
        client.expect_disconnect("ping timeout")
    finally:
        server.send_signal(signal.SIGCONT)
    client.expect_reconnect()
