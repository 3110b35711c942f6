"""Times what arrives in a window, and reads what it cost both sides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bench import procfs
from bench.sample import Sample, percentile

WARM_UP = 1.0  # seconds: JavaScript engines compile what is hot, pools fill, the first latencies are of no use

T = TypeVar("T")


class Meter:
    """What all clients of one load report to."""

    __slots__ = ("_at_boundary", "_failure", "_server_pid", "latencies")

    def __init__(self, server_pid: int) -> None:
        """`server_pid` leads the session of the server's processes."""
        self.latencies: list[float] = []
        """Seconds, one for each message. Clients append to it themselves: a call would be felt."""
        self._server_pid = server_pid
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._at_boundary: asyncio.Future[_Reading] | None = None

    def fail(self, reason: str) -> None:
        """Give the measurement up: a server that answers wrongly is not measured. The first reason counts."""
        if not self._failure.done():
            self._failure.set_result(reason)

    @asynccontextmanager
    async def running(self, *parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Parts of the load that run for as long as the block lasts; one that ends with an error ends all."""
        tasks = [asyncio.ensure_future(part) for part in parts]
        for task in tasks:
            task.add_done_callback(self._fail_with)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _fail_with(self, task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(str(error) or repr(error))

    async def watch(self, awaited: Awaitable[T]) -> T:
        """Wait for something while the load runs.

        Raises:
            LoadFailed: a client reported, before or meanwhile, that something is wrong.
        """
        task = asyncio.ensure_future(awaited)
        await asyncio.wait((task, self._failure), return_when=asyncio.FIRST_COMPLETED)
        if self._failure.done():
            task.cancel()
            raise LoadFailed(self._failure.result())
        return task.result()

    async def measure(self, seconds: float, *, at_boundaries: bool = False) -> Sample:
        """Warm up, then take the sample of a window of `seconds`, which begins and ends at once or at boundaries."""
        await self.watch(asyncio.sleep(WARM_UP))
        before = await self._read(at_boundaries)
        await self.watch(asyncio.sleep(seconds))
        after = await self._read(at_boundaries)
        ordered = [latency * 1000 for latency in sorted(self.latencies[before.count : after.count])]
        return Sample(
            count=after.count - before.count,
            seconds=after.time - before.time,
            server_cpu=after.server_cpu - before.server_cpu,
            load_cpu=after.load_cpu - before.load_cpu,
            load_waited=after.load_waited - before.load_waited,
            p50=percentile(ordered, 0.50),
            p99=percentile(ordered, 0.99),
        )

    def boundary(self) -> None:
        """A window may begin or end here.

        A load in which one message is much work reports where one is done. A window that cut it in two would count its
        cost and not what it delivers, or the reverse.
        """
        if self._at_boundary is not None:
            self._at_boundary.set_result(self._reading())
            self._at_boundary = None

    async def _read(self, at_boundary: bool) -> _Reading:
        if not at_boundary:
            return self._reading()
        self._at_boundary = asyncio.get_running_loop().create_future()
        return await self.watch(self._at_boundary)

    def _reading(self) -> _Reading:
        return _Reading(
            time.perf_counter(),
            len(self.latencies),
            procfs.cpu_seconds(self._server_pid),
            time.process_time(),
            procfs.waited_seconds(),
        )


class LoadFailed(Exception):
    """A server did not do its part."""


@dataclass(frozen=True)
class _Reading:
    time: float
    count: int
    server_cpu: float
    load_cpu: float
    load_waited: float
