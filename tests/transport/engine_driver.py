"""An engine on a clock that is turned by hand, and clients of it that speak raw bytes, without any network."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

from flask_socketio.protocol.deflate import Deflate
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.transport.connection import Connection
from flask_socketio.transport.engine import Engine
from flask_socketio.transport.http import Request, Response
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.reasons import Reason
from flask_socketio.transport.websocket import WebSocketTransport
from tests.loop import settle

#: Seconds; those of the official protocol suites.
INTERVAL, TIMEOUT = 0.3, 0.2

HANDSHAKE_HEADERS = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class HandClock:
    """The clock of a loop (`deadlines.Clock`) on which time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers = 0  # how many have ever been set
        self._count = itertools.count()
        self._waiting: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._soon: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> None:
        self.timers += 1
        heapq.heappush(self._waiting, (when, next(self._count), callback, args))

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> None:
        self._soon.append((callback, args))

    def turn(self) -> None:
        """Run what is to run soon."""
        while self._soon:
            callback, args = self._soon.popleft()
            callback(*args)

    def advance(self, seconds: float) -> None:
        """Let time pass, each timer at its own moment."""
        self.turn()
        end = round(self.now + seconds, 6)
        while self._waiting and self._waiting[0][0] < end + 1e-6:
            when, _, callback, args = heapq.heappop(self._waiting)
            self.now = max(self.now, when)
            callback(*args)
            self.turn()
        self.now = end

    def be_late(self, seconds: float) -> None:
        """Let time pass while the loop is held up: no timer is called."""
        self.now = round(self.now + seconds, 6)


class Inbox:
    """What an application on top of the engine got over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.messages: list[str | bytes] = []
        self.reasons: list[Reason] = []

    def text(self, packet: str) -> None:
        if packet == "4forbidden":
            raise ProtocolError("got a forbidden message, expected none")
        self.messages.append(packet)

    def binary(self, data: bytes) -> None:
        self.messages.append(data)

    def closed(self, reason: Reason) -> None:
        self.reasons.append(reason)


class MemoryLink:
    """The server's end of a WebSocket, as far as an Engine.IO transport can see; the test is the browser."""

    def __init__(self, transport: WebSocketTransport, deflate: Deflate | None = None) -> None:
        self._deflate = deflate
        self._transport = transport
        self._sent = b""
        self.writes = 0
        self.reading = True
        #: How the server ended it: a close code with its reason, or "abort".
        self.ended: tuple[int, str] | str | None = None

    # What the transport calls

    def write(self, packets: list[EncodedPacket], /) -> None:
        if self.ended is None:
            deflate = self._deflate
            self._sent += b"".join(
                [packet.frames if deflate is None else packet.deflated(deflate.threshold) for packet in packets]
            )
            self.writes += 1

    def close(self, code: int = 1000, reason: str = "") -> None:
        if self.ended is None:
            self.ended = (code, reason)

    def abort(self) -> None:
        if self.ended is None:
            self.ended = "abort"

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    @property
    def buffered(self) -> int:
        return 0

    # What the browser does

    def send(self, *messages: str | bytes) -> None:
        for message in messages:
            self._transport.message(message)

    def gone(self, error: ProtocolError | None = None) -> None:
        """The connection is gone: by either side's Close, or because it broke."""
        self._transport.closed(error)

    def received(self) -> bytes:
        """The frames that have come since the last call."""
        sent, self._sent = self._sent, b""
        return sent


class Driver:
    """The engine under test, the application on top of it, and the ways to it.

    `options` are those of the engine; the timing is that of the official suites unless given.
    """

    def __init__(self, **options: Any) -> None:
        timing = {"ping_interval": INTERVAL, "ping_timeout": TIMEOUT}
        self.clock = HandClock()
        self.inboxes: list[Inbox] = []
        self.engine = Engine(self, EngineOptions(**{"path": "/engine.io/", **timing, **options}))
        numbers = itertools.count(1)
        self.engine.generate_id = lambda: f"sid{next(numbers)}"
        self.engine.start(self.clock)

    def opened(self, connection: Connection) -> Inbox:
        self.inboxes.append(Inbox(connection))
        return self.inboxes[-1]

    @property
    def inbox(self) -> Inbox:
        """Of the connection that was opened last."""
        return self.inboxes[-1]

    def request(self, method: str = "GET", query: str = "", **headers: str) -> Request:
        """The head of a request. Underscores in the names of headers are hyphens."""
        headers = {"host": "example.org", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        client, server = ("192.0.2.1", 4711), ("127.0.0.1", 80)
        return Request(method, "/engine.io/", query.encode("latin-1"), raw, "http", client, server)

    async def ask(self, method: str, query: str, body: bytes = b"", **headers: str) -> Response:
        """Send a request and wait for the answer."""

        async def read_body(limit: int) -> bytes:
            return body

        response = await self.engine.respond(self.request(method, query, **headers), read_body)
        self.clock.turn()
        return response

    async def open(self) -> str:
        """Open a session by polling; its sid."""
        response = await self.ask("GET", "EIO=4&transport=polling")
        assert response.status == 200
        return self.inbox.connection.sid

    async def post(self, sid: str, body: bytes) -> Response:
        return await self.ask("POST", f"EIO=4&transport=polling&sid={sid}", body)

    async def get(self, sid: str) -> Response:
        return await self.ask("GET", f"EIO=4&transport=polling&sid={sid}")

    async def poll(self, sid: str) -> asyncio.Task[Response]:
        """A GET that has been sent, and is parked unless there is an answer."""
        task = asyncio.ensure_future(self.get(sid))
        await settle()
        return task

    def websocket(self, query: str = "EIO=4&transport=websocket", **headers: str) -> MemoryLink:
        """An open WebSocket. Raises Refused where the handshake is."""
        request = self.request("GET", query, **{**HANDSHAKE_HEADERS, **headers})
        return self.open_link(self.engine.accept_websocket(request), self.engine.deflate(request))

    def open_link(self, transport: WebSocketTransport, deflate: Deflate | None = None) -> MemoryLink:
        """Open a WebSocket that has been accepted."""
        link = MemoryLink(transport, deflate)
        transport.opened(link)
        self.clock.turn()
        return link

    def upgrade(self, sid: str) -> MemoryLink:
        """The open WebSocket of an upgrade that has not begun to probe."""
        return self.websocket(f"EIO=4&transport=websocket&sid={sid}")
