"""Rooms whose members may lose their connection, come back, and get what they missed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection

import msgspec

from ..protocol.engineio import EncodedPacket
from .history import Entry, History
from .rooms import M, Room, Rooms

#: Makes the event that a client shall know by a position out of an event.
Stamp = Callable[[EncodedPacket, int], EncodedPacket]


class Stay(msgspec.Struct):
    """Where a member was in a namespace: what it takes to know which events are meant for it while it is away."""

    sid: str
    #: The position at which it came.
    start: int
    #: The rooms it is in, each with the position at which it joined.
    rooms: dict[Room, int]
    #: Whether it has left the room of its own sid.
    left_own: bool = False

    def concerns(self, entry: Entry) -> bool:
        """Whether an event of the namespace is meant for this member."""
        if entry.position <= self.start or self.sid in entry.skip:
            return False
        if entry.to is None:
            return True
        for room in entry.to:
            joined = self.rooms.get(room)
            if joined is not None:
                if entry.position > joined:
                    return True
            elif room == self.sid and not self.left_own:
                return True
        return False


class RecordedRooms(Rooms[M]):
    """The rooms of a namespace with a history.

    What is published gets a position, which the members are told with it. What is only offered is not kept; it carries
    the position that was reached before, because clients take what an event ends with for its position, whatever it is.

    Args:
        history: keeps what is published.
        last: the position of the newest event of all.
        stamp: puts a position on an event.
        max_rooms: see `Rooms`.
    """

    def __init__(self, history: History, last: Callable[[], int], stamp: Stamp, max_rooms: int = sys.maxsize) -> None:
        super().__init__(max_rooms)
        self.history = history
        self.away: dict[str, Stay] = {}
        self._last = last
        self._stamp = stamp
        self._starts: dict[str, int] = {}

    @property
    def position(self) -> int:
        """See `Rooms`."""
        return self._last()

    @property
    def wanted(self) -> bool:
        """See `Rooms`: those who are away want it, too."""
        return bool(self.members or self.away)

    def concerns(self, rooms: Collection[Room] | None, skip: Collection[str]) -> bool:
        """See `Rooms`: an event that reaches nobody may concern those who are away."""
        return self.wanted

    def add(self, member: M) -> None:
        """See `Rooms`; a member that was away is again in all its rooms."""
        super().add(member)
        stay = self.away.pop(member.sid, None)
        if stay is None:
            self._starts[member.sid] = self.position
            return
        self._starts[member.sid] = stay.start
        for room, position in stay.rooms.items():
            if not self.knows(room):
                self._enter(member, room, position)
        if stay.left_own:
            self._left_own.add(member.sid)

    def remove(self, member: M) -> None:
        """See `Rooms`."""
        super().remove(member)
        if member.sid not in self.members:
            self._starts.pop(member.sid, None)

    def knows(self, sid: Room) -> bool:
        """See `Rooms`: those of who is away are, too."""
        return sid in self.members or sid in self.away

    def join(self, sid: str, room: Room) -> None:
        """See `Rooms`; who is away will be in the room when it comes back."""
        stay = self.away.get(sid)
        if stay is None or sid in self.members:
            super().join(sid, room)
        if stay is None:
            return
        if room == sid:
            stay.left_own = False
        else:
            self._check(sid, room, stay.rooms)
            stay.rooms.setdefault(room, self.position)

    def leave(self, sid: str, room: Room) -> None:
        """See `Rooms`; who is away will not be in the room when it comes back.

        That begins when it is no longer a member: disconnect handlers take clients out of rooms that they shall have
        again when they are back.
        """
        stay = self.away.get(sid)
        if stay is None or sid in self.members:
            super().leave(sid, room)
        elif room == sid:
            stay.left_own = True
        else:
            stay.rooms.pop(room, None)

    def close(self, room: Room) -> None:
        """See `Rooms`; it is closed for those who are away, too."""
        super().close(room)
        for stay in self.away.values():
            stay.rooms.pop(room, None)

    def publish(self, packet: EncodedPacket, rooms: Collection[Room] | None, skip: Collection[str] = ()) -> None:
        """See `Rooms`; what cannot be published, to a room that is none, is not kept either."""
        packet = self._stamp(packet, self._last() + 1)
        try:
            super().publish(packet, rooms, skip)
        except BaseException:
            self.history.pass_over()  # some may have been told this position
            raise
        self.history.record(packet, rooms, skip)

    def offer(
        self, packet: EncodedPacket, rooms: Collection[Room] | None, skip: Collection[str], key: str | None
    ) -> None:
        """See `Rooms`."""
        super().offer(self._stamp(packet, self._last()), rooms, skip, key)

    def leave_for_now(self, sid: str) -> None:
        """A member has lost its connection: remember where it was. It stays a member until it is removed."""
        self.away[sid] = Stay(sid, self._starts[sid], dict(self._joined.get(sid, {})), sid in self._left_own)

    def forget_away(self, sid: str) -> None:
        """Somebody who is away will not come back."""
        self.away.pop(sid, None)

    def missed(self, sid: str, position: int, heard: float) -> list[EncodedPacket] | None:
        """What somebody who is away has missed, None if that is not known any more.

        Args:
            sid: who it is.
            position: the last one it knows of; below its start, it has got nothing yet.
            heard: see `History.complete_since`.
        """
        stay = self.away[sid]
        position = max(position, stay.start)
        if position > self._last() or not self.history.complete_since(position, heard):
            return None
        return [entry.packet for entry in self.history.since(position) if stay.concerns(entry)]
