"""Clients that mean no harm: how long their echoes take."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tools.faults.delivery import connect_all
from tools.faults.device import Device
from tools.faults.server import ROOMS, Server

#: Seconds from one echo of a client to its next.
PERIOD = 0.5

#: Seconds after which an echo is lost.
PATIENCE = 5.0


@dataclass(frozen=True)
class Echoes:
    """What came of some echoes: the times that they took, in seconds, in ascending order, and how many did not come."""

    times: list[float]
    lost: int

    @property
    def p99(self) -> float:
        """The time that 99 of 100 echoes took at the most."""
        return self.times[int(len(self.times) * 0.99)] if self.times else float("inf")

    def __str__(self) -> str:
        lost = f", {self.lost} lost" if self.lost else ""
        return f"p99 {self.p99 * 1000:.1f} ms of {len(self.times):,} echoes{lost}"


class Honest:
    """Some clients that ask for an echo now and then.

    Args:
        server: whose clients they are.
        clients: how many.

    Attributes:
        devices: the clients.
    """

    def __init__(self, server: Server, clients: int) -> None:
        self.devices = [Device(server.address, number % ROOMS) for number in range(clients)]

    async def connect(self) -> None:
        """Connect them."""
        await connect_all(self.devices)

    def leave(self) -> None:
        """Disconnect them."""
        for device in self.devices:
            device.cut()

    async def measure(self, seconds: float) -> Echoes:
        """Let them ask for echoes for some seconds, one after the other in each period."""
        times: list[float] = []
        lost = 0

        async def ask(device: Device, delay: float) -> None:
            nonlocal lost
            due = time.monotonic() + delay
            while due < end:
                await asyncio.sleep(due - time.monotonic())
                began = time.perf_counter()
                try:
                    await asyncio.wait_for(device.ask("echo", "x"), PATIENCE)
                except (asyncio.TimeoutError, ConnectionError):
                    lost += 1
                else:
                    times.append(time.perf_counter() - began)
                due += PERIOD

        end = time.monotonic() + seconds
        apart = PERIOD / len(self.devices)
        await asyncio.gather(*(ask(device, number * apart) for number, device in enumerate(self.devices)))
        return Echoes(sorted(times), lost)
