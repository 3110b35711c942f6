"""Stopping a server with everything under way: soon, in order, and no client left wondering."""

from __future__ import annotations

import http.client
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.e2e.conftest import TRANSPORTS, Connect
from tests.e2e.hosting import ASGI_APP, hosting, stop_and_tell
from tests.e2e.programs import SOON, App, Program


@pytest.fixture
def transports() -> list[str]:
    """Each test has clients of all kinds."""
    return TRANSPORTS["websocket"]


@pytest.fixture
def begin() -> Iterator[Callable[[Program, str], http.client.HTTPConnection]]:
    """Begins HTTP requests, whose connections are closed at the end of the test."""
    with ExitStack() as connections:

        def start(server: Program, path: str) -> http.client.HTTPConnection:
            connection = connections.enter_context(closing(server.open_connection()))
            connection.request("GET", path)
            return connection

        yield start


@pytest.mark.host("socketio.run(app)")
@pytest.mark.shows("told of the stop")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_whatever_it_does(
    serve: Callable[[Program], Connect],
    begin: Callable[[Program, str], http.client.HTTPConnection],
    how: signal.Signals,
) -> None:
    connect = serve(App("stopping"))
    server = connect.server
    clients = [connect(transports=transports) for transports in TRANSPORTS.values()]
    busy = [connect(transports=transports) for transports in TRANSPORTS.values()]
    for client, event in zip(busy, ["block", "wait", "block"], strict=True):
        client.emit(event)
        client.expect_event("busy")
    streams = [begin(server, path).getresponse() for path in ("/stream", "/silent-stream")]
    for stream in streams:
        assert stream.readline() == b"data: tick\n"
    unanswered = begin(server, "/slow")
    server.expect("slow", "has begun")

    assert server.stop(how) < SOON

    for client in (*clients, *busy):
        client.expect_disconnect("transport close")
        server.expect(client.sid, "server shutting down")
    for stream in streams:
        assert stream.read().endswith(b"\n")  # and is at its end
    assert unanswered.getresponse().status == 503
    assert not [line for line in server.output if line.startswith("Traceback")]


def test_a_handler_may_stop_the_server(serve: Callable[[Program], Connect]) -> None:
    connect = serve(App("stopping"))
    client = connect()
    client.emit("stop")
    client.expect_disconnect("transport close")
    connect.server.expect(client.sid, "server shutting down")
    connect.server.expect("run", "returned")
    assert connect.server.wait() == 0


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_the_exit_status_tells_who_stopped_it(
    serve: Callable[[Program], Connect], how: signal.Signals, status: int
) -> None:
    server = serve(App("stopping")).server
    server.send_signal(how)  # no sooner than the address is printed, and hardly later
    assert server.wait() == status
    assert not [line for line in server.output if line.startswith("Traceback")]


def test_uvicorn_waits_for_no_poll(serve: Callable[[Program], Connect]) -> None:
    connect = serve(hosting("uvicorn", "--port", "0", ASGI_APP))  # as it is, which would give polls all their time
    stop_and_tell(connect.server, [connect(transports=["polling"])], signal.SIGTERM, -signal.SIGTERM)
