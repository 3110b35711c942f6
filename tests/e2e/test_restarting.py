"""A server that goes away and comes back: its clients come back too, with what they had to say meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program, free_port


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_clients_reconnect_and_say_what_they_could_not(
    serve: Callable[[Program], Connect], transports: list[str], how: signal.Signals
) -> None:
    connect = serve(App("stopping", run={"port": free_port()}))
    server = connect.server
    client = connect(reconnection=True, reconnectionDelay=10, reconnectionDelayMax=100)
    client.wait_for_transport()
    before = client.sid
    client.emit("remember", "that I am here")
    server.expect("remembered", "that I am here")  # so a poll, which was sent before, is waiting

    server.stop(how)
    killed = how is signal.SIGKILL and transports == ["polling"]
    client.expect_disconnect("transport error" if killed else "transport close")
    client.emit("remember", "while you were away")
    server.start()

    client.expect_reconnect()
    assert client.sid != before
    server.expect("remembered", "while you were away")
    client.expect_silence()
    assert server.told_nothing("remembered")
