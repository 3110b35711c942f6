"""Networks that cut connections and servers that are restarted: how much of what was sent arrives, and how."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.faults.device import Device
from tools.faults.report import Row
from tools.faults.server import ROOMS, Server

CONNECTING_AT_ONCE = 50

#: Messages a second, all rooms together.
RATE = 10.0

#: Seconds that clients have to come back when nothing keeps them from it, and to get what they have missed.
PATIENCE = 30.0


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


class Crowd:
    """Clients that come back whenever they are cut off, each in one of the rooms.

    Args:
        server: whose they are.
        clients: how many.
    """

    def __init__(self, server: Server, clients: int) -> None:
        self._notes = [Notes() for _ in range(clients)]
        self.devices = [Device(server.address, number % ROOMS, notes.heard) for number, notes in enumerate(self._notes)]

    async def come(self) -> None:
        """Connect all; from here on, each that is cut off connects again."""
        await connect_all(self.devices)
        self._staying = [asyncio.create_task(device.stay()) for device in self.devices]

    @property
    def all_here(self) -> bool:
        """Whether all of them are connected, and have heard something."""
        return all(device.connected and notes.got for device, notes in zip(self.devices, self._notes, strict=True))

    def have_heard(self, emitted: list[list[int]]) -> bool:
        """Whether each has heard the newest of what was emitted to its room."""
        return all(notes.got[-1:] >= emitted[n % ROOMS][-1:] for n, notes in enumerate(self._notes))

    def leave(self) -> None:
        """Cut all off, for good."""
        for task in self._staying:
            task.cancel()
        for device in self.devices:
            device.cut()

    def judge(self, emitted: list[list[int]], *, whole: bool) -> Row:
        """Who has heard what."""
        judged = [notes.judge(emitted[number % ROOMS]) for number, notes in enumerate(self._notes)]
        expected, came, twice, disorder = (sum(column) for column in zip(*judged, strict=True))
        share = 100 * came / expected if expected else 0.0
        returns = sum(device.returns for device in self.devices)
        lives = sum(device.lives for device in self.devices)
        return Row(
            f"{share:.2f} % of {expected:,} delivered, {twice} twice, {disorder} out of order",
            f"{len(self.devices)} clients, {returns:,} recovered, {lives - len(self.devices):,} became new ones",
            fine=expected > 0 and not twice and not disorder and (came == expected or not whole),
        )


Trouble = Callable[[Server, list[Device], float], Awaitable[None]]


async def deliver(
    server: Server, trouble: Trouble, *, clients: int, seconds: float, whole: bool, rate: float = RATE
) -> Row:
    """Publish to rooms of clients who are in trouble for some seconds; who got what.

    Args:
        server: starts here, and ends.
        trouble: what happens.
        clients: how many there are.
        seconds: how long the trouble takes.
        whole: whether all clients have to get everything.
        rate: messages a second, all rooms together.
    """
    server.start()
    try:
        crowd = Crowd(server, clients)
        await crowd.come()
        await asyncio.to_thread(server.publish, rate)
        await until(lambda: crowd.all_here)  # each has heard of its room, and knows from where on to count
        await trouble(server, crowd.devices, seconds)
        await until(lambda: crowd.all_here)
        await asyncio.sleep(2 * ROOMS / rate)  # there is something in each room that they hear, and end with
        await asyncio.to_thread(server.ask, "/hush", "POST")
        emitted = _read(server.journal)
        await until(lambda: crowd.have_heard(emitted))
        crowd.leave()
    finally:
        server.stop(signal.SIGKILL)
    return crowd.judge(emitted, whole=whole)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, but not for ever: what has not come by then is counted as lost."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110  # many places set what it looks at
        await asyncio.sleep(0.05)


async def connect_all(devices: Iterable[Device]) -> None:
    """Connect all of them, not too many at a time."""
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect(device: Device) -> None:
        async with gate:
            await device.connect()

    await asyncio.gather(*map(connect, devices))


def _read(journal: Path) -> list[list[int]]:
    """What was emitted to each room."""
    emitted: list[list[int]] = [[] for _ in range(ROOMS)]
    for line in journal.read_text("ascii").splitlines():
        room, number = line.split()
        emitted[int(room)].append(int(number))
    return emitted


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
    await asyncio.to_thread(server.publish, server.rate)
    await asyncio.sleep(seconds / 2)
