"""The protocol of picows, reading with measure.

    the loop's transport --bytes--> FrameCutter (picows) --frames--> PicowsLink

Its read buffer doubles whenever a read fills it, without limit, and a loop reads from one connection again and again
while there is more (libuv up to 32 times). A peer that sends nothing but tiny frames, each of which costs us a hundred
times what it costs the peer, could so hold up all others for seconds. Therefore:

- No read takes more than the connection's share. That becomes less when what came of a read has cost more than `_LONG`
  of processor time, and more when it was soon done, little by little where it was not always: megabytes in one frame
  are read in large pieces, tiny frames and kilobytes that are inflated to megabytes in small ones.
- After a read of any size this peer waits for its turn (`reading_turns.py`): it is for others to go first.

What an ordinary message is read by pays for this with one comparison.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import thread_time
from typing import TYPE_CHECKING, Any, Final, Protocol

from picows import WSAutoPingStrategy

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

#: The bytes of a new read buffer. It is most of what an idle connection takes, so as few as picows allows.
BUFFER_SIZE: Final = 2_048

#: The least share, in bytes, and by how much it changes at a time: down to an eighth, and up by an eighth, or to twice
#: as much where nothing is remembered to have cost much. By an eighth the cost that is remembered goes down, too.
LEAST_SHARE: Final = 256
_STEP: Final = 8

#: Seconds of processor time that a read may cost before the share is cut, and below which the share grows.
_LONG: Final = 0.001
_SHORT: Final = _LONG / 4


class Reader(Protocol):
    """The link whose connection is read."""

    def on_large_buffer(self, room: int) -> None:
        """The loop is about to read, or to try to, into a buffer with this much room."""

    def on_much_read(self, cost: float) -> None:
        """There may be more to read at once, and it is for others to go first.

        `cost` is how many seconds of processor time a read takes, going by the costliest of late: of a message that
        comes in pieces only the last one costs much.
        """


room = WSProtocol.get_buffer  # looked up once: it is called for every read
_updated = WSProtocol.buffer_updated


class FrameCutter(WSProtocol):
    """Cuts what is read into frames; see above. Made and kept by its `Reader`, to which it delivers.

    Args:
        open_: what picows calls with the request that it finds, and which gives its answer.
        log: where picows writes, and tells of what goes wrong.
        max_size: bytes of the largest frame.
    """

    __slots__ = ("_cost", "_share")

    def __init__(self, open_: Callable[[object], object], log: Any, max_size: int) -> None:
        super().__init__(
            host_port=None,
            ws_path=None,
            is_client_side=False,
            ws_listener_factory=open_,
            logger=log,
            disconnect_on_exception=True,
            websocket_handshake_timeout=None,  # its end does not have to be waited for
            enable_auto_ping=False,  # Engine.IO has its own heartbeat
            auto_ping_idle_timeout=1,
            auto_ping_reply_timeout=1,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=False,
            max_frame_size=max_size,
            extra_headers=None,
            read_buffer_init_size=BUFFER_SIZE,
        )
        self._share = BUFFER_SIZE
        self._cost = 0.0

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
        if nbytes < BUFFER_SIZE and nbytes < self._share:
            _updated(self, nbytes)
            return
        reader, began = self.listener, thread_time()
        _updated(self, nbytes)
        cost = thread_time() - began
        if cost > _LONG:
            self._share = max(LEAST_SHARE, int(self._share * max(_LONG / cost, 1 / _STEP)))
        elif cost < _SHORT:
            self._share = min(READ_SIZE, self._share + self._share // (_STEP if self._cost > _SHORT else 1))
        self._cost = max(cost, self._cost - self._cost / _STEP)
        reader.on_much_read(self._cost)
