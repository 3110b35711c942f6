"""One client of Socket.IO over WebSocket, made to cost little: it looks at the first bytes of a packet, parses none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.meter import Meter

CONNECTING_AT_ONCE = 8
CONNECT_TIMEOUT = 30.0


@dataclass(frozen=True)
class Target:
    """The server that gets the load."""

    host: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where a WebSocket client connects without polling first."""
        return f"ws://{self.host}:{self.port}/socket.io/?EIO=4&transport=websocket"


class Client(WSListener):
    """Connects to the default namespace, answers heartbeats, hands events to a subclass."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.transport: WSTransport
        self.connected = asyncio.get_running_loop().create_future()
        self.acknowledged = asyncio.get_running_loop().create_future()

    async def open(self, url: str) -> None:
        """Connect, and wait for the default namespace."""
        await ws_connect(lambda: self, url, websocket_handshake_timeout=CONNECT_TIMEOUT, read_buffer_init_size=2048)
        await asyncio.wait_for(self.connected, CONNECT_TIMEOUT)

    async def close(self) -> None:
        """End the connection from this side."""
        self.transport.disconnect(graceful=False)
        await self.transport.wait_disconnected()

    def send(self, packet: bytes) -> None:
        """Write one Engine.IO text packet."""
        self.transport.send(WSMsgType.TEXT, packet)

    async def enter(self) -> None:
        """What a client does once it is connected, before the load begins; nothing unless a subclass says so."""

    async def join(self, room: str) -> None:
        """Have the server's `join` handler put this client into `room`."""
        self.acknowledged = asyncio.get_running_loop().create_future()
        self.send(b'420["join","%s"]' % room.encode())
        await self.acknowledged

    def on_opened(self, packet: bytes) -> None:
        """Engine.IO's handshake: b'0' and its JSON."""
        self.send(b"40")

    def on_heartbeat(self) -> None:
        """The server pinged."""
        self.send(b"3")

    def on_event(self, packet: bytes) -> None:
        """An event arrived: b'42' and the JSON list of its name and arguments."""
        self.meter.fail(f"the server sent an event that nobody waits for: {packet!r}")

    def on_attachment(self, data: bytes) -> None:
        """The bytes arrived that belong to the event before."""
        self.meter.fail("the server sent bytes that nobody waits for")

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The WebSocket is open."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame, which is one packet: no server fragments messages of this size."""
        packet = frame.get_payload_as_bytes()
        if packet[:2] == b"42":
            self.on_event(packet)
        else:
            self._on_other(packet, frame.msg_type)

    def _on_other(self, packet: bytes, kind: WSMsgType) -> None:
        if kind is WSMsgType.BINARY:
            self.on_attachment(packet)
        elif kind is WSMsgType.CLOSE:
            self.meter.fail(f"the server closed a connection with code {int.from_bytes(packet[:2], 'big')}")
        elif packet[:2] == b"45":
            self.on_event(packet)
        else:
            self.on_control(packet)

    def on_control(self, packet: bytes) -> None:
        """A packet that is no event."""
        if packet[:1] == b"0":
            self.on_opened(packet)
        elif packet == b"2":
            self.on_heartbeat()
        elif packet[:2] == b"40":
            self.connected.set_result(None)
        elif packet[:2] == b"43":
            self.acknowledged.set_result(None)
        else:
            self.meter.fail(f"the server sent what this client does not understand: {packet!r}")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """No load ends a connection before its window does."""
        self.meter.fail("a connection was lost")


@asynccontextmanager
async def connected(target: Target, clients: Sequence[Client]) -> AsyncIterator[None]:
    """All clients in the default namespace, and what they `enter` entered, for as long as the block lasts.

    Few connect at once: how a server bears a rush is another workload's question, and a thousand threads that start
    together can stop a server of threads for minutes.
    """
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect(client: Client) -> None:
        async with gate:
            await client.open(target.url)
            await asyncio.wait_for(client.enter(), CONNECT_TIMEOUT)

    await asyncio.gather(*map(connect, clients))
    try:
        yield
    finally:
        await asyncio.gather(*(client.close() for client in clients))
