"""Parting, from either side: each side learns the right reason, and nobody else is disturbed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.clients import Client, Node
from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program

SERVER = App("disconnecting")


@pytest.fixture
def hall(request: pytest.FixtureRequest) -> dict[str, str]:
    """A room of the test's own, as auth."""
    return {"hall": request.node.name}


@pytest.fixture
def friend(connect: Connect, hall: dict[str, str]) -> Client:
    """Somebody who stays, and hears about those who leave."""
    return connect(auth=hall)


@pytest.fixture
def client(connect: Connect, hall: dict[str, str]) -> Client:
    """Somebody who goes."""
    return connect(auth=hall)


def test_the_client_leaves_the_namespace(server: Program, client: Client, friend: Client) -> None:
    client.disconnect()
    client.expect_disconnect("io client disconnect")
    server.expect(client.sid, "client disconnect")
    friend.expect_event("somebody left", "client disconnect")
    friend.expect_silence()


def test_the_client_closes_the_connection(server: Program, client: Client, friend: Client) -> None:
    client.close()
    client.expect_disconnect("forced close")
    server.expect(client.sid, "transport close")
    friend.expect_event("somebody left", "transport close")
    friend.expect_silence()


def test_the_server_disconnects_the_client(
    server: Program, hall: dict[str, str], client: Client, friend: Client
) -> None:
    client.emit("put me out")
    client.expect_event("last", 1)
    client.expect_event("words", b"2")
    client.expect_disconnect("io server disconnect")
    server.expect(client.sid, "server disconnect")
    friend.expect_event("somebody left", "server disconnect")
    friend.expect_silence()
    client.reconnect(auth=hall)
    client.expect_connect()
    client.expect_silence()


def test_another_client_or_a_route_may_have_it_disconnected(
    server: Program, hall: dict[str, str], client: Client, friend: Client
) -> None:
    friend.emit("put out", client.sid)
    client.expect_disconnect("io server disconnect")
    server.expect(client.sid, "server disconnect")
    friend.expect_event("somebody left", "server disconnect")
    client.reconnect(auth=hall)
    client.expect_connect()
    assert server.ask(f"/put-out/{client.sid}", "POST").body == "done"
    client.expect_disconnect("io server disconnect")
    server.expect(client.sid, "server disconnect")


def test_a_client_that_breaks_the_protocol_loses_its_connection(
    server: Program, client: Client, friend: Client
) -> None:
    client.raw('2["broken"')
    client.expect_disconnect("transport close")
    server.expect(client.sid, "parse error")
    friend.expect_event("somebody left", "parse error")
    friend.expect_silence()


def test_handlers_may_ignore_the_reason_and_may_be_coroutines(connect: Connect, server: Program) -> None:
    client = connect("/without-reason")
    client.disconnect()
    server.expect(client.sid)
    client = connect("/async")
    client.emit("put me out")
    client.expect_disconnect("io server disconnect")
    server.expect(client.sid, "server disconnect")


def test_every_namespace_of_a_connection_is_told(connect: Connect, server: Program, hall: dict[str, str]) -> None:
    root = connect(auth=hall)
    other = root.join("/async").expect_connect()
    root.close()
    server.expect(root.sid, "transport close")
    server.expect(other.sid, "transport close")


@pytest.fixture
def doomed() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


def test_a_client_that_dies_without_a_word(
    server: Program, transports: list[str], hall: dict[str, str], friend: Client, doomed: Node
) -> None:
    client = Connect(doomed, server, transports)(auth=hall)
    client.wait_for_transport()
    client.emit("sign")
    server.expect(client.sid, "signed")  # so a poll, which was sent before, is waiting again
    doomed.kill()
    reason = "transport error" if transports == ["polling"] else "transport close"
    server.expect(client.sid, reason)
    friend.expect_event("somebody left", reason)
