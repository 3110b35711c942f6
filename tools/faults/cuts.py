"""Connections that end in the middle of a handshake, and peers that fall silent: nothing of them may stay."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from tools.faults.delivery import connect_all
from tools.faults.device import Device
from tools.faults.honest import Honest
from tools.faults.report import Row
from tools.faults.server import ROOMS, Server
from tools.faults.wire import frame, head

PATIENCE = 5.0

#: Seconds that a dead client may go unnoticed, and that one has to say what it wants. That is longer: who is told that
#: it took too long has another half minute to fetch that by long polling.
NOTICED: dict[str, Any] = {"ping_interval": 1.0, "ping_timeout": 1.0, "connect_timeout": 3.0, "upgrade_timeout": 2.0}

#: Bytes, or what is to be done with the answer that has to come before the next ones.
Step = bytes | Callable[[socket.socket], None]


def _answered(sock: socket.socket) -> None:
    """Wait for an answer, whatever it is."""
    if not sock.recv(65536):
        raise ConnectionError


def websocket_handshake(server: Server) -> list[Step]:
    """A WebSocket that joins the default namespace."""
    return [head("transport=websocket", websocket=True), _answered, frame(b"40"), _answered]


def polling_handshake(server: Server) -> list[Step]:
    """The first request of long polling."""
    return [head("transport=polling"), _answered]


def upgrade(server: Server) -> list[Step]:
    """The upgrade of a session of long polling, which has its own connection."""
    with socket.create_connection(server.address, PATIENCE) as sock:
        sock.sendall(head("transport=polling", more="Connection: close\r\n"))
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    sid = json.loads(answer[answer.index(b"\r\n\r\n0") + 5 :])["sid"]
    request = head(f"transport=websocket&sid={sid}", websocket=True)
    return [request, _answered, frame(b"2probe"), _answered, frame(b"5")]


def places(steps: list[Step]) -> int:
    """After how many bytes one may be cut off: none, one, and so on, and all of them."""
    return sum(len(step) for step in steps if isinstance(step, bytes)) + 1


def cut(server: Server, steps: list[Step], after: int, *, reset: bool) -> None:
    """Go as far as so many bytes, then end the connection, by a reset or by the ordinary end."""
    with socket.create_connection(server.address, PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for step in steps:
            if callable(step):
                step(sock)
                continue
            sock.sendall(step[:after])
            after -= len(step)
            if after < 0:
                break
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _all_cuts(server: Server, begin: Callable[[Server], list[Step]], every: int) -> Iterator[int]:
    for after in range(0, places(begin(server)), every):
        for reset in (True, False):
            cut(server, begin(server), after, reset=reset)
            yield after


async def handshake(name: str, server: Server, begin: Callable[[Server], list[Step]], *, every: int = 1) -> Row:
    """Cut a handshake at each byte, or at every so many, by a reset and by an ordinary end.

    Args:
        name: what this is called.
        server: starts here, and ends.
        begin: the handshake.
        every: bytes from one place to the next.
    """
    server.start()
    try:
        await asyncio.to_thread(cut, server, begin(server), places(begin(server)), reset=True)  # the first costs more
        before = await asyncio.to_thread(_at_rest, server)
        times = await asyncio.to_thread(lambda: sum(1 for _ in _all_cuts(server, begin, every)))
        left = await asyncio.to_thread(server.settled, before, 15.0)
        device = Device(server.address, 0)
        await asyncio.wait_for(device.connect(), PATIENCE)
        answer = await asyncio.wait_for(device.ask("echo", "still there?"), PATIENCE)
        device.cut()
        errors = server.errors()
    finally:
        server.stop()
    return Row(
        name,
        "nothing of them is left" if not left else f"left over: {left}",
        f"{times} cuts, {errors} exceptions in the log",
        fine=not left and not errors and answer == ["still there?"],
    )


def _at_rest(server: Server) -> dict[str, int]:
    """What the server holds when nobody is there."""
    deadline = time.monotonic() + 2 * PATIENCE
    while (state := server.state())["connections"] and time.monotonic() < deadline:
        time.sleep(0.1)
    return state


async def half_open(name: str, server: Server, *, silent: int, others: int) -> Row:
    """Some clients stop reading and answering, on connections that stay: they are noticed, the others are not."""
    due = NOTICED["ping_interval"] + NOTICED["ping_timeout"]
    server.start()
    try:
        devices = [Device(server.address, number % ROOMS) for number in range(silent)]
        honest = Honest(server, others)
        await asyncio.gather(connect_all(devices), honest.connect())
        for device in devices:
            device.fall_silent()
        began = time.monotonic()
        measuring = asyncio.create_task(honest.measure(due + 2))
        noticed = 0.0
        while not noticed and not measuring.done():
            await asyncio.sleep(0.1)
            if (await asyncio.to_thread(server.state))["connections"] == others:
                noticed = time.monotonic() - began
        measured = await measuring
        stayed = sum(device.lives == 1 and device.connected for device in honest.devices)
        for device in devices + honest.devices:
            device.cut()
    finally:
        server.stop()
    return Row(
        name,
        f"all noticed after {noticed:.1f} s (ping interval and timeout are {due:.0f} s)" if noticed else "not noticed",
        f"{silent} silent, {others} others: {measured}",
        fine=0 < noticed < due + 1 and stayed == others and not measured.lost,
    )
