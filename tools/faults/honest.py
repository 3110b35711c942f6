"""Clients that mean no harm: how long their echoes take, whatever else the server has to do."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.faults.delivery import connect_all
from tools.faults.device import Device
from tools.faults.report import Row
from tools.faults.server import ROOMS, ROOT, Server

#: Seconds that an echo may take beside an attack, but for one in a hundred.
ALLOWED = 0.05

#: Seconds from one echo of a client to its next.
PERIOD = 0.5

#: Seconds after which an echo is lost.
PATIENCE = 5.0


@dataclass(frozen=True)
class Times:
    """The times that something took, in seconds, in ascending order, and how often it did not come at all."""

    times: list[float]
    lost: int

    @property
    def p50(self) -> float:
        """The time that half of them took at the most."""
        return self._part(0.5)

    @property
    def p99(self) -> float:
        """The time that 99 of 100 took at the most."""
        return self._part(0.99)

    def _part(self, share: float) -> float:
        return self.times[int(len(self.times) * share)] if self.times else float("inf")

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

    async def measure(self, seconds: float) -> Times:
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
        return Times(sorted(times), lost)


@contextmanager
def attacked(server: Server, attack: str, scale: float = 1.0) -> Iterator[None]:
    """Another process attacks the server as long as the block lasts; `scale` is with how much of its whole force."""
    host, port = server.address
    command = [sys.executable, "-m", "tools.faults.attackers", attack, host, str(port), str(scale)]
    attacker = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
        assert attacker.poll() is None, f"the attack {attack} has ended by itself"
    finally:
        attacker.kill()
        attacker.wait()


async def beside(server: Server, attack: str, *, clients: int, seconds: float, most: int, scale: float = 1.0) -> Row:
    """How honest clients fare beside an attack, and how much memory it takes.

    Args:
        server: starts here, and ends.
        attack: one of `attackers.ATTACKS`.
        clients: how many honest ones there are.
        seconds: for how long it is attacked, and before that is not.
        most: bytes that an attack may take.
        scale: with how much of its whole force the attacker attacks.
    """
    server.start()
    try:
        honest = Honest(server, clients)
        await honest.connect()
        calm = await honest.measure(seconds / 4)
        memory = server.memory()
        server.forget_peak()
        with attacked(server, attack, scale):
            beside = await honest.measure(seconds)
            connections = (await asyncio.to_thread(server.ask, "/state"))["connections"]
        taken = server.peak() - memory
        errors = server.errors()
        honest.leave()
    finally:
        server.stop(signal.SIGKILL)
    return Row(
        f"echoes of the others: {beside} ({calm.p99 * 1000:.1f} ms before)",
        f"{taken / 1e6:.0f} MB for it, {connections:,} connections at the end, {errors} exceptions in the log",
        fine=beside.p99 < ALLOWED and not beside.lost and taken < most and not errors,
    )
