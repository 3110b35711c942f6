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

    def send(self, packet: bytes) -> None:
        """Write one Engine.IO text packet."""
        self.transport.send(WSMsgType.TEXT, packet)

    async def enter(self) -> None:
        """What a client does once it is connected, before the load begins; nothing unless a subclass says so."""

    async def join(self, room: str) -> None:
        """Have the server's `join` handler put this client into `room`."""
        self.send(b'420["join","%s"]' % room.encode())
        await self.acknowledged

    def on_event(self, packet: bytes) -> None:
        """An event arrived: b'42' and the JSON list of its name and arguments."""
        self.meter.fail(f"the server sent an event that nobody waits for: {packet!r}")

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The WebSocket is open."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame, which is one packet: no server fragments messages of this size."""
        packet = frame.get_payload_as_bytes()
        if packet[:2] == b"42":
            self.on_event(packet)
        else:
            self._on_control(packet, frame.msg_type)

    def _on_control(self, packet: bytes, kind: WSMsgType) -> None:
        if kind is WSMsgType.CLOSE:
            self.meter.fail(f"the server closed a connection with code {int.from_bytes(packet[:2], 'big')}")
        elif packet[:1] == b"0":
            self.send(b"40")
        elif packet == b"2":
            self.send(b"3")
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
            await ws_connect(
                lambda: client, target.url, websocket_handshake_timeout=CONNECT_TIMEOUT, read_buffer_init_size=2048
            )
            await asyncio.wait_for(client.connected, CONNECT_TIMEOUT)
            await asyncio.wait_for(client.enter(), CONNECT_TIMEOUT)

    await asyncio.gather(*map(connect, clients))
    try:
        yield
    finally:
        for client in clients:
            client.transport.disconnect(graceful=False)
        await asyncio.gather(*(client.transport.wait_disconnected() for client in clients))
