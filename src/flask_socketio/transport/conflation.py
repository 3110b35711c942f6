"""Conflation: of the packets under one key that wait in an outbox, only the newest is kept.

A packet that a newer one replaces leaves a hole, and the newer one goes to the end: it came later than everything that
waits, and a client that is told of positions in a stream (recovery) must never be told of one too early. Holes are
taken out when the outbox is emptied, or when they are more than what waits.
"""

from __future__ import annotations

from typing import Final

from ..protocol.engineio import EncodedPacket

#: What stands in the place of a packet that has been replaced.
_HOLE: Final = EncodedPacket(None)
#: So many holes are put up with in any case.
_FEW = 64


class Conflation:
    """Where in an outbox the newest packet of each key is. An outbox makes one when it first needs it.

    Attributes:
        holes: how many places of the outbox hold nothing.
    """

    __slots__ = ("_places", "holes")

    def __init__(self) -> None:
        self.holes = 0
        self._places: dict[str, int] = {}

    def add(self, outbox: list[EncodedPacket], key: str, packet: EncodedPacket) -> EncodedPacket | None:
        """Put a packet at the end of the outbox; returns the one that it replaces, if one waits under its key."""
        place = self._places.pop(key, None)
        replaced = None
        if place is not None:
            replaced, outbox[place] = outbox[place], _HOLE
            self.holes += 1
            if self.holes > _FEW and self.holes > len(outbox) // 2:
                self._close_holes(outbox)
        self._places[key] = len(outbox)
        outbox.append(packet)
        return replaced

    def take(self, outbox: list[EncodedPacket]) -> list[EncodedPacket]:
        """All that waits in the outbox, in order; from now on nothing in it can be replaced."""
        self._places.clear()
        if not self.holes:
            return outbox
        self.holes = 0
        return [packet for packet in outbox if packet is not _HOLE]

    def _close_holes(self, outbox: list[EncodedPacket]) -> None:
        keys = {place: key for key, place in self._places.items()}
        kept = [(place, packet) for place, packet in enumerate(outbox) if packet is not _HOLE]
        outbox[:] = [packet for _, packet in kept]
        self._places = {keys[place]: new for new, (place, _) in enumerate(kept) if place in keys}
        self.holes = 0
