"""Handlers that do not come to an end: what waits behind them goes on without them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Connect
from tests.e2e.programs import App

SERVER = App("handlers", overtake_after=0.1)


@pytest.mark.parametrize("hold", ["hold", "hold async"])
def test_a_handler_that_takes_too_long_is_overtaken(connect: Connect, log: Callable[[str], None], hold: str) -> None:
    client = connect()
    held = client.question("ask", hold, [client.sid])
    client.expect_event("holding")
    for number in range(3):
        client.emit("note", number)
    assert client.ask("notes") == [[0, 1, 2]]
    log(f"{hold.replace(' ', '_')} has run for over 0.1 s")
    client.ask("open", client.sid)
    assert held.result(20) == []
    assert client.ask("notes") == [[0, 1, 2, client.sid]]


def test_a_loop_runs_until_the_same_client_stops_it(connect: Connect) -> None:
    client = connect()
    client.emit("loop")
    client.expect_event("looping")
    client.emit("stop")
    connect.server.expect(client.sid, "loop ended")


def test_a_loop_runs_until_its_client_disconnects(connect: Connect) -> None:
    client = connect()
    client.emit("loop")
    client.expect_event("looping")
    client.disconnect()
    connect.server.expect(client.sid, "client disconnect")
    connect.server.expect(client.sid, "loop ended")


def test_more_loops_than_threads_leave_threads_for_others(connect: Connect) -> None:
    loops = [connect() for _ in range(6)]  # the app has 4 threads
    for client in loops:
        client.emit("loop")
    for client in loops:
        client.expect_event("looping")
    assert connect().ask("notes") == [[]]
    for client in loops:
        client.emit("stop")
        connect.server.expect(client.sid, "loop ended")
