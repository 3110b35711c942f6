"""Connections that end in the middle of a handshake, and peers that fall silent: nothing of them may stay."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from tools.faults.delivery import connect_all
from tools.faults.device import Device
from tools.faults.honest import Honest
from tools.faults.report import Row
from tools.faults.server import ROOMS, Server
from tools.faults.wire import frame, head

PATIENCE = 5.0

#: Seconds that a dead client may go unnoticed. They end one that does not say what it wants, too: who is told that this
#: takes too long (`connect_timeout`) would have another half minute to fetch it by long polling.
NOTICED: dict[str, Any] = {"ping_interval": 1.0, "ping_timeout": 1.0, "upgrade_timeout": 2.0}

#: A client on one connection: what it sends, and what has to come in answer before it goes on; it is given the answer.
Conversation = Generator[tuple[bytes, bytes], bytes, None]
Begin = Callable[[Server], Conversation]

_ECHO, _ECHOED = b'420["echo","x"]', b'430["x"]'


def websocket(server: Server) -> Conversation:
    """A WebSocket that joins the default namespace, and sends an event."""
    yield head("transport=websocket", websocket=True), b"}"
    yield frame(b"40"), b"}"
    yield frame(_ECHO), _ECHOED


def polling(server: Server) -> Conversation:
    """The same by long polling."""
    opened = yield head("transport=polling"), b"}"
    query = f"transport=polling&sid={_sid(opened)}"
    yield _post(query, b"40"), b"ok"
    yield head(query), b"}"
    yield _post(query, _ECHO), b"ok"
    yield head(query), _ECHOED


def upgrade(server: Server) -> Conversation:
    """The upgrade of a client that is in and polls, on another connection, which ends with this one."""
    with socket.create_connection(server.address, PATIENCE) as sock:
        sock.sendall(head("transport=polling"))
        sid = _sid(_answer(sock, b"}"))
        query = f"transport=polling&sid={sid}"
        sock.sendall(_post(query, b"40"))
        _answer(sock, b"ok")
        sock.sendall(head(query))
        _answer(sock, b"}")
        sock.sendall(head(query))
        yield head(f"transport=websocket&sid={sid}", websocket=True), b"\r\n\r\n"
        yield frame(b"2probe"), b"3probe"
        yield frame(b"5"), b""
        yield frame(_ECHO), _ECHOED


def _post(query: str, body: bytes) -> bytes:
    return head(query, method="POST", more=f"Content-Length: {len(body)}\r\n") + body


def _sid(answer: bytes) -> str:
    sid: str = json.loads(answer[answer.index(b"{") :])["sid"]
    return sid


def _answer(sock: socket.socket, until: bytes) -> bytes:
    """What comes, as far as this or further."""
    answer = b""
    while until not in answer:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError(f"got {answer!r} and the end, expected {until!r} in it")
        answer += more
    return answer


def converse(server: Server, begin: Begin, most: int | None = None, *, reset: bool = False) -> int:
    """Be a client that sends so many bytes, or all, and ends the connection then, by a reset or in the ordinary way.

    Returns:
        How many it has sent.
    """
    sent = 0
    with closing(begin(server)) as conversation, socket.create_connection(server.address, PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer = None
        while sent != most:
            try:
                data, until = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration:
                break
            part = data if most is None else data[: most - sent]
            sock.sendall(part)
            sent += len(part)
            answer = _answer(sock, until) if sent != most else b""
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sent


def _cut_everywhere(server: Server, begin: Begin, every: int) -> int:
    """Cut after no byte, one, and so on; after each cut the next client has to be served whole. How many cuts."""
    whole, cuts = converse(server, begin), 0
    for most in range(0, whole, every):
        for reset in (True, False):
            converse(server, begin, most, reset=reset)
            converse(server, begin)
            cuts += 1
    return cuts


async def handshake(server: Server, begins: Sequence[Begin], *, every: int = 1) -> Row:
    """Cut off clients at each byte, or at every so many, by a reset and by an ordinary end.

    Args:
        server: starts here, and ends.
        begins: the clients.
        every: bytes from one place to the next.
    """
    server.start()
    try:
        for begin in begins:
            await asyncio.to_thread(converse, server, begin)  # the first costs more
        await asyncio.to_thread(server.when, lambda state: not state["connections"], 2 * PATIENCE)
        before = await asyncio.to_thread(server.state)
        times = 0
        for begin in begins:
            times += await asyncio.to_thread(_cut_everywhere, server, begin, every)
        left = await asyncio.to_thread(server.settled, before, 15.0)
        errors = server.errors()
    finally:
        server.stop()
    return Row(
        f"no session, task or descriptor is left of {times:,} cuts" if not left else f"left over: {left}",
        f"the next client was served each time, {errors} exceptions in the log",
        fine=not left and not errors,
    )


async def half_open(server: Server, *, silent: int, others: int) -> Row:
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
        state = await asyncio.to_thread(server.when, lambda state: state["connections"] <= others, 2 * PATIENCE)
        noticed = time.monotonic() - began
        measured = await measuring
        stayed = sum(device.lives == 1 and device.connected for device in honest.devices)
        for device in devices + honest.devices:
            device.cut()
    finally:
        server.stop()
    return Row(
        f"all noticed after {noticed:.1f} s (ping interval and timeout are {due:.0f} s)"
        if state["connections"] == others
        else "not noticed",
        f"{silent} silent, {others} others: {measured}",
        fine=noticed < due + 1 and stayed == others and not measured.lost,
    )
