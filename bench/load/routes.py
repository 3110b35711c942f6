"""Flask's own routes: clients that ask for one again and again."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import ClassVar

from bench.features import Feature
from bench.load.client import Target
from bench.load.echo import MESSAGE
from bench.load.http import HttpConnection, request
from bench.load.meter import LoadFailed, Meter
from bench.load.workload import Workload
from bench.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Routes(Workload):
    """A view that returns 80 bytes of JSON, over connections that are kept where the server keeps them."""

    unit: ClassVar[str] = "requests"

    clients: int = 50
    needs: Feature = Feature.FLASK_ROUTES

    @property
    def title(self) -> str:
        """See Workload."""
        return f"A Flask route, {self.clients} connections"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Ask over all connections at once."""
        meter = Meter(target.pid)
        connections = [HttpConnection(target) for _ in range(self.clients)]
        async with meter.running(*(_read(connection, meter) for connection in connections)):
            sample = await meter.measure(seconds)
        for connection in connections:
            connection.close()
        return sample


async def _read(connection: HttpConnection, meter: Meter) -> None:
    asked = request("GET", "/message")
    expected = await connection.exchange(asked)
    if json.loads(expected) != MESSAGE:
        raise LoadFailed(f"not what the view returns: {expected[:100]!r}")
    while True:
        began = time.perf_counter()
        if (answer := await connection.exchange(asked)) != expected:
            raise LoadFailed(f"not what the view returned before: {answer[:100]!r}")
        meter.latencies.append(time.perf_counter() - began)
