"""Blocking: some events are slow, and the question is how long the others wait.

Other workloads ask as fast as the server answers, and then every message waits for all others. Here the server is
first asked so for a moment, which tells what it can do, and then at half that rate, at set times, as users come: a
server that falls behind gets no rest, and what waits for it counts from the time it was due.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from bench.features import Feature
from bench.figures import LATENCY, Figure
from bench.load.client import Client, Target, connected
from bench.load.echo import MESSAGE, event
from bench.load.meter import WARM_UP, LoadFailed, Meter
from bench.load.workload import Workload
from bench.sample import Sample

TICK = 0.001  # seconds: the finest that the loop's timers are
TRIAL = 1.0  # seconds at the full rate


@dataclass(frozen=True, kw_only=True)
class Blocking(Workload):
    """Every `one_in`-th event has a handler that sleeps for 50 ms. Only the echoes of the other events are timed.

    A client waits for its answer before it speaks again, so a slow event keeps nobody waiting but the client itself,
    unless the server makes others wait: that is what shows.
    """

    unit: ClassVar[str] = "echoes"
    figures: ClassVar[tuple[Figure, ...]] = LATENCY

    clients: int = 200
    one_in: int = 20
    needs: Feature = Feature.BLOCKING_HANDLERS

    @property
    def title(self) -> str:
        """See Workload."""
        return (
            f"Echo at half load, {self.clients} clients, while 1 of {self.one_in} events blocks its handler for 50 ms"
        )

    def takes(self, seconds: float) -> float:
        """See Workload."""
        return super().takes(seconds) + WARM_UP + TRIAL

    async def run(self, target: Target, seconds: float) -> Sample:
        """Find the full rate, then measure at half of it."""
        meter = Meter(target.pid)
        queue = Queue(self.one_in)
        clients = [Patient(meter, queue) for _ in range(self.clients)]
        async with connected(target, clients):
            for client in clients:
                queue.speak(client)
            await meter.watch(asyncio.sleep(WARM_UP))
            began = queue.answered
            await meter.watch(asyncio.sleep(TRIAL))
            if queue.answered == began:
                raise LoadFailed(f"no answer in {TRIAL} s")
            half = (queue.answered - began) / TRIAL / 2
            async with meter.running(queue.pace(half)):
                return await meter.measure(seconds)


class Queue:
    """Brings events that are due and clients that are free together. At first an event is due for every free client."""

    def __init__(self, one_in: int) -> None:
        self.answered = 0
        self._one_in = one_in
        self._said = 0
        self._free: deque[Patient] = deque()
        self._due: deque[float] | None = None

    def freed(self, client: Patient) -> None:
        """A client has its answer."""
        self.answered += 1
        if self._due is None:
            self.speak(client)
        else:
            self._free.append(client)

    def speak(self, client: Patient, due: float | None = None) -> None:
        """Let the client say what is next."""
        self._said += 1
        client.speak(time.perf_counter() if due is None else due, blocks=self._said % self._one_in == 0)

    async def pace(self, rate: float) -> None:
        """From now on `rate` events are due in a second."""
        self._due = deque()
        next_due = time.perf_counter()
        while True:
            now = time.perf_counter()
            while next_due <= now:
                self._due.append(next_due)
                next_due += 1 / rate
            while self._due and self._free:
                self.speak(self._free.popleft(), self._due.popleft())
            await asyncio.sleep(TICK)


class Patient(Client):
    """Says one thing at a time."""

    def __init__(self, meter: Meter, queue: Queue) -> None:
        super().__init__(meter)
        self._queue = queue
        self._waits_since = 0.0

    def speak(self, due: float, *, blocks: bool) -> None:
        """Send an event that was to be sent at `due`."""
        self._waits_since = due
        self.send(BLOCK if blocks else ECHO)

    def on_event(self, packet: bytes) -> None:
        """The answer came."""
        if packet == ECHO:
            self.meter.latencies.append(time.perf_counter() - self._waits_since)
        elif packet != BLOCK:
            self.meter.fail(f"not the echo of {ECHO!r}: {packet!r}")
            return
        self._queue.freed(self)


ECHO, BLOCK = event("echo", MESSAGE), event("block", MESSAGE)
