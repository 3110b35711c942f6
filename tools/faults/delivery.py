"""Networks that cut connections and servers that are restarted: how much of what was sent arrives, and how."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.faults.device import RETRY, Device
from tools.faults.report import Row
from tools.faults.server import ROOMS, Server

CONNECTING_AT_ONCE = 50

#: Messages a second, all rooms together.
RATE = 10.0


@dataclass
class Notes:
    """What one client has heard in its room."""

    got: list[int] = field(default_factory=list)

    def heard(self, event: str, args: list[Any]) -> None:
        """An event has come."""
        if event == "number":
            self.got.append(args[1])

    def judge(self, emitted: list[int]) -> tuple[int, int, int, int]:
        """Of what was emitted after its first one: how many, how many came, how many twice, how many out of order."""
        if not self.got:
            return len(emitted), 0, 0, 0
        expected = {number for number in emitted if number >= self.got[0]}
        came = set(self.got)
        disorder = sum(1 for before, after in zip(self.got, self.got[1:], strict=False) if after < before)
        return len(expected), len(expected & came), len(self.got) - len(came), disorder


Trouble = Callable[[Server, list[Device], float], Awaitable[None]]


async def deliver(
    name: str, server: Server, trouble: Trouble, *, clients: int, seconds: float, whole: bool, afterwards: float
) -> Row:
    """Publish to rooms of clients who are in trouble for some seconds; who got what.

    Args:
        name: what this is called.
        server: starts here, and ends.
        trouble: what happens.
        clients: how many there are.
        seconds: how long the trouble takes.
        whole: whether all clients have to get everything.
        afterwards: seconds that clients have after the last message to come back and get it.
    """
    server.start()
    try:
        notes = [Notes() for _ in range(clients)]
        devices = [Device(server.address, number % ROOMS, notes[number].heard) for number in range(clients)]
        await connect_all(devices)
        staying = [asyncio.create_task(device.stay()) for device in devices]
        await asyncio.to_thread(server.ask, f"/publish/{RATE:.1f}", "POST")
        await asyncio.sleep(1)  # each client has heard of its room, and knows from where on to count
        await trouble(server, devices, seconds)
        await asyncio.to_thread(server.ask, "/hush", "POST")
        await asyncio.sleep(afterwards)
        for task in staying:
            task.cancel()
        for device in devices:
            device.cut()
    finally:
        server.stop(signal.SIGKILL)
    return _row(name, notes, devices, server.journal, whole=whole)


async def connect_all(devices: Iterable[Device]) -> None:
    """Connect all of them, not too many at a time."""
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect(device: Device) -> None:
        async with gate:
            await device.connect()

    await asyncio.gather(*map(connect, devices))


def _row(name: str, notes: list[Notes], devices: list[Device], journal: Path, *, whole: bool) -> Row:
    emitted: list[list[int]] = [[] for _ in range(ROOMS)]
    for line in journal.read_text("ascii").splitlines():
        room, number = line.split()
        emitted[int(room)].append(int(number))
    judged = [note.judge(emitted[number % ROOMS]) for number, note in enumerate(notes)]
    expected, came, twice, disorder = (sum(column) for column in zip(*judged, strict=True))
    share = 100 * came / expected if expected else 0.0
    returns, lives = sum(device.returns for device in devices), sum(device.lives for device in devices)
    return Row(
        name,
        f"{share:.2f} % of {expected:,} delivered, {twice} twice, {disorder} out of order",
        f"{len(devices)} clients, {returns:,} recovered, {lives - len(devices):,} became new ones",
        fine=expected > 0 and not twice and not disorder and (came == expected or not whole),
    )


# Troubles


async def cuts(
    server: Server, devices: list[Device], seconds: float, *, every: float = 15.0, away: float = 2.0
) -> None:
    """Every client's TCP connection is reset every 15 s, and the client is without a network for 2 s."""

    async def suffer(device: Device) -> None:
        await asyncio.sleep(random.uniform(0, every))
        while True:
            device.lose_network(away)
            await asyncio.sleep(every)

    suffering = [asyncio.create_task(suffer(device)) for device in devices]
    await asyncio.sleep(seconds)
    for task in suffering:
        task.cancel()
    await asyncio.sleep(away + 10 * RETRY)


async def jumps(server: Server, devices: list[Device], seconds: float) -> None:
    """The wall clock of the server jumps an hour ahead, then two hours back, while connections are cut."""

    async def jump() -> None:
        for ahead in (3600, -3600, 0):
            await asyncio.sleep(seconds / 4)
            await asyncio.to_thread(server.ask, f"/clock/{ahead}", "POST")

    jumping = asyncio.create_task(jump())
    await cuts(server, devices, seconds, every=seconds / 4, away=min(1.0, seconds / 8))
    await jumping


async def restart(server: Server, devices: list[Device], seconds: float) -> None:
    """The server is stopped as a deploy does it, and started again."""
    await _restart(server, seconds, signal.SIGTERM)


async def restart_set_back(server: Server, devices: list[Device], seconds: float) -> None:
    """The wall clock is an hour behind when the server starts again."""
    await asyncio.to_thread(server.ask, "/clock/3600", "POST")
    await _restart(server, seconds, signal.SIGTERM)


async def restart_ahead(server: Server, devices: list[Device], seconds: float) -> None:
    """The wall clock is an hour ahead when the server starts again: as if everybody had been away for so long."""
    await asyncio.to_thread(server.ask, "/clock/-3600", "POST")
    await _restart(server, seconds, signal.SIGTERM)


async def kill(server: Server, devices: list[Device], seconds: float) -> None:
    """The server is killed without a warning, and started again."""
    await _restart(server, seconds, signal.SIGKILL)


async def _restart(server: Server, seconds: float, how: signal.Signals) -> None:
    await asyncio.sleep(seconds / 2)
    await asyncio.to_thread(server.stop, how)
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.ask, f"/publish/{RATE:.1f}", "POST")
    await asyncio.sleep(seconds / 2)
