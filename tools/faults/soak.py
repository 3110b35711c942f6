"""`make soak`: clients come, go and die, and nothing of them may stay.

Memory is compared between the end of the first minute and the last one, while as many clients as ever are there; all
else at the end, when everybody has gone and nobody is waited for any more, with how it was before the first came.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.faults.device import Device
from tools.faults.report import Row
from tools.faults.server import ROOMS, Server

#: Seconds that a client may be away, and that a dead one may go unnoticed: short, so that a minute has seen it all.
AWAY = 10.0
OPTIONS: dict[str, Any] = {"ping_interval": 5.0, "ping_timeout": 5.0, "connect_timeout": 5.0}

#: Seconds after which a client that fell silent has been noticed, and after which nobody is waited for any more.
UNNOTICED = 12.0
FORGOTTEN = 40.0

#: Seconds that a client stays, on average, for which it pauses between two events, and waits for an answer.
STAY = 20.0
PAUSE = 5.0
PATIENCE = 10.0

#: How often, after an event, a client tells a room something, and loses its network.
TELLING = 0.05
LOSING = 0.2

#: Emits a second, to one room each.
RATE = 5.0

#: More than the server has.
THREADS = 100

#: The memory may have grown by so much.
GROWTH = 0.02

#: A mean of the memory is taken over this part of a minute, from so many looks.
LOOKING = 0.2
LOOKS = 12


def _fill_pool(server: Server) -> None:
    """Let the server start all the threads that it will ever have: it keeps them."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(server.ask, ["/nap"] * THREADS))


async def live(server: Server) -> None:
    """One life after the other."""
    while True:
        device = Device(server.address, random.randrange(ROOMS))
        try:
            await _live(device)
        finally:
            device.end()


async def _live(device: Device) -> None:
    """Come, say something now and then, lose the network, and end in one of the ways there are."""
    await device.connect()
    ends = time.monotonic() + random.expovariate(1 / STAY)
    while time.monotonic() < ends:
        with suppress(ConnectionError, asyncio.TimeoutError):
            await asyncio.wait_for(device.ask("echo", "x" * random.randrange(200)), PATIENCE)
        if random.random() < TELLING:
            device.emit("tell", random.randrange(ROOMS), "hello")
        await asyncio.sleep(random.uniform(0, 2 * PAUSE))
        if random.random() < LOSING:
            device.lose_network(random.uniform(0, 2))
            await device.connect()
    way = random.choice(("leave", "die", "fall silent"))
    if way == "leave":
        device.leave()
    elif way == "fall silent":
        device.fall_silent()
        await asyncio.sleep(UNNOTICED)


async def _end(lives: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: Python 3.11 loses a cancellation that comes with the result waited for."""
    while lives:
        for task in lives:
            task.cancel()
        _, lives = await asyncio.wait(lives, timeout=1)


async def _memory(server: Server, minute: float) -> float:
    """The mean of some looks."""
    looks = []
    for _ in range(LOOKS):
        looks.append(await asyncio.to_thread(server.memory))
        await asyncio.sleep(minute * LOOKING / LOOKS)
    return sum(looks) / len(looks)


async def soak(log: Path, *, clients: int, minutes: float, minute: float = 60.0, away: float = AWAY) -> Row:
    """Let so many clients live for some minutes; how many seconds these have, and clients may be away, is for tests."""
    server = Server(log, recovery={"max_disconnection_duration": away}, **OPTIONS)
    server.start()
    try:
        warming = Device(server.address, 0)
        await warming.connect()
        await warming.ask("echo", "x")
        warming.leave()
        await asyncio.to_thread(_fill_pool, server)
        await asyncio.sleep(1)
        before = await asyncio.to_thread(server.state)
        await asyncio.to_thread(server.publish, RATE)
        lives = [asyncio.create_task(live(server)) for _ in range(clients)]
        await asyncio.sleep(minute)
        early = late = await _memory(server, minute)
        for count in range(1, round(minutes)):
            await asyncio.sleep(minute * (1 - LOOKING))
            late = await _memory(server, minute)
            print(f"minute {count + 1}: {late / 1e6:.1f} MB, {late / early - 1:+.1%}", flush=True)
        await asyncio.to_thread(server.ask, "/hush", "POST")
        await _end(lives)
        await asyncio.sleep(1)
        left = await asyncio.to_thread(server.settled, before, FORGOTTEN, "threads")
        errors = server.errors()
    finally:
        server.stop()
    return Row(
        f"memory {early / 1e6:.1f} MB after a minute, {late / early - 1:+.1%} at the end",
        f"{f'left over: {left}' if left else 'nothing left over'}, {errors} exceptions in the log",
        fine=late < early * (1 + GROWTH) and not left and not errors,
    )
