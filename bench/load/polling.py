"""Long polling: one client of it, and echoes over it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from bench.features import Feature
from bench.load.client import CONNECT_TIMEOUT, CONNECTING_AT_ONCE, Target
from bench.load.echo import MESSAGE, event
from bench.load.http import HttpConnection, request
from bench.load.meter import LoadFailed, Meter
from bench.load.workload import Workload
from bench.sample import Sample

PATH = "/socket.io/?EIO=4&transport=polling"
SEPARATOR = b"\x1e"


class PollingClient:
    """Reads over one connection what the server has for it, and posts over another, as browsers do."""

    def __init__(self, target: Target) -> None:
        self.sid = ""
        self._reading = HttpConnection(target)
        self._writing = HttpConnection(target)
        self._poll = b""

    async def handshake(self) -> None:
        """Get an Engine.IO session."""
        opened = await self._reading.exchange(request("GET", PATH))
        self.sid = json.loads(opened.split(SEPARATOR)[0][1:])["sid"]
        self._poll = request("GET", self._path)

    async def poll(self) -> list[bytes]:
        """Wait for the next packets."""
        return (await self._reading.exchange(self._poll)).split(SEPARATOR)

    def message(self, packet: bytes) -> bytes:
        """The request that posts a packet, to be used as often as needed."""
        return request("POST", self._path, packet)

    async def post(self, message: bytes) -> None:
        """Send a packet.

        Raises:
            LoadFailed: the server did not take it.
        """
        if (answer := await self._writing.exchange(message)).lower() != b"ok":
            raise LoadFailed(f"the server answered a post with {answer[:100]!r}")

    def close(self) -> None:
        """Leave without a word."""
        self._reading.close()
        self._writing.close()

    @property
    def _path(self) -> str:
        return f"{PATH}&sid={self.sid}"


@dataclass(frozen=True, kw_only=True)
class PollingEcho(Workload):
    """Echo without WebSocket: every message is a POST, every echo the answer to a GET that waited for it."""

    unit: ClassVar[str] = "echoes"

    clients: int = 50
    needs: Feature = Feature.POLLING

    @property
    def title(self) -> str:
        """See Workload."""
        return f"Echo of JSON of 80 bytes over long polling only, `def` handler, {self.clients} clients, 1 in flight"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Connect all clients, then let each of them send, hear, and send again."""
        meter = Meter(target.pid)
        clients = [PollingEchoClient(target, meter) for _ in range(self.clients)]
        async with polling(clients):
            listening = [client.listen() for client in clients]
            async with meter.running(*listening, *(client.talk() for client in clients)):
                return await meter.measure(seconds)


class PollingEchoClient(PollingClient):
    """Sends a message when the echo of the last one was heard."""

    def __init__(self, target: Target, meter: Meter) -> None:
        super().__init__(target)
        self._meter = meter
        self._heard = asyncio.Event()

    async def open(self) -> None:
        """Into the default namespace."""
        await self.handshake()
        await self.post(self.message(b"40"))
        await self.poll()

    async def listen(self) -> None:
        """Poll for as long as the load lasts."""
        echo, pong = event("echo", MESSAGE), self.message(b"3")
        while True:
            for packet in await self.poll():
                if packet == echo:
                    self._heard.set()
                elif packet == b"2":
                    await self.post(pong)
                else:
                    raise LoadFailed(f"neither an echo nor a heartbeat: {packet!r}")

    async def talk(self) -> None:
        """Send, and wait for the echo."""
        message = self.message(event("echo", MESSAGE))
        while True:
            sent_at = time.perf_counter()
            await self.post(message)
            await self._heard.wait()
            self._heard.clear()
            self._meter.latencies.append(time.perf_counter() - sent_at)


@asynccontextmanager
async def polling(clients: Sequence[PollingEchoClient]) -> AsyncIterator[None]:
    """All clients in the default namespace for as long as the block lasts."""
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect(client: PollingEchoClient) -> None:
        async with gate:
            await asyncio.wait_for(client.open(), CONNECT_TIMEOUT)

    try:
        await asyncio.gather(*map(connect, clients))
        yield
    finally:
        for client in clients:
            client.close()
