"""The protocol of picows, reading with measure.

    the loop's transport --bytes--> FrameCutter (picows) --frames--> PicowsLink

Its read buffer doubles whenever a read fills it, without limit, and a loop reads from one connection again and again
while there is more (libuv up to 32 times). A peer that sends nothing but tiny frames, each of which costs us a hundred
times what it costs the peer, could so hold up all others for seconds. Therefore:

- No read takes more than its share. It is halved when what came of a read has taken longer than `_LONG`, and doubled
  when that was soon done: megabytes in one frame are read in large pieces, and tiny frames in small ones.
- After a read of any size the others have their turn first (`Reader.on_much_read`).

What an ordinary message is read by pays for this with one comparison.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:

    class WSProtocol(asyncio.BufferedProtocol):
        """What picows has but does not document, which is why pyproject.toml pins its minor version."""

        listener: Reader

        def __init__(self, **settings: object) -> None: ...
        def connection_made(self, transport: object) -> None:
            """Find out how to write to `transport`."""

        def get_buffer(self, sizehint: int) -> memoryview:
            """All the room that is left in the buffer."""
else:
    from picows.picows import WSProtocol

#: The bytes that one read may take at the most.
READ_SIZE: Final = 65_536

#: The bytes of a new read buffer, and the least share. It is most of what an idle connection takes, so as few as picows
#: allows.
BUFFER_SIZE: Final = 2_048

#: Seconds that what comes of one read may take before its share is halved, and within which it is doubled.
_LONG = 0.001
_SHORT = _LONG / 4


class Reader(Protocol):
    """The link whose connection is read."""

    def on_large_buffer(self, room: int) -> None:
        """The loop is about to read, or to try to, into a buffer with this much room."""

    def on_much_read(self) -> None:
        """There may be more to read at once, and it is for others to go first."""


room = WSProtocol.get_buffer  # looked up once: it is called for every read
_updated = WSProtocol.buffer_updated


class FrameCutter(WSProtocol):
    """Cuts what is read into frames; see above. Made and kept by its `Reader`, to which it delivers."""

    __slots__ = ("_share",)

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self._share = READ_SIZE

    def get_buffer(self, sizehint: int) -> memoryview:
        """The room for the next read."""
        buffer = room(self, sizehint)
        size = len(buffer)
        if size <= self._share:
            return buffer
        if size > READ_SIZE:
            self.listener.on_large_buffer(size)
        return buffer[: self._share]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have been read."""
        if nbytes < BUFFER_SIZE:
            _updated(self, nbytes)
            return
        reader, began = self.listener, perf_counter()
        _updated(self, nbytes)
        took = perf_counter() - began
        if took > _LONG:
            self._share = max(BUFFER_SIZE, self._share // 2)
        elif took < _SHORT:
            self._share = min(READ_SIZE, self._share * 2)
        reader.on_much_read()
