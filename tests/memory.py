"""A running server without a network: clients that are WebSocket links in memory, and speak packets."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask_socketio import SocketIO
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.server.server import Server
from flask_socketio.transport.http import Request

#: Seconds that a test waits for what must happen.
SOON = 20

_HANDSHAKE = [
    (b"host", b"testserver"),
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="),
]


class Link:
    """The server's way out to a client in memory."""

    buffered = 0

    def __init__(self, client: Client) -> None:
        self._client = client

    def write(self, packets: list[EncodedPacket], /) -> None:
        for packet in packets:
            if packet.text is not None:
                self._client.came(packet.text.decode())
            for attachment in packet.attachments:
                self._client.came(attachment)

    def close(self, code: int = 1000, reason: str = "") -> None:
        if not self._client.ended:
            self._client.came(f"closed {code} {reason}".rstrip())
            self._client.end()

    def abort(self) -> None:
        self.close(1006)

    def pause_reading(self) -> None:
        self._client.came("paused")

    def resume_reading(self) -> None:
        self._client.came("resumed")


class Client:
    """A client; the test's thread calls it, the server's loop does the work."""

    def __init__(self, running: Running, query: dict[str, str], headers: dict[str, str], address: str) -> None:
        self._running = running
        self._came: queue.SimpleQueue[str | bytes] = queue.SimpleQueue()
        self.ended = False
        self.sids: dict[str, str] = {}
        fields = urlencode({"EIO": "4", "transport": "websocket", **query}).encode()
        heads = _HANDSHAKE + [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        request = Request("GET", "/socket.io/", fields, heads, "http", (address, 50000), ("testserver", 80))
        self.transport = running.on_loop(lambda: running.server.engine.accept_websocket(request))
        running.on_loop(lambda: self.transport.opened(Link(self)))
        assert str(self.next())[0] == "0"

    def came(self, message: str | bytes) -> None:
        """Called by the link."""
        self._came.put(message)

    def next(self) -> str | bytes:
        """The next message from the server; fails the test if none comes."""
        return self._came.get(timeout=SOON)

    def nothing_came(self) -> bool:
        """Whether all that the server sent until now has been taken."""
        self._running.settle()
        return self._came.empty()

    def send(self, *packets: str | bytes) -> None:
        """Send messages as they are, `42["event"]` say."""

        def deliver() -> None:
            for packet in packets:
                if not self.ended:
                    self.transport.message(packet)

        self._running.on_loop(deliver)

    def join(self, namespace: str = "/", auth: Any = None) -> str:
        """Join a namespace and return the answer."""
        prefix = "" if namespace == "/" else namespace + ","
        self.send(f"40{prefix}{'' if auth is None else json.dumps(auth)}")
        answer = str(self.next())
        if answer.startswith(f"40{prefix}"):
            self.sids[namespace] = json.loads(answer[2 + len(prefix) :])["sid"]
        return answer

    @property
    def sid(self) -> str:
        """The session id in the main namespace."""
        return self.sids["/"]

    def emit(self, event: str, *args: Any, ack: int | None = None) -> None:
        """Send an event in the main namespace."""
        self.send(f"42{'' if ack is None else ack}{json.dumps([event, *args])}")

    def event(self) -> list[Any]:
        """The next message, which must be an event in the main namespace: its name and arguments."""
        message = str(self.next())
        assert message.startswith("42["), message
        event: list[Any] = json.loads(message[2:])
        return event

    def stall(self) -> None:
        """Take nothing more from the socket, until `catch_up`."""
        self._running.on_loop(self.transport.blocked)

    def catch_up(self) -> None:
        """Take from the socket again."""
        self._running.on_loop(self.transport.resumed)

    def drop(self, error: ProtocolError | None = None) -> None:
        """Let the connection break."""
        self._running.on_loop(lambda: self.end(error))

    def end(self, error: ProtocolError | None = None) -> None:
        """The link is gone; on the loop."""
        if not self.ended:
            self.ended = True
            self.transport.closed(error)


class Running:
    """A server on a loop in a thread of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.on_loop(lambda: server.start(self.loop))

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    def on_loop(self, function: Any) -> Any:
        """Call a function on the loop, and return what it returns."""

        async def call() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(SOON)

    def settle(self) -> None:
        """Wait until no handler runs and all they emitted has been sent."""
        asyncio.run_coroutine_threadsafe(self.server.scheduler.idle(SOON), self.loop).result(SOON)
        for _ in range(3):
            self.on_loop(lambda: None)

    def client(
        self, query: dict[str, str] | None = None, headers: dict[str, str] | None = None, address: str = "192.0.2.1"
    ) -> Client:
        """A client that is connected, but in no namespace yet."""
        return Client(self, query or {}, headers or {}, address)

    def joined(self, namespace: str = "/", auth: Any = None) -> Client:
        """A client in a namespace."""
        client = self.client()
        answer = client.join(namespace, auth)
        assert answer.startswith("40"), answer
        return client

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(SOON), self.loop).result(SOON)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(SOON)


@contextmanager
def running(socketio: SocketIO) -> Iterator[Running]:
    """Run the server of an extension as long as the block lasts."""
    server = Running(socketio.running_server)
    try:
        yield server
    finally:
        server.stop()
