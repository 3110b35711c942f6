"""Real servers, official clients, and the three ways in which these can choose their transports.

A test that shows what works under some server is marked with `host` and `shows`: tests/hosts_table.py makes the
README's table of them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from tests.e2e.clients import Client, Node
from tests.e2e.programs import PROGRAMS, App, Program

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}

#: Marks a test of something that has nothing to do with transports: once is enough.
any_transport = pytest.mark.parametrize("transports", ["upgrade"], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what servers printed meanwhile."""
    report = yield
    for program in PROGRAMS:
        news = program.news()
        if report.failed and news:
            report.sections.append(("Server", news))
    return report


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    """The app that the test module names as SERVER, running."""
    server: App = request.module.SERVER
    server.start()
    yield server
    server.stop(signal.SIGKILL)  # how it ends otherwise is what test_stopping.py is about


@pytest.fixture
def log(server: Program) -> Callable[[str], None]:
    """Waits until the server has logged something. Who asks for this expects what is wrong elsewhere: tracebacks."""
    return server.expect_line


@pytest.fixture(autouse=True)
def no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """No server logs a traceback, except in a test that looks into the log."""
    server: Program | None = request.getfixturevalue("server") if "server" in request.fixturenames else None
    begin = len(server.output) if server else 0
    yield
    if server and "log" not in request.fixturenames:
        news = "".join(server.output[begin:])
        assert "Traceback (most recent call last)" not in news, news


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A process for clients."""
    node = Node()
    yield node
    node.stop()


@pytest.fixture(params=TRANSPORTS)
def transports(request: pytest.FixtureRequest) -> list[str]:
    """The transports a client may use; where there are two, it begins with the first and goes over to the second."""
    return TRANSPORTS[request.param]


class Connect:
    """Makes clients of one server, with the transports of the test.

    Args:
        node: where they live.
        server: whose clients they are.
        transports: how they connect, if not said otherwise.
    """

    def __init__(self, node: Node, server: Program, transports: list[str]) -> None:
        self.server = server
        self._node = node
        self._transports = transports
        self.clients: list[Client] = []

    def __call__(self, namespace: str = "/", auth: Any = None, **options: Any) -> Client:
        """A client that is connected."""
        return self.attempt(namespace, auth, **options).expect_connect()

    def attempt(self, namespace: str = "/", auth: Any = None, **options: Any) -> Client:
        """A client that tries to connect."""
        chosen = {"transports": self._transports, "reconnection": False, **options}
        client = self._node.connect(self.server.url, namespace, auth, **chosen)
        self.clients.append(client)
        return client


@pytest.fixture
def connect(node: Node, server: Program, transports: list[str]) -> Iterator[Connect]:
    """Connects clients, which leave at the end of the test."""
    connect = Connect(node, server, transports)
    yield connect
    for client in connect.clients:
        client.forget()


@pytest.fixture
def serve(node: Node, transports: list[str]) -> Iterator[Callable[[Program], Connect]]:
    """Starts a server for this test alone; the result connects its clients."""
    served: list[Connect] = []

    def start(server: Program) -> Connect:
        server.start()
        served.append(Connect(node, server, transports))
        return served[-1]

    yield start
    for connect in served:
        for client in connect.clients:
            client.forget()
        connect.server.stop(signal.SIGKILL)
