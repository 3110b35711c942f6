"""The same app under every kind of server."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.e2e.conftest import Connect
from tests.e2e.hosting import ASGI, ASGI_APP, WORKERS, Granian, flask, gunicorn, hosting, talk
from tests.e2e.programs import Program

HOSTS: dict[str, Callable[[], Program]] = {
    "flask socketio run": lambda: flask("socketio", "run"),
    "flask run": lambda: flask("run"),
    # It watches no file, or somebody's edit would restart it within a test.
    "flask run --debug": lambda: flask("run", "--debug", "--exclude-patterns", "*"),
    **{name: partial(gunicorn, *arguments) for name, arguments in WORKERS.items()},
    "gunicorn -k sync --preload": lambda: gunicorn("-k", "sync", "--preload"),
    "gunicorn -k asgi": lambda: gunicorn("-k", "asgi", app=ASGI),
    "uvicorn": lambda: hosting("uvicorn", "--port", "0", "--timeout-graceful-shutdown", "1", ASGI_APP),
    "hypercorn": lambda: hosting("hypercorn", "--bind", "127.0.0.1:0", ASGI_APP),
    "granian": Granian,
}
#: They share a line of the README's table.
VARIANTS = {"flask run --debug": "flask run", "gunicorn -k sync --preload": "gunicorn -k sync"}


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.host(VARIANTS.get(name, name))) for name in HOSTS]
)
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    server = HOSTS[request.param]()
    server.start()
    yield server
    server.stop(signal.SIGKILL)


def test_events_go_both_ways(connect: Connect) -> None:
    talk(connect.server, connect())


def test_handlers_see_the_handshake(connect: Connect) -> None:
    host = connect.server.url.removeprefix("http://")
    assert connect(query={"token": "t"}).ask("request") == [
        {"address": "127.0.0.1", "host": host, "path": "/socket.io/", "root": "", "scheme": "http", "token": "t"}
    ]


def test_waiting_clients_hold_no_thread(connect: Connect, transports: list[str]) -> None:
    clients = [connect() for _ in range(20)]
    for client in clients:
        client.wait_for_transport()
    for number in range(3):
        assert connect.server.ask("/").status == 200
        connect.server.ask(f"/news/{number}", "POST")
        for client in clients:
            client.expect_event("news", str(number))
    assert [client.ask("echo", transports) for client in clients] == [[transports]] * 20


def test_a_refusal_is_an_ordinary_answer(server: Program) -> None:
    assert server.ask("/socket.io/?EIO=4&transport=polling&sid=unknown").status == 400
    assert server.ask("/socket.io/?EIO=3&transport=polling").status == 400
    handshake = server.ask("/socket.io/?EIO=4&transport=websocket", Connection="Upgrade", Upgrade="websocket")
    assert handshake.status in (400, 426)  # some servers look first


def test_what_lies_beside_the_events_is_served(server: Program) -> None:
    assert "Socket.IO" in server.ask("/socket.io/socket.io.js").body
    assert server.ask("/nowhere").status == 404
