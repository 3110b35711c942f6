"""Several `SocketIO` on one server: two of one app, at their paths, and that of an app mounted beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.clients import Node
from tests.e2e.conftest import Connect
from tests.e2e.hosting import Server
from tests.e2e.programs import Program

MODULE = "tests.apps.several"


def gunicorn(*arguments: str) -> Program:
    return Server("-m", "gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0", *arguments, f"{MODULE}:wsgi")


#: How they are served, and whether the app beside is, too.
HOSTS: dict[str, tuple[Callable[[], Program], bool]] = {
    "socketio.run": (lambda: Program("-m", MODULE), False),
    "socketio.run, mounted before": (lambda: Program("-m", MODULE, "before"), True),
    "socketio.run, mounted behind": (lambda: Program("-m", MODULE, "behind"), True),
    "socketio.run, named": (lambda: Program("-m", MODULE, "hidden", "named"), True),
    "flask run": (lambda: Program("-m", "flask", "--app", MODULE, "run", "--port", "0"), False),
    "gunicorn -k gthread": (lambda: gunicorn("-k", "gthread", "--threads", "4"), True),
    "gunicorn -k flask_socketio.gunicorn.Worker": (lambda: gunicorn("-k", "flask_socketio.gunicorn.Worker"), True),
    "uvicorn": (
        lambda: Program("-m", "uvicorn", "--port", "0", "--timeout-graceful-shutdown", "1", f"{MODULE}:asgi"),
        False,
    ),
}


@pytest.fixture(scope="module", params=HOSTS)
def host(request: pytest.FixtureRequest) -> Iterator[tuple[Program, bool]]:
    start, whole = HOSTS[request.param]
    server = start()
    server.start()
    yield server, whole
    server.stop()


@pytest.fixture
def server(host: tuple[Program, bool]) -> Program:
    return host[0]


def test_each_serves_its_own_clients(host: tuple[Program, bool], connect: Connect) -> None:
    server, whole = host
    names = {"/first/": ["main first", ""], "/second/": ["main second", ""]}
    if whole:
        names["/other/first/"] = ["other first", "/other"]
    clients = {path: connect(path=path) for path in names}
    for client in clients.values():
        client.wait_for_transport()
    assert {path: client.ask("who") for path, client in clients.items()} == names
    for path, client in clients.items():
        client.expect_event("everybody", names[path][0])
        client.expect_silence()
    assert server.ask("/").body == "main"
    assert server.ask("/socket.io/?EIO=4&transport=polling").status == 404


def test_one_that_cannot_be_found_is_to_be_named(node: Node) -> None:
    server = Program("-m", MODULE, "hidden")
    server.start()
    try:
        client = Connect(node, server, ["websocket"]).attempt(path="/other/first/")
        client.expect("connect_error", "websocket error")
        server.expect_line("has not found the SocketIO of an app that is mounted in the one it serves", "mounted=[")
    finally:
        server.stop()
