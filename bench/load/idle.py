"""Idle: clients that are connected and say nothing, for what each of them costs the server."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import procfs
from bench.figures import IDLENESS, Figure
from bench.load.client import Client, Target, connected
from bench.load.meter import Meter
from bench.load.workload import Workload
from bench.sample import Sample

SETTLE = 1.0  # seconds: what connecting left behind is freed by then, or will not be
USUAL_INTERVAL = 25.0  # seconds between two heartbeats, unless the server says otherwise


@dataclass(frozen=True, kw_only=True)
class Idle(Workload):
    """The memory is that of the last nine tenths of the clients, so nothing that is made once counts as theirs.

    With `heartbeats` the window is long enough for one of every client, and how late the latest came is told.
    """

    unit: ClassVar[str] = "clients"
    figures: ClassVar[tuple[Figure, ...]] = IDLENESS
    most_rounds: ClassVar[int | None] = 2

    heartbeats: bool = False

    @property
    def title(self) -> str:
        """See Workload."""
        return f"{self.clients:,} idle clients" + ", all of whom get their heartbeats" * self.heartbeats

    def takes(self, seconds: float) -> float:
        """See Workload."""
        return super().takes(self._window(seconds, USUAL_INTERVAL)) + 2 * SETTLE

    async def run(self, target: Target, seconds: float) -> Sample:
        """Connect, let it settle, read the server's memory, and for `seconds` or more its CPU time."""
        meter = Meter(target.pid)
        clients = [IdleClient(meter) for _ in range(self.clients)]
        first, others = clients[: self.clients // 10], clients[self.clients // 10 :]
        async with connected(target, first):
            await meter.watch(asyncio.sleep(SETTLE))
            before = procfs.resident_bytes(target.pid)
            async with connected(target, others):
                await meter.watch(asyncio.sleep(SETTLE))
                grown = procfs.resident_bytes(target.pid) - before
                sample = await meter.measure(self._window(seconds, clients[0].interval))
                now = time.perf_counter()
        sample = replace(sample, count=self.clients, kib_per_client=grown / 1024 / len(others))
        if not self.heartbeats:
            return sample
        latest = max(client.lateness(now) for client in clients)
        return replace(sample, heartbeats=sum(client.seen for client in clients), latest_heartbeat=1000 * latest)

    def _window(self, seconds: float, interval: float) -> float:
        return max(seconds, 1.05 * interval) if self.heartbeats else seconds


class IdleClient(Client):
    """Keeps the times of its heartbeats."""

    interval = USUAL_INTERVAL

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.seen = 0
        self._last = 0.0
        self._latest = 0.0

    def lateness(self, now: float) -> float:
        """By how many seconds the latest heartbeat missed its time, that which is due now among them."""
        return max(self._latest, now - self._last - self.interval)

    def on_opened(self, packet: bytes) -> None:
        """How often there will be one."""
        super().on_opened(packet)
        self.interval = json.loads(packet[1:])["pingInterval"] / 1000
        self._last = time.perf_counter()

    def on_heartbeat(self) -> None:
        """Here is one."""
        super().on_heartbeat()
        now = time.perf_counter()
        self._latest, self._last = self.lateness(now), now
        self.seen += 1
