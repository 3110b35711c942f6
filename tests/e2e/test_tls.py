"""Servers that end TLS themselves, with official clients over https and wss."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.certificate import CERTIFICATE
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.hosting import ASGI, ASGI_APP, WORKERS, Granian, flask, gunicorn, hosting, stop_and_tell, talk
from tests.e2e.programs import Program
from tests.hosts_table import on_each

PAIR = ("--cert", str(CERTIFICATE), "--key", str(CERTIFICATE))
FILE = ("--certfile", str(CERTIFICATE))

SERVERS: dict[str, Callable[[], Program]] = {
    "flask run": lambda: flask("run", *PAIR),
    "flask socketio run": lambda: flask("socketio", "run", *PAIR),
    **{name: partial(gunicorn, *arguments, *FILE) for name, arguments in WORKERS.items()},
    "gunicorn -k asgi": lambda: gunicorn("-k", "asgi", *FILE, app=ASGI),
    "uvicorn": lambda: hosting("uvicorn", "--port", "0", "--ssl-certfile", str(CERTIFICATE), ASGI_APP),
    "hypercorn": lambda: hosting("hypercorn", "--bind", "127.0.0.1:0", *FILE, "--keyfile", str(CERTIFICATE), ASGI_APP),
    "granian": lambda: Granian(ASGI, "--ssl-certificate", str(CERTIFICATE), "--ssl-keyfile", str(CERTIFICATE)),
}

#: Of TLS that is handed over, not done by our own loop.
HANDED_OVER = ["flask run", "gunicorn -k sync", "gunicorn -k gthread"]

pytestmark = pytest.mark.shows("TLS")


@pytest.fixture(scope="module", params=on_each(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    server = SERVERS[request.param]()
    server.start()
    assert server.url.startswith("https:")
    yield server
    server.stop(signal.SIGKILL)


def test_events_go_both_ways(connect: Connect) -> None:
    client = connect(rejectUnauthorized=False)
    assert client.ask("request")[0]["scheme"] == "https"
    talk(connect.server, client)


def test_large_messages_go_both_ways(connect: Connect) -> None:
    client = connect(rejectUnauthorized=False)
    client.wait_for_transport()
    data = os.urandom(700_000)  # a poll carries a third more, and no more than a megabyte
    for _ in range(3):
        assert client.ask("echo", data) == [data]


def test_the_server_may_disconnect(connect: Connect) -> None:
    client = connect(rejectUnauthorized=False)
    client.wait_for_transport()
    client.emit("leave")
    client.expect_disconnect("io server disconnect")
    connect.server.expect(client.sid, "server disconnect")


def test_waiting_clients_hold_no_thread(connect: Connect, transports: list[str]) -> None:
    clients = [connect(rejectUnauthorized=False) for _ in range(10)]
    for client in clients:
        client.wait_for_transport()
    connect.server.ask("/news/today", "POST")
    for client in clients:
        client.expect_event("news", "today")
    assert [client.ask("echo", transports) for client in clients] == [[transports]] * 10


@any_transport
@pytest.mark.parametrize("name", HANDED_OVER)
def test_a_stop_is_told_to_clients_and_handlers(serve: Callable[[Program], Connect], name: str) -> None:
    connect = serve(SERVERS[name]())
    clients = [connect(transports=transports, rejectUnauthorized=False) for transports in (["polling"], ["websocket"])]
    stop_and_tell(connect.server, clients, signal.SIGINT)


@any_transport
def test_a_certificate_made_up_on_the_spot(serve: Callable[[Program], Connect]) -> None:
    connect = serve(flask("run", "--cert", "adhoc"))
    assert connect(rejectUnauthorized=False).ask("echo", 1) == [1]
