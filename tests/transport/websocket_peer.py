"""A WebSocket connection for tests: the link under test at one end, raw frames at the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from flask_socketio.protocol.deflate import Deflate
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.websocket import Opcode
from flask_socketio.transport.picows_link import accept
from flask_socketio.transport.websocket_link import WebSocketLink, WebSocketListener
from tests.certificate import CERTIFICATE

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
#: Seconds after which a test that waits for something gives up.
PATIENCE = 20.0

#: Runs a coroutine on a loop of its own.
Run = Callable[[Coroutine[Any, Any, None]], None]


def client_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0) -> bytes:
    """One frame as a client sends it: masked."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    mask = b"\x11\x22\x33\x44"
    pad = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    masked = (int.from_bytes(payload, "big") ^ pad).to_bytes(size, "big")
    return bytes([fin << 7 | reserved << 4 | opcode]) + length + mask + masked


class Recorder:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.messages: list[str | bytes] = []
        self.error: ProtocolError | None = None
        self.link: WebSocketLink
        self._news = asyncio.Event()

    def opened(self, link: WebSocketLink) -> None:
        self.link = link
        self._note("opened")

    def message(self, data: str | bytes) -> None:
        self.messages.append(data)
        self._note("message")

    def blocked(self) -> None:
        self._note("blocked")

    def resumed(self) -> None:
        self._note("resumed")

    def closed(self, error: ProtocolError | None) -> None:
        self.error = error
        self._note("closed")

    def _note(self, event: str) -> None:
        self.told.append(event)
        self._news.set()

    async def until(self, event: str, count: int = 1) -> None:
        """Wait until it has been told this `count` times."""
        while self.told.count(event) < count:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE)


class Echo(Recorder):
    """A listener that sends back what it is sent."""

    def message(self, data: str | bytes) -> None:
        self.link.write([EncodedPacket(data.encode()) if isinstance(data, str) else EncodedPacket(None, (data,))])
        super().message(data)


class Peer:
    """The client's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    def send_close(self, code: int = 1000) -> None:
        self.send(client_frame(Opcode.CLOSE, code.to_bytes(2, "big")))

    async def head(self) -> bytes:
        """The answer to the handshake."""
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its first byte (so 0x81 is a whole text message) and its payload."""
        return await asyncio.wait_for(self._frame(), PATIENCE)

    async def _frame(self) -> tuple[int, bytes]:
        first, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """The code of the Close that comes next, and that nothing comes after it."""
        first, payload = await self.frame()
        assert first == 0x88
        assert await self.rest() == b""
        return int.from_bytes(payload[:2], "big")

    async def rest(self) -> bytes:
        """All that still comes until the other end has closed."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)


class Opening(asyncio.Protocol):
    """What a host is, once it has read a request."""

    def __init__(
        self,
        listener: WebSocketListener,
        max_size: int,
        headers: Sequence[tuple[str, str]],
        deflate: Deflate | None,
    ) -> None:
        self.deflate = deflate
        self.listener = listener
        self.max_size = max_size
        self.headers = headers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)
        link = accept(
            transport, self.listener, key=KEY, max_size=self.max_size, headers=self.headers, deflate=self.deflate
        )
        transport.set_protocol(link)


class HandFedTransport(asyncio.Transport):
    """A transport that reads when it is told to, and what it is told to."""

    def __init__(self) -> None:
        self.socket, self._other_end = socket.socketpair()
        super().__init__({"socket": self.socket})
        self.protocol: Any = None
        self.ended = False
        self.reading = True

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def read(self, data: bytes) -> None:
        while data:
            room = self.protocol.get_buffer(-1)
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self.protocol.buffer_updated(size)
            data = data[size:]

    def write(self, data: Any) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.ended = True

    def end(self) -> None:
        """The connection is lost."""
        self.protocol.connection_lost(None)
        self.socket.close()
        self._other_end.close()


@asynccontextmanager
async def connected(
    listener: WebSocketListener,
    kind: str = "unix",
    *,
    max_size: int = 1_000_000,
    headers: Sequence[tuple[str, str]] = (),
    deflate: Deflate | None = None,
) -> AsyncIterator[Peer]:
    """A connection with the listener behind the link at its other end. Unix sockets have the smallest buffers."""
    ours, theirs = socket.socketpair() if kind == "unix" else tcp_pair()
    server_side, client_side = tls_contexts() if kind == "tls" else (None, None)
    loop = asyncio.get_running_loop()
    accepting = loop.create_task(
        loop.connect_accepted_socket(lambda: Opening(listener, max_size, headers, deflate), ours, ssl=server_side)
    )
    reader, writer = await asyncio.open_connection(
        sock=theirs, ssl=client_side, server_hostname="localhost" if client_side else None
    )
    transport, _ = await accepting
    peer = Peer(reader, writer)
    if not headers:
        await peer.head()
    try:
        yield peer
    finally:
        for end in (transport, writer.transport):
            with contextlib.suppress(AttributeError):  # of Python 3.11.2, where a TLS connection is closed already
                end.abort()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    for end in (ours, theirs):
        end.setblocking(False)
    return ours, theirs


def tls_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(CERTIFICATE)
    return server_side, ssl.create_default_context(cafile=CERTIFICATE)
