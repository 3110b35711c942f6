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
from typing import Any

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


@contextmanager
def attacked(server: Server, attack: str) -> Iterator[None]:
    """Another process attacks the server as long as the block lasts."""
    host, port = server.address
    command = [sys.executable, "-m", "tools.faults.attackers", attack, host, str(port)]
    attacker = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
        assert attacker.poll() is None, f"the attack {attack} has ended by itself"
    finally:
        attacker.kill()
        attacker.wait()


async def beside(name: str, server: Server, attack: str, *, clients: int, seconds: float, most: int) -> Row:
    """How honest clients fare beside an attack, and how much memory it takes.

    Args:
        name: what this is called.
        server: starts here, and ends.
        attack: one of `attackers.ATTACKS`.
        clients: how many honest ones there are.
        seconds: for how long it is attacked, and before that is not.
        most: bytes that an attack may take.
    """
    server.start()
    try:
        honest = Honest(server, clients)
        await honest.connect()
        calm = await honest.measure(seconds / 4)
        memory = server.memory()
        server.forget_peak()
        with attacked(server, attack):
            beside = await honest.measure(seconds)
            connections = (await asyncio.to_thread(server.state))["connections"]
        taken = server.peak() - memory
        errors = server.errors()
        honest.leave()
    finally:
        server.stop(signal.SIGKILL)
    return Row(
        name,
        f"echoes of {clients} others: {beside} ({calm.p99 * 1000:.1f} ms before)",
        f"{taken / 1e6:.0f} MB for it, {connections:,} connections at the end, {errors} exceptions in the log",
        fine=beside.p99 < ALLOWED and not beside.lost and taken < most and not errors,
    )


async def fan_out(name: str, server: Server, *, stalled: int, others: int, seconds: float) -> Row:
    """How soon the others get what is sent to all, while some do not read it.

    Args:
        name: what this is called.
        server: starts here, and ends. Its outboxes are small enough to be full soon, and lose what is oldest then.
        stalled: how many stop to read.
        others: how many do not.
        seconds: how long it is measured while all read, and as long again while some do not.
    """
    times: list[float] = []

    def heard(event: str, args: list[Any]) -> None:
        if event == "number":
            times.append((time.monotonic_ns() - args[1]) / 1e9)

    async def measure() -> Echoes:
        times.clear()
        await asyncio.sleep(seconds)
        return Echoes(sorted(times), 0)

    server.start()
    try:
        devices = [Device(server.address, 0, heard if number < others else None) for number in range(others + stalled)]
        await connect_all(devices)
        await asyncio.to_thread(server.ask, "/publish/5.0?rooms=1&size=8000", "POST")
        await measure()  # until all are used to it
        calm = await measure()
        memory = server.memory()
        server.forget_peak()
        for device in devices[others:]:
            device.fall_silent()
        await measure()  # until all that lies between is full
        beside = await measure()
        taken = server.peak() - memory
        dropped = (await asyncio.to_thread(server.state))["oldest_dropped"]
        for device in devices:
            device.cut()
    finally:
        server.stop(signal.SIGKILL)
    return Row(
        name,
        f"p99 of the others: {beside.p99 * 1000:.1f} ms ({calm.p99 * 1000:.1f} ms before)",
        f"{stalled} of {stalled + others:,}, {taken / 1e6:.0f} MB for it, {dropped:,} events dropped",
        fine=dropped > 0 and beside.p99 < 1.5 * calm.p99 + ALLOWED and taken < 100_000 * stalled + 10_000_000,
    )
