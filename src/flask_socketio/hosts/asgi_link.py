"""A WebSocket that an ASGI server carries: it takes messages, and makes the frames itself.

The engine's side writes and never waits; ASGI's `send` has to be awaited. So there is a queue with a task that empties
it, and a mark in between: what is queued beyond `_MARK` bytes tells the listener to hold back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

from ..protocol.engineio import EncodedPacket
from ..protocol.websocket import CloseCode, WebSocketError, cut_reason
from ..transport.websocket_link import WebSocketListener
from .asgi_types import Message, Receive, Send

logger = logging.getLogger("flask_socketio")

_GOODBYE = 1.0  # seconds that the last messages and the peer's answer to our Close may take
_MARK = 65536  # bytes queued from which the peer counts as slow
_BURST = 16  # messages that are taken in a row before others have their turn, however many the server has


class AsgiLink:
    """A `WebSocketLink` over one ASGI scope of type `websocket`, from our answer to its handshake on.

    Args:
        receive, send: ASGI's.
        listener: is told what happens.
        max_size: bytes of the largest message; a larger one closes the connection with 1009.
    """

    def __init__(self, receive: Receive, send: Send, listener: WebSocketListener, max_size: int) -> None:
        self._receive = receive
        self._send = send
        self._listener = listener
        self._max_size = max_size
        self._open = True  # whether what is sent still goes out
        self._blocked = False
        self._error: WebSocketError | None = None
        self._queue: deque[tuple[Message, int]] = deque()  # with the bytes that count for each
        self._queued = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._ended = asyncio.Event()
        #: Bytes that wait until the server takes them.
        self.buffered = 0

    async def run(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Accept the connection, with these headers, and carry it to its end."""
        try:
            try:
                await self._send({"type": "websocket.accept", "headers": headers})
            except OSError:  # some servers raise it when the peer has left (ASGI 2.4)
                return
            await self._carry()
        finally:
            self._open = False
            self._listener.closed(self._error)

    async def _carry(self) -> None:
        sender = asyncio.ensure_future(self._send_queue())
        reader = asyncio.ensure_future(self._read())
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            self._listener.opened(self)
            await asyncio.wait((sender, reader, ended), return_when=asyncio.FIRST_COMPLETED)
            if not self._open and not ended.done() and not reader.done():
                await asyncio.wait((reader, ended), timeout=_GOODBYE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, reader, ended):
                task.cancel()

    # The way out

    def write(self, packets: list[EncodedPacket], /) -> None:
        """Send the messages that the packets are."""
        for packet in packets:
            if packet.text is not None:
                self._enqueue({"type": "websocket.send", "text": packet.text.decode()}, len(packet.text))
            for attachment in packet.attachments:
                self._enqueue({"type": "websocket.send", "bytes": attachment}, len(attachment))

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Send what is queued and a Close."""
        self._enqueue({"type": "websocket.close", "code": code, "reason": cut_reason(reason).decode()}, 0)
        if self._open:
            self._open = False
            asyncio.get_running_loop().call_later(_GOODBYE, self._ended.set)
        self._may_read.set()

    def abort(self) -> None:
        """End the connection, as far as ASGI can."""
        self._open = False
        self._ended.set()

    def pause_reading(self) -> None:
        """Take no more messages from the server."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Take messages again."""
        self._may_read.set()

    def _enqueue(self, message: Message, size: int) -> None:
        if not self._open:
            return
        self._queue.append((message, size))
        self._queued.set()
        self.buffered += size
        if self.buffered > _MARK and not self._blocked:
            self._blocked = True
            self._listener.blocked()

    async def _send_queue(self) -> None:
        with contextlib.suppress(OSError):  # as in `run`
            while True:
                await self._queued.wait()
                self._queued.clear()
                while self._queue:
                    message, size = self._queue.popleft()
                    await self._send(message)
                    if message["type"] == "websocket.close":
                        return
                    self._sent(size)

    def _sent(self, size: int) -> None:
        self.buffered -= size
        if self._blocked and self.buffered <= _MARK:
            self._blocked = False
            self._listener.resumed()

    # The way in

    async def _read(self) -> None:
        while True:
            for _ in range(_BURST):
                await self._may_read.wait()
                message = await self._receive()
                if message["type"] != "websocket.receive":
                    return
                if self._open:
                    self._deliver(message)
            await asyncio.sleep(0)

    def _deliver(self, message: Message) -> None:
        text = message.get("text")
        data: str | bytes = message.get("bytes") or b"" if text is None else text
        size = len(data) if text is None else len(text.encode("utf-8", "replace"))
        if size > self._max_size:
            self._error = WebSocketError(CloseCode.TOO_BIG, f"got a message of {size} bytes, expected {self._max_size}")
            self.close(CloseCode.TOO_BIG)
            return
        try:
            self._listener.message(data)
        except Exception:
            logger.exception("a WebSocket is closed because its listener failed")
            self.close(CloseCode.INTERNAL_ERROR)
