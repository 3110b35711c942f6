"""Clients that mean harm: `python -m tools.faults.attackers ATTACK HOST PORT SCALE` attacks until it is ended.

What they compute is bounded: they share the cores with the server and with the clients beside which they attack, and
would otherwise take these away from them, which no attacker behind a network can. Floods are made beforehand and sent
at the rate of a line, or as slowly as the server takes them.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import zlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple

from tools.faults.limits import many_descriptors
from tools.faults.wire import CONTINUATION, TEXT, frame, head

#: How many connections there are of each kind.
SLOW = 500
LOITERING = 10_000
FLOODING = 10

#: How many connections are opened in a second, and how many PONGs are sent by all together.
OPENING = 1_000
PONGS = 10_000

#: Bytes a second of a line of 10 Mbit/s.
LINE = 1_250_000

#: Seconds from one byte of a slow client to its next.
BYTE = 1.0

#: Frames of one byte in one write.
FRAGMENTS = 1_000


class Target(NamedTuple):
    """Whom to attack, and with how much of the whole force."""

    address: tuple[str, int]
    scale: float

    def many(self, count: int) -> int:
        """So many of the whole."""
        return max(1, round(count * self.scale))


Attack = Callable[[Target], Awaitable[None]]


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


async def _connect(target: Target, first: bytes) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(lambda: Client(first), *target.address)
    return client


async def _websocket(target: Target, more: str = "") -> Client:
    """A WebSocket in the default namespace, for whose handshake there may be more headers."""
    client = await _connect(target, head("transport=websocket", websocket=True, more=more))
    await client.answered.wait()
    client.transport.write(frame(b"40"))
    return client


async def _keep_up(target: Target, count: int, live: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Let so many clients live at a time, or as many as there can be; whoever has died is replaced."""
    count = min(target.many(count), many_descriptors() - 100)
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


async def _send_steadily(client: Client, message: bytes, rate: float) -> None:
    """Send a message so many times a second, or as often as the server takes it."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not client.closed.is_set():
        client.transport.write(message)
        await client.writable.wait()
        due = max(due + 1 / rate, loop.time())
        await asyncio.sleep(due - loop.time())


async def _byte_by_byte(target: Target, first: bytes) -> None:
    """Send something, and then one byte after the other, slowly, until the server has had enough."""
    with suppress(OSError):
        client = await _connect(target, first)
        while not client.closed.is_set():
            await asyncio.sleep(BYTE)
            client.transport.write(b"x")


async def slowloris(target: Target) -> None:
    """Half of the clients never come to the end of a request's head, half to that of its body."""

    async def slow_body() -> None:
        with suppress(OSError, ValueError):
            reader, writer = await asyncio.open_connection(*target.address)
            writer.write(head("transport=polling", more="Connection: close\r\n"))
            sid = json.loads((await reader.read()).partition(b"\r\n\r\n0")[2])["sid"]
            writer.close()
            query = f"transport=polling&sid={sid}"
            await _byte_by_byte(target, head(query, method="POST", more="Content-Length: 100000\r\n"))

    unfinished = head("transport=polling")[:-2] + b"X-Slow: "
    slow_heads = _keep_up(target, SLOW, lambda: _byte_by_byte(target, unfinished))
    await asyncio.gather(slow_heads, _keep_up(target, SLOW, slow_body))


async def loiter(target: Target) -> None:
    """Many WebSockets that never send CONNECT."""

    async def live() -> None:
        with suppress(OSError):
            client = await _connect(target, head("transport=websocket", websocket=True))
            await client.closed.wait()

    await _keep_up(target, LOITERING, live)


async def pong(target: Target) -> None:
    """PONGs that nobody has asked for."""

    async def live() -> None:
        for_a_centisecond = frame(b"3") * target.many(PONGS // FLOODING // 100)
        await _send_steadily(await _websocket(target), for_a_centisecond, 100)

    await _keep_up(target, FLOODING, live)


async def fragment(target: Target) -> None:
    """Messages in fragments of one byte."""
    event = b'42["ignored","' + b"x" * FRAGMENTS + b'"]'
    fragments = [frame(event[at : at + 1], CONTINUATION if at else TEXT, fin=False) for at in range(len(event))]
    message = b"".join(fragments) + frame(b"", CONTINUATION)

    async def live() -> None:
        await _send_steadily(await _websocket(target), message, LINE / len(message))

    await _keep_up(target, FLOODING, live)


async def bomb(target: Target) -> None:
    """Messages of 1 KB that become a megabyte, and some that become fifty."""

    async def live() -> None:
        await _send_steadily(await _websocket(target, _DEFLATE), small, LINE / len(small))

    async def live_shortly() -> None:
        client = await _websocket(target, _DEFLATE)
        client.transport.write(large)
        await client.closed.wait()
        await asyncio.sleep(random.uniform(0, 2))

    small, large = (frame(_deflated(size), compressed=True) for size in (900_000, 50_000_000))
    await asyncio.gather(_keep_up(target, FLOODING, live), _keep_up(target, FLOODING, live_shortly))


_DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def _deflated(size: int) -> bytes:
    """An event of so many bytes, as permessage-deflate writes it (RFC 7692, 7.2.1)."""
    deflating = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [deflating.compress(b'42["ignored","'), deflating.compress(b"x" * size), deflating.compress(b'"]')]
    return b"".join([*parts, deflating.flush(zlib.Z_SYNC_FLUSH)]).removesuffix(b"\x00\x00\xff\xff")


ATTACKS: dict[str, Attack] = {attack.__name__: attack for attack in (slowloris, loiter, pong, fragment, bomb)}


async def _attack(name: str, target: Target) -> None:
    await ATTACKS[name](target)


if __name__ == "__main__":
    name, host, port, scale = sys.argv[1:]
    asyncio.run(_attack(name, Target((host, int(port)), float(scale))))
