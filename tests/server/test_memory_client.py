"""The client's end of a connection in memory; what tests do with it is in tests/test_test_client.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from flask import Flask

from flask_socketio import EventError, SocketIO
from flask_socketio.protocol.socketio import PacketType
from flask_socketio.server.errors import TimeoutError
from flask_socketio.server.memory_client import MemoryClient
from flask_socketio.server.server import Server
from flask_socketio.transport.connection import State
from flask_socketio.transport.http import Request

REQUEST = Request("GET", "/socket.io/", b"", [], "http", None, None)


def on_loop(socketio: SocketIO, test: Callable[[Server, MemoryClient], Awaitable[None]]) -> None:
    async def run() -> None:
        server = socketio.running_server
        server.start(asyncio.get_running_loop())
        client = MemoryClient(server)
        client.open(REQUEST)
        client.join("/", None)
        await server.settled()
        await test(server, client)
        await server.stop(1)

    asyncio.run(run())


@pytest.fixture(params=["default", "msgpack"])
def socketio(request: pytest.FixtureRequest) -> SocketIO:
    return SocketIO(Flask("app"), serializer=request.param)


@pytest.mark.parametrize("serializer", ["default", "msgpack"])
def test_with_recovery_neither_the_offset_is_seen_nor_is_an_error_lost_that_has_none(serializer: str) -> None:
    socketio = SocketIO(Flask("app"), recovery=True, serializer=serializer)

    @socketio.on("order")
    def order() -> None:
        raise EventError("closed", "Come back tomorrow")

    async def test(server: Server, client: MemoryClient) -> None:
        server.emit("a", ("text",), namespace="/")
        client.send(server.codec.encode(PacketType.EVENT, "/", ["order"]))
        await server.settled()
        told = [(event["name"], event["args"]) for event in client.take("/")]
        assert told == [
            ("a", ["text"]),
            ("error", [{"event": "order", "code": "closed", "message": "Come back tomorrow"}]),
        ]

    on_loop(socketio, test)


def test_events_are_queued_and_taken(socketio: SocketIO) -> None:
    async def test(server: Server, client: MemoryClient) -> None:
        for name, args in (("a", (1, b"2")), ("message", ("text",)), ("message", ()), ("b", ())):
            server.emit(name, args, namespace="/")
        await server.settled()
        assert (await client.next("/", "message", 0))["args"] == "text"
        assert [(event["name"], event["args"]) for event in client.take("/")] == [
            ("a", [1, b"2"]), ("message", None), ("b", []),
        ]  # fmt: skip
        assert client.queue == []

    on_loop(socketio, test)


def test_waiting_ends_with_an_event_an_error_or_the_time(socketio: SocketIO) -> None:
    async def test(server: Server, client: MemoryClient) -> None:
        waiting = asyncio.ensure_future(client.next("/", "ev", 10))
        await asyncio.sleep(0)
        server.emit("ev", (), namespace="/")
        assert (await waiting)["name"] == "ev"
        waiting = asyncio.ensure_future(client.next("/", None, 10))
        await asyncio.sleep(0)
        client.fail(KeyError("of a handler"))
        with pytest.raises(KeyError, match="of a handler"):
            await waiting
        with pytest.raises(TimeoutError, match="waited 0 s"):
            await client.next("/", None, 0)
        with pytest.raises(RuntimeError, match="not connected"):
            await client.next("/other", None, 10)

    on_loop(socketio, test)


def test_opening_again_keeps_a_connection_that_is_open(socketio: SocketIO) -> None:
    async def test(server: Server, client: MemoryClient) -> None:
        first = client.connection
        assert first is not None
        client.open(Request("GET", "/socket.io/", b"a=1", [], "http", None, None))
        assert client.connection is first
        assert first.request.query == {"a": "1"}
        client.close()
        assert client.connected == {"/": False}
        client.open(REQUEST)
        assert client.connection is not first

    on_loop(socketio, test)


def test_vanishing_lets_no_handler_know(socketio: SocketIO) -> None:
    log: list[str] = []
    socketio.on_event("disconnect", log.append)

    async def test(server: Server, client: MemoryClient) -> None:
        assert len(server.sockets()) == 1
        client.vanish()
        await server.settled()
        assert server.sockets() == []
        assert client.connection is not None
        assert client.connection.state is State.CLOSED
        MemoryClient(server).vanish()
        client.vanish()

    on_loop(socketio, test)
    assert log == []
