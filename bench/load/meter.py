"""Counts what arrives in a window of time, and what it cost both sides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bench import procfs
from bench.sample import Sample, percentile

WARM_UP = 1.0  # seconds: JavaScript engines compile what is hot, pools fill, the first latencies are of no use

Edge: TypeAlias = Callable[[], Awaitable[object]]


class Meter:
    """What all clients of one load write to. Fields, not methods, where each message costs."""

    __slots__ = ("_failure", "count", "latencies")

    def __init__(self) -> None:
        self.count = 0
        self.latencies: list[float] = []
        """Seconds, one for each message."""
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def fail(self, reason: str) -> None:
        """Give the measurement up: a server that answers wrongly is not measured. The first reason counts."""
        if not self._failure.done():
            self._failure.set_result(reason)

    async def watch(self, awaited: Awaitable[object]) -> None:
        """Wait for something while the load runs.

        Raises:
            LoadFailed: a client reported, before or meanwhile, that something is wrong.
        """
        task = asyncio.ensure_future(awaited)
        either: tuple[asyncio.Future[Any], ...] = (task, self._failure)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._failure.done():
            task.cancel()
            raise LoadFailed(self._failure.result())

    async def measure(self, server_pid: int, seconds: float, edge: Edge | None = None) -> Sample:
        """Warm up, then take the sample of a window of `seconds`.

        Args:
            server_pid: the leader of the session of the server's processes.
            seconds: how long the window is at least.
            edge: waits for a moment at which the window may begin or end. Where one message is much work, it must not
                be cut in two: its cost would fall into the window and what it delivers outside, or the reverse.
        """
        edge = edge or _anywhere
        await self.watch(asyncio.sleep(WARM_UP))
        await self.watch(edge())
        self.latencies.clear()
        before = _Reading.take(self, server_pid)
        await self.watch(asyncio.sleep(seconds))
        await self.watch(edge())
        after = _Reading.take(self, server_pid)
        ordered = [latency * 1000 for latency in sorted(self.latencies)]
        return Sample(
            count=after.count - before.count,
            seconds=after.time - before.time,
            server_cpu=after.server_cpu - before.server_cpu,
            load_cpu=after.load_cpu - before.load_cpu,
            p50=percentile(ordered, 0.50),
            p99=percentile(ordered, 0.99),
        )


async def _anywhere() -> None:
    """Where messages are small, a window may begin and end between any two of them."""


class LoadFailed(Exception):
    """A server did not do its part."""


@dataclass(frozen=True)
class _Reading:
    time: float
    count: int
    server_cpu: float
    load_cpu: float

    @classmethod
    def take(cls, meter: Meter, server_pid: int) -> _Reading:
        return cls(time.perf_counter(), meter.count, procfs.cpu_seconds(server_pid), time.process_time())
