"""Much at once: bursts that arrive whole and in order, large messages, and too large ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.clients import Node
from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program

SERVER = App("events")

BURST = 1_000
LIMIT = 1_000_000  # bytes: the default of max_http_buffer_size


@pytest.mark.parametrize("namespace", ["/", "/async"])
def test_a_burst_of_events_comes_back_whole_and_in_order(connect: Connect, namespace: str) -> None:
    client = connect(namespace)
    for number in range(BURST):
        client.emit("echo", number)
    for number in range(BURST):
        client.expect_event("echo", number)
    client.expect_silence()


@pytest.mark.parametrize("namespace", ["/", "/async"])
def test_a_burst_of_questions_is_answered(connect: Connect, namespace: str) -> None:
    client = connect(namespace)
    answers = [client.question("ask", "return", [number]) for number in range(BURST)]
    assert [answer.result(20) for answer in answers] == [[number] for number in range(BURST)]


@pytest.mark.parametrize("namespace", ["/", "/async"])
def test_a_burst_of_the_server_arrives_whole_and_in_order(connect: Connect, namespace: str) -> None:
    client = connect(namespace)
    client.emit("flood", BURST)
    for number in range(BURST):
        client.expect_event("drop", number, *([b"%d" % number] if number % 10 == 0 else []))
    client.expect_silence()


def test_a_megabyte_goes_both_ways(connect: Connect) -> None:
    client = connect()
    binary = LIMIT * 3 // 4 - 100 if client.transports[0] == "polling" else LIMIT - 100  # base64 takes its share
    assert client.ask("size", "x" * (LIMIT - 100)) == [LIMIT - 100]
    assert client.ask("size", b"y" * binary) == [binary]
    client.emit("send", LIMIT)
    assert client.next_event("text").args == ["x" * LIMIT]
    assert client.next_event("bytes").args == [b"y" * LIMIT]


@pytest.mark.parametrize("data", ["x" * LIMIT, b"y" * (LIMIT + 1)], ids=["text", "binary"])
def test_a_message_that_is_too_large_ends_the_connection(connect: Connect, server: Program, data: str | bytes) -> None:
    client, friend = connect(), connect()
    client.wait_for_transport()
    client.emit("size", data)
    if "websocket" in client.transports:
        client.expect_disconnect("transport close")
        server.expect(client.sid, "parse error")
    else:  # the poll is told to close and the POST is refused: the client goes by what it hears first
        assert client.expect("disconnect")[0] in ("transport close", "transport error")
        server.expect(client.sid, "transport error")
    friend.expect_silence()


@pytest.fixture
def sleeper() -> Iterator[Node]:
    node = Node()
    yield node
    node.thaw()
    node.stop()


def test_a_client_that_reads_nothing_is_dropped_before_it_fills_the_memory(
    connect: Connect, server: Program, transports: list[str], sleeper: Node
) -> None:
    client = Connect(sleeper, server, transports)("/crowd")
    client.wait_for_transport()
    friend = connect("/crowd")
    sleeper.freeze()
    for _ in range(40):  # a megabyte each; 16 may wait for one client
        friend.emit("shout", LIMIT)
        friend.expect_event("shouted", "x" * LIMIT)
    server.expect(client.sid, "transport error")
    friend.expect_silence()
