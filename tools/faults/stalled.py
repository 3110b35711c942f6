"""Clients that stop to read: what that costs the others, and the server."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

from tools.faults.delivery import PATIENCE, connect_all
from tools.faults.device import Device
from tools.faults.honest import Times
from tools.faults.report import Row
from tools.faults.server import Server

#: Emits a second to all, and characters in each.
RATE = 5.0
SIZE = 8_000

#: Bytes that the system of a stalled client takes for it.
RECEIVE_BUFFER = 16_384

#: The room of those who stall, and what they alone are sent until they take nothing more, in characters: for a client
#: on the same machine the server's system keeps megabytes before the server sees that it does not read.
STALLED = 1
FILLING = 50_000

#: How much longer the others may wait while some do not read: so many times as long, and these seconds.
SLOWER = 1.25
LATER = 0.01

#: Bytes of memory that a stalled client may take, beside its outbox, and all together.
BUFFER = 2 * 65_536
SLACK = 10_000_000


async def stall(server: Server, devices: list[Device], teller: Device) -> None:
    """Let clients read no more, and return when they take nothing more and their outboxes are full."""

    def are_full(state: dict[str, int]) -> bool:
        return state["blocked"] >= len(devices) and state["oldest_dropped"] >= len(devices)

    for device in devices:
        await device.ask("join", STALLED)
        device.fall_silent()
    deadline = time.monotonic() + PATIENCE
    while (await asyncio.to_thread(server.ask, "/state"))["blocked"] < len(devices) and time.monotonic() < deadline:
        for _ in range(5):
            await teller.ask("tell", STALLED, "x" * FILLING)
    await asyncio.to_thread(server.when, are_full, PATIENCE)


async def fan_out(server: Server, *, stalled: int, others: int, seconds: float, outbox: int, rate: float = RATE) -> Row:
    """How soon the others get what is sent to all while some do not read it, and before and after that.

    Args:
        server: starts here, and ends. Where an outbox is full it is to drop what is oldest.
        stalled: how many stop to read.
        others: how many do not.
        seconds: how long it is measured while all read, while some do not, and while all read again.
        outbox: its `max_outbox_size`.
        rate: emits a second.
    """
    times: list[float] = []

    def heard(event: str, args: list[Any]) -> None:
        if event == "number":
            times.append((time.monotonic_ns() - args[1]) / 1e9)

    async def measure() -> list[float]:
        times.clear()
        await asyncio.sleep(seconds)
        return times.copy()

    server.start()
    try:
        readers = [Device(server.address, 0, heard) for _ in range(others)]
        stalling = [Device(server.address, 0, receive_buffer=RECEIVE_BUFFER) for _ in range(stalled)]
        await connect_all(readers + stalling)
        await asyncio.to_thread(server.publish, rate, rooms=1, size=SIZE)
        await measure()  # until all are used to it
        before = await measure()
        memory = server.memory()
        server.forget_peak()
        await stall(server, stalling, readers[0])
        beside = Times(sorted(await measure()), 0)
        taken = server.peak() - memory
        state = await asyncio.to_thread(server.ask, "/state")
        for device in stalling:
            device.wake_up()
        await asyncio.to_thread(server.when, lambda state: not state["blocked"], PATIENCE)
        calm = Times(sorted(before + await measure()), 0)  # what else the machine does shall not look like their fault
        for device in readers + stalling:
            device.cut()
    finally:
        server.stop(signal.SIGKILL)
    return Row(
        f"the others get it in {beside.p50 * 1000:.1f} ms (p99 {beside.p99 * 1000:.1f}), "
        f"before and after that in {calm.p50 * 1000:.1f} ms (p99 {calm.p99 * 1000:.1f})",
        f"{state['blocked']} outboxes of {outbox:,} bytes full, {state['oldest_dropped']:,} events dropped, "
        f"{taken / 1e6:.0f} MB for it",
        fine=state["blocked"] == stalled
        and beside.p50 < SLOWER * calm.p50 + LATER
        and beside.p99 < SLOWER * calm.p99 + LATER
        and taken < stalled * (outbox + BUFFER) + SLACK,
    )
