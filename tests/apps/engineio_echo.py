"""Engine.IO alone, without the Socket.IO server: `python tests/apps/engineio_echo.py --port N`.

For judging it from outside, with the official protocol suite. It listens at /engine.io/ on the loopback address with
the timing that the suite expects, lets pages of any origin in, and sends back every text and binary message.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable

from werkzeug.exceptions import NotFound

from flask_socketio.hosts.native import NativeServer, listen
from flask_socketio.protocol.engineio import EncodedPacket, message
from flask_socketio.transport.connection import Connection
from flask_socketio.transport.engine import Engine
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.reasons import Reason

OPTIONS = EngineOptions(
    path="/engine.io/",
    ping_interval=0.3,
    ping_timeout=0.2,
    max_http_buffer_size=1_000_000,
    cors_allowed_origins="*",
)


class Echo:
    """Gets the messages of one connection, and sends them back."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def text(self, packet: str) -> None:
        self.connection.send(EncodedPacket(packet.encode()))

    def binary(self, data: bytes) -> None:
        self.connection.send(message(data))

    def closed(self, reason: Reason) -> None:
        print(f"{self.connection.sid}: {reason}", flush=True)


class EchoService:
    """What the native host serves in place of the Socket.IO server."""

    def __init__(self) -> None:
        self.engine = Engine(self, OPTIONS)

    def opened(self, connection: Connection) -> Echo:
        return Echo(connection)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.engine.start(loop)

    async def stop(self, timeout: float) -> None:
        await self.engine.stop(timeout)

    def run_in_worker(self, job: Callable[[], object]) -> None:
        job()  # it says "not found" to all other paths, which blocks nobody


def main() -> None:
    parser = argparse.ArgumentParser(description="An Engine.IO echo for the official protocol suite.")
    parser.add_argument("--port", type=int, default=0, help="a free one, if not given")
    listener = listen("127.0.0.1", parser.parse_args().port)
    print(f"Running on http://127.0.0.1:{listener.getsockname()[1]}{OPTIONS.path}", flush=True)
    NativeServer(EchoService(), NotFound()).run(sockets=[listener])


if __name__ == "__main__":
    main()
