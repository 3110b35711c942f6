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


#: Of each client, the last so many rooms that it has left are remembered.
MAX_LEFT = 50


class Stretch(msgspec.Struct, frozen=True):
    """A time that a client was in a room, which it has left since: the events behind one position, up to another."""

    room: Room
    joined: int
    left: int


class Left(msgspec.Struct):
    """The rooms a client has left: what was said there before may not have reached it, and is meant for it still."""

    stretches: list[Stretch] = []
    #: Up to this position it may have missed what nobody can tell any more.
    floor: int = 0

    def add(self, stretch: Stretch, lost: int) -> None:
        """Remember one more. What stands at or before `lost` is not needed: the history has let go of it."""
        if stretch.joined == stretch.left:
            return  # nothing was said, at all
        stretches = self.stretches
        while stretches and stretches[0].left <= lost:
            del stretches[0]
        if len(stretches) == MAX_LEFT:
            self.floor = stretches.pop(0).left
        stretches.append(stretch)


class Stay(msgspec.Struct):
    """Where a member was in a namespace: what it takes to know which events are meant for it while it is away."""

    sid: str
    #: The position at which it came.
    start: int
    #: The rooms it is in, that of its own sid among them, each with the position at which it joined.
    rooms: dict[Room, int]
    #: Those that it is not in any more.
    left: Left = msgspec.field(default_factory=Left)

    def concerns(self, entry: Entry) -> bool:
        """Whether an event of the namespace is meant for this member."""
        position = entry.position
        if position <= self.start or self.sid in entry.skip:
            return False
        if entry.to is None:
            return True
        for room in entry.to:
            joined = self.rooms.get(room)
            if joined is not None and position > joined:
                return True
        for stretch in self.left.stretches:
            if stretch.joined < position <= stretch.left and stretch.room in entry.to:
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
        #: Who has left its own room and is in it again: since when.
        self._own_since: dict[str, int] = {}
        self._left: dict[str, Left] = {}

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
        sid = member.sid
        stay = self.away.pop(sid, None)
        if stay is None:
            self._starts[sid] = self.position
            return
        self._starts[sid] = stay.start
        self._left[sid] = stay.left
        own_since = stay.rooms.pop(sid, None)
        if own_since is None:
            self._left_own.add(sid)
        elif own_since != stay.start:
            self._own_since[sid] = own_since
        for room, position in stay.rooms.items():
            if not self.knows(room):
                self._enter(member, room, position)

    def remove(self, member: M) -> None:
        """See `Rooms`."""
        super().remove(member)
        if member.sid not in self.members:
            self._starts.pop(member.sid, None)
            self._own_since.pop(member.sid, None)
            self._left.pop(member.sid, None)

    def knows(self, sid: Room) -> bool:
        """See `Rooms`: those of who is away are, too."""
        return sid in self.members or sid in self.away

    def join(self, sid: str, room: Room) -> None:
        """See `Rooms`; who is away will be in the room when it comes back."""
        stay = self.away.get(sid)
        if stay is None or sid in self.members:
            if room == sid and sid in self._left_own:
                self._own_since[sid] = self.position
            super().join(sid, room)
        if stay is None:
            return
        if room not in stay.rooms:
            if room != sid:
                self._check(sid, room, len(stay.rooms) - (sid in stay.rooms))
            stay.rooms[room] = self.position

    def leave(self, sid: str, room: Room) -> None:
        """See `Rooms`; who is away will not be in the room when it comes back.

        That begins when it is no longer a member: disconnect handlers take clients out of rooms that they shall have
        again when they are back.
        """
        stay = self.away.get(sid)
        if stay is not None and sid not in self.members:
            self._take_out(stay, room)
            return
        joined = self._since(sid, room)
        super().leave(sid, room)
        if joined is not None and stay is None:
            self._note(self._left.setdefault(sid, Left()), room, joined)

    def close(self, room: Room) -> None:
        """See `Rooms`; it is closed for those who are away, too."""
        super().close(room)
        for stay in self.away.values():
            self._take_out(stay, room)

    def _take_out(self, stay: Stay, room: Room) -> None:
        joined = stay.rooms.pop(room, None)
        if joined is not None:
            self._note(stay.left, room, joined)

    def _note(self, left: Left, room: Room, joined: int) -> None:
        left.add(Stretch(room, joined, self.position), self.history.lost[0])

    def _since(self, sid: str, room: Room) -> int | None:
        """The position at which a member joined a room, None if it is not in it."""
        if room != sid:
            return self._joined.get(sid, {}).get(room)
        return None if sid in self._left_own else self._own_since.get(sid, self._starts.get(sid))

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
        rooms: dict[Room, int] = dict(self._joined.get(sid, {}))
        own_since = self._since(sid, sid)
        if own_since is not None:
            rooms[sid] = own_since
        left = self._left.pop(sid, None)
        self.away[sid] = Stay(sid, self._starts[sid], rooms, left or Left())

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
        if position > self._last() or position < stay.left.floor or not self.history.complete_since(position, heard):
            return None
        return [entry.packet for entry in self.history.since(position) if stay.concerns(entry)]
