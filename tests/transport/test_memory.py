"""Connections in this process, on an engine without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flask_socketio.protocol import engineio
from flask_socketio.transport.connection import Connection, State
from flask_socketio.transport.engine import Engine
from flask_socketio.transport.http import Request
from flask_socketio.transport.memory import MemoryTransport
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.reasons import Reason

REQUEST = Request("GET", "/socket.io/", b"", [], "http", None, None)


class Client:
    """The client's end: all that came."""

    def __init__(self) -> None:
        self.came: list[str | bytes] = []

    def text(self, packet: str) -> None:
        self.came.append(packet)

    def binary(self, data: bytes) -> None:
        self.came.append(data)

    def closed(self) -> None:
        self.came.append("closed")


class Application:
    """The server's end: all that came."""

    def __init__(self) -> None:
        self.came: list[str | bytes | Reason] = []

    def opened(self, connection: Connection) -> Application:
        return self

    def text(self, packet: str) -> None:
        self.came.append(packet)

    def binary(self, data: bytes) -> None:
        self.came.append(data)

    def closed(self, reason: Reason) -> None:
        self.came.append(reason)


def talk(conversation: Callable[[Connection, Engine], None], **options: float) -> tuple[Client, Application]:
    """Open a connection, let a conversation happen on the loop, and tell what came at both ends."""
    client, application = Client(), Application()

    async def run() -> None:
        engine = Engine(application, EngineOptions(**options))  # type: ignore[arg-type]
        engine.start(asyncio.get_running_loop())
        connection = MemoryTransport(engine, REQUEST, client).connection
        assert engine.connections == {connection.sid: connection}
        conversation(connection, engine)
        await asyncio.sleep(0)

    asyncio.run(run())
    return client, application


def test_messages_go_both_ways_and_the_handshake_is_not_shown() -> None:
    def conversation(connection: Connection, engine: Engine) -> None:
        connection.receive("4to the server")
        connection.receive(b"binary")
        connection.send(engineio.message("to the client"))
        connection.send(engineio.EncodedPacket(b"451-[]", (b"binary",)))

    client, application = talk(conversation)
    assert client.came == ["4to the client", "451-[]", b"binary"]
    assert application.came == ["4to the server", b"binary"]


def test_pings_are_answered() -> None:
    answered: list[Connection] = []

    def conversation(connection: Connection, engine: Engine) -> None:
        engine.answered = answered.append  # type: ignore[method-assign, assignment]
        connection.send(engineio.PING_PACKET)

    client, _ = talk(conversation)
    assert len(answered) == 1
    assert client.came == []


def test_the_server_closes() -> None:
    def conversation(connection: Connection, engine: Engine) -> None:
        connection.send(engineio.message("last"))
        connection.close(Reason.SERVER_SHUTTING_DOWN)
        assert connection.state is State.CLOSED
        assert engine.connections == {}

    client, application = talk(conversation)
    assert client.came == ["4last", "closed"]
    assert application.came == [Reason.SERVER_SHUTTING_DOWN]


def test_the_client_is_lost() -> None:
    def conversation(connection: Connection, engine: Engine) -> None:
        connection.pause_reading()
        connection.resume_reading()
        connection.lost(Reason.TRANSPORT_CLOSE)
        assert engine.connections == {}

    client, application = talk(conversation)
    assert client.came == ["closed"]
    assert application.came == [Reason.TRANSPORT_CLOSE]
