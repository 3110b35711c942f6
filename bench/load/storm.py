"""A connect storm: many clients connect at the same moment, leave as soon as all are there, and the next ones come."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import ClassVar

from picows import WSTransport

from bench.figures import PRICE, Figure
from bench.load.client import CONNECT_TIMEOUT, Client, Target
from bench.load.meter import LoadFailed, Meter
from bench.load.polling import PollingClient
from bench.load.workload import Workload
from bench.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Storm(Workload):
    """Waves of `clients` clients. A connection counts when the client is in the default namespace.

    With `upgrade` it has changed from polling to WebSocket too, as browsers do. Its leaving is in what it costs.
    """

    unit: ClassVar[str] = "connections"
    figures: ClassVar[tuple[Figure, ...]] = PRICE

    clients: int = 200
    upgrade: bool = False

    @property
    def title(self) -> str:
        """See Workload."""
        way = "over polling with upgrade to WebSocket" if self.upgrade else "over WebSocket"
        return f"Connect storm {way}, waves of {self.clients}"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Let the waves come, and measure from the end of one to the end of another."""
        meter = Meter(target.pid)
        async with meter.running(self._waves(target, meter)):
            return await meter.measure(seconds, at_boundaries=True)

    async def _waves(self, target: Target, meter: Meter) -> None:
        kind = UpgradingVisitor if self.upgrade else Visitor
        while True:
            visitors = [kind(meter) for _ in range(self.clients)]
            arrivals = [asyncio.ensure_future(visitor.visit(target)) for visitor in visitors]
            _, late = await asyncio.wait(arrivals, timeout=CONNECT_TIMEOUT)
            if late:
                raise LoadFailed(f"{len(late)} of a wave were not let in within {CONNECT_TIMEOUT:.0f} s")
            await asyncio.gather(*arrivals)
            meter.boundary()
            await asyncio.gather(*(visitor.close() for visitor in visitors))


class Visitor(Client):
    """Comes over WebSocket."""

    async def visit(self, target: Target) -> None:
        """Connect, and tell how long it took."""
        began = time.perf_counter()
        await self.arrive(target)
        self.meter.latencies.append(time.perf_counter() - began)

    async def arrive(self, target: Target) -> None:
        """Into the default namespace."""
        await self.open(target.url)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """It leaves when its wave is over; before, `visit` waits in vain and says so."""
        if not self.connected.done():
            self.connected.set_exception(LoadFailed("a connection was lost before its client was let in"))


class UpgradingVisitor(Visitor):
    """Comes over polling and changes to WebSocket, in the order of the official client.

    It asks the WebSocket whether it works while it polls, lets the poll come to its end, and changes over.
    """

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._probed = asyncio.get_running_loop().create_future()

    async def arrive(self, target: Target) -> None:
        """Into the default namespace, and onto WebSocket."""
        polling = PollingClient(target)
        await polling.handshake()
        await asyncio.gather(self._talk(polling), self.open(f"{target.url}&sid={polling.sid}"))
        polling.close()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Ask whether it works."""
        super().on_ws_connected(transport)
        self.send(b"2probe")

    def on_control(self, packet: bytes) -> None:
        """It works; and the packet that ends a poll may be too late for it, and come over WebSocket."""
        if packet == b"3probe":
            self._probed.set_result(None)
        elif packet != b"6":
            super().on_control(packet)

    async def _talk(self, polling: PollingClient) -> None:
        await asyncio.gather(polling.post(polling.message(b"40")), self._poll(polling))
        self.send(b"5")

    async def _poll(self, polling: PollingClient) -> None:
        while not self._probed.done():
            for packet in await polling.poll():
                if packet[:2] == b"40":
                    self.connected.set_result(None)
                elif packet == b"6":
                    await self._probed
