"""Idle: clients that are connected and say nothing, for the memory that each of them costs the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from bench import procfs
from bench.load.client import Client, Target, connected
from bench.load.meter import Meter
from bench.sample import Sample

SETTLE = 1.0  # seconds: what connecting left behind is freed by then, or will not be


@dataclass(frozen=True)
class Idle:
    """`clients` clients. The memory is that of the last nine tenths, so nothing that is made once counts as theirs."""

    clients: int
    unit: str = "client"
    needs_async: bool = False

    @property
    def title(self) -> str:
        """See Workload."""
        return f"Idle memory at {self.clients:,} clients"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Connect, let it settle, read the server's memory, and for `seconds` its CPU time."""
        meter = Meter(target.pid)
        clients = [Client(meter) for _ in range(self.clients)]
        first, others = clients[: self.clients // 10], clients[self.clients // 10 :]
        async with connected(target, first):
            await meter.watch(asyncio.sleep(SETTLE))
            before = procfs.resident_bytes(target.pid)
            async with connected(target, others):
                await meter.watch(asyncio.sleep(SETTLE))
                grown = procfs.resident_bytes(target.pid) - before
                sample = await meter.measure(seconds)
        return replace(sample, count=self.clients, kib_per_client=grown / 1024 / len(others))
