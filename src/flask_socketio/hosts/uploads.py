"""What comes from the client of a request: its upload, as the app reads it, and at last that it has left.

ASGI tells both through one function: who wants to hear that a client has left has to receive what it sent before. So
the inlet, on the loop, is one chunk ahead of the app and no more; there it waits until the app asks, and the client
waits with it. The app's end, on its worker thread, is an `Upload`: a file.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

from .asgi_types import Receive

#: Seconds that a chunk is kept for an app that streams its answer and has never read from the upload. After them the
#: upload is dropped, or a client that sends what nobody reads and goes away would hold a worker for ever.
UNREAD_FOR = 60.0


class Inlet:
    """The loop's side of `wsgi.input`.

    Args:
        receive: ASGI's.
        reply: takes the chunk that was asked for; `b""` at the end of the upload, None if it can't be had any more.
        left: called when the client has left.
    """

    __slots__ = (
        "_asked",
        "_chunk",
        "_complete",
        "_dropped",
        "_left",
        "_listener",
        "_receive",
        "_reply",
        "_taken",
        "_wanted",
    )

    def __init__(self, receive: Receive, reply: Callable[[bytes | None], object], left: Callable[[], object]) -> None:
        self._receive = receive
        self._reply = reply
        self._left = left
        self._listener: asyncio.Task[None] | None = None
        self._chunk = b""  # received, and not yet taken by the app
        self._complete = False  # nothing comes after it
        self._wanted = False  # the app waits for it
        self._asked = False  # the app has wanted one at least once
        self._dropped = False
        self._taken: asyncio.Future[None] | None = None

    async def whole(self, size: int) -> bytes | None:
        """A body of `size` bytes in one, for who has not asked for anything else. None if the client leaves before."""
        chunks: list[bytes] = []
        while size > 0:
            message = await self._receive()
            if message["type"] != "http.request":
                return None
            chunk = message.get("body", b"")
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def ask(self) -> None:
        """The app wants the next chunk; there is one reply."""
        self._wanted = self._asked = True
        self._serve()
        self.listen()

    def listen(self) -> None:
        """Hear from now on when the client leaves. It takes a task, so short answers do without."""
        if self._listener is None:
            self._listener = asyncio.ensure_future(self._listen())

    def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.cancel()

    async def _listen(self) -> None:
        try:
            while (message := await self._receive())["type"] == "http.request":
                self._chunk = b"" if self._dropped else message.get("body", b"")
                self._complete = not message.get("more_body", False)
                self._serve()
                if self._chunk and not self._complete:
                    await self._until_taken()
        finally:
            self._left()  # however it ends, nobody hears the client any more

    async def _until_taken(self) -> None:
        self._taken = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(self._taken, None if self._asked else UNREAD_FOR)
        except asyncio.TimeoutError:
            self._dropped = True
            self._chunk = b""

    def _serve(self) -> None:
        """Give the app what it wants, if it is there."""
        if self._wanted and (self._chunk or self._complete or self._dropped):
            self._wanted = False
            chunk, self._chunk = self._chunk, b""
            self._reply(None if self._dropped else chunk)
            if self._taken is not None and not self._taken.done():
                self._taken.set_result(None)


class Upload(io.RawIOBase):
    """The body of a request as a file; `read` gives the next chunk of it, `b""` at its end, and may raise."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self.begun = False
        self._read = read
        self._chunk = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what is there, and wait only if nothing is."""
        if not self._chunk and not self._ended:
            self.begun = True
            self._chunk = memoryview(self._read())
            self._ended = not self._chunk
        size = min(len(buffer), len(self._chunk))
        buffer[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        return size
