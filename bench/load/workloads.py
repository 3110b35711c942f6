"""The workloads by name. A further one is a class with `title`, `unit`, `needs_async` and `run`, and a line here."""

from __future__ import annotations

from typing import Protocol

from bench.load.client import Target
from bench.load.echo import Echo
from bench.load.fanout import FanOut
from bench.load.idle import Idle
from bench.sample import Sample


class Workload(Protocol):
    """A load, without a server yet."""

    @property
    def title(self) -> str:
        """Heads its table."""

    @property
    def unit(self) -> str:
        """What one `count` of its Sample is: echo, delivery, client."""

    @property
    def needs_async(self) -> bool:
        """Whether it is only for peers with `async def` handlers."""

    async def run(self, target: Target, seconds: float) -> Sample:
        """Put the load on the server and measure for `seconds`.

        Raises:
            LoadFailed: the server did not do its part.
        """


WORKLOADS: dict[str, Workload] = {
    "echo-1": Echo(in_flight=1),
    "echo-16": Echo(in_flight=16),
    "echo-async-1": Echo(in_flight=1, event="echo_async"),
    "echo-async-16": Echo(in_flight=16, event="echo_async"),
    "fan-out": FanOut(members=1000),
    "idle": Idle(clients=1000),
}
