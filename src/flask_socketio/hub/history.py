"""The events of a namespace that clients may still ask for when they come back.

Every event that is kept has a position, a number that grows; one count serves all namespaces of a server, so that a
namespace that is forgotten and comes again does not begin anew. What a client was sent last it knows by this position,
and what it missed is what stands behind it here, as far as it was meant for that client.

The history is bounded, and events fall out of it at the front. `complete_since` tells whether what a client may have
missed is still all there: it is better to say that something was lost than to leave a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from ..protocol.engineio import EncodedPacket
from .rooms import Room


@dataclass(frozen=True)
class Bounds:
    """How much of a namespace's past is kept."""

    #: Seconds.
    age: float
    messages: int
    #: Bytes, as the packets hold them.
    size: int


class Positions:
    """The count of a server's events."""

    def __init__(self, last: int = 0) -> None:
        self.last = last


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event: whom it was for (None: everybody), whom not, and when (by the server's clock, in seconds)."""

    position: int
    time: float
    packet: EncodedPacket
    to: tuple[Room, ...] | None
    skip: tuple[str, ...]


class History:
    """What was sent in one namespace of late.

    Args:
        positions: the count to go on with.
        bounds: what to keep.
        now: the time, in seconds.

    Attributes:
        lost: the position of the newest event that is no longer here, and when it was sent.
    """

    def __init__(self, positions: Positions, bounds: Bounds, now: Callable[[], float]) -> None:
        self._positions = positions
        self._bounds = bounds
        self._now = now
        self._entries: deque[Entry] = deque()
        self._size = 0
        self.lost = (positions.last, now())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def record(self, packet: EncodedPacket, to: Collection[Room] | None, skip: Collection[str]) -> None:
        """Keep an event, under the next position."""
        self._positions.last += 1
        self._put(Entry(self._positions.last, self._now(), packet, None if to is None else tuple(to), tuple(skip)))
        self._trim()

    def pass_over(self) -> None:
        """Let the next position stand for nothing."""
        self._positions.last += 1

    def load(self, entries: Iterable[Entry], lost: tuple[int, float]) -> None:
        """Go on with the past of another process. Raises TypeError for an event that was for no room at all."""
        self.lost = lost
        for entry in entries:
            hash(entry.to)
            self._put(entry)
        self._trim()

    def _put(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._size += entry.packet.size

    def _trim(self) -> None:
        """Let go of what is too old or too much."""
        entries, bounds = self._entries, self._bounds
        too_old = self._now() - bounds.age
        while entries and (entries[0].time < too_old or len(entries) > bounds.messages or self._size > bounds.size):
            first = entries.popleft()
            self._size -= first.packet.size
            self.lost = (first.position, first.time)

    def complete_since(self, position: int, heard: float) -> bool:
        """Whether all is here that a client has missed.

        Args:
            position: the last one it knows of.
            heard: a time up to which it surely got all it was sent.
        """
        lost_position, lost_time = self.lost
        return position >= lost_position or heard >= lost_time

    def since(self, position: int) -> list[Entry]:
        """The events behind a position, in order."""
        behind: list[Entry] = []
        for entry in reversed(self._entries):
            if entry.position <= position:
                break
            behind.append(entry)
        behind.reverse()
        return behind
