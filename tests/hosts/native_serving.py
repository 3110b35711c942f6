"""An engine that echoes on the native host, in a thread that ends with the test, and raw connections to it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_socketio.hosts.native import NativeServer, listen
from flask_socketio.protocol.engineio import EncodedPacket, message
from flask_socketio.transport.connection import Connection
from flask_socketio.transport.engine import Engine
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.reasons import Reason

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Seconds after which a test that waits for something gives up.
PATIENCE = 20.0

HANDSHAKE = (
    "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Echo:
    """Sends back the messages of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.reason: Reason | None = None
        self.ended = threading.Event()

    def text(self, packet: str) -> None:
        self.connection.send(EncodedPacket(packet.encode()))

    def binary(self, data: bytes) -> None:
        self.connection.send(message(data))

    def closed(self, reason: Reason) -> None:
        self.reason = reason
        self.ended.set()


class Service:
    """What the host serves (`native.Service`).

    Attributes:
        clients: all that ever connected, by sid.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.engine = Engine(self, options)
        self.clients: dict[str, Echo] = {}
        self.address: tuple[str, int]
        self.workers = ThreadPoolExecutor(2)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop

    def opened(self, connection: Connection) -> Echo:
        echo = self.clients[connection.sid] = Echo(connection)
        return echo

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.engine.start(loop)
        self._started.set()

    async def stop(self, timeout: float) -> None:
        await self.engine.stop(timeout)

    def run_in_worker(self, job: Callable[[], object]) -> None:
        self.workers.submit(job)

    def wait_until_started(self) -> None:
        assert self._started.wait(PATIENCE)

    def settle(self) -> None:
        """Let the loop work off what has arrived."""

        async def turns() -> None:
            for _ in range(20):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(turns(), self._loop).result(PATIENCE)


@contextmanager
def serving(wsgi_app: WSGIApplication, **options: Any) -> Iterator[Service]:
    """Serve until the block ends. `options` are the engine's."""
    service = Service(EngineOptions(**options))
    listener = listen("127.0.0.1", 0)
    service.address = listener.getsockname()
    server = NativeServer(service, wsgi_app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        service.wait_until_started()
        yield service
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        service.workers.shutdown()
    assert not thread.is_alive()


class Wire:
    """A raw connection."""

    def __init__(self, service: Service) -> None:
        self._socket = socket.create_connection(service.address, PATIENCE)
        self._incoming = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self._incoming.close()
        self._socket.close()

    def send(self, data: str | bytes) -> None:
        self._socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, method: str, target: str, body: bytes = b"", headers: str = "") -> Answer:
        """Send a whole request and wait for its answer."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.send(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}{headers}\r\n".encode("latin-1") + body)
        return self.answer()

    def ask_websocket(self, target: str, headers: str = HANDSHAKE) -> Answer:
        """Ask for a WebSocket and wait for the answer."""
        self.send(f"GET {target} HTTP/1.1\r\n{headers}\r\n")
        return self.answer()

    def answer(self) -> Answer:
        """The next answer; behind a 101, `frame` goes on."""
        line = self._incoming.readline()
        assert line, "the connection has ended"
        status = int(line.split()[1])
        headers = http.client.parse_headers(self._incoming)
        body = self._incoming.read(int(headers.get("content-length", 0)))
        return Answer(status, headers, body)

    def frame(self) -> tuple[int, bytes]:
        """The next WebSocket frame: its first byte and its payload, which is short."""
        first, size = self._incoming.read(2)
        return first, self._incoming.read(size)

    def at_end(self) -> bool:
        """Wait for the server to close the connection; False if it sends something instead."""
        return self._incoming.read(1) == b""

    def reset(self) -> None:
        """End the connection as a crash or a lost network does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._incoming.close()
        self._socket.close()


class Answer(NamedTuple):
    """An answer to an HTTP request."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
