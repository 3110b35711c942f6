"""Members of namespaces and their rooms, and the fan-out of one packet to many of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from ..protocol.engineio import EncodedPacket

Room = Hashable


class Member(Protocol):
    """One client in one namespace, as the hub needs it."""

    #: The Socket.IO session id, unique in the process.
    sid: str
    #: Takes a packet for delivery; never blocks, never raises, and changes no room before it returns.
    send: Callable[[EncodedPacket], None]

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        """Takes a packet that may be dropped while the client is slow, or replaced if it has a key; else as `send`."""


M = TypeVar("M", bound=Member)


class UnknownMember(ValueError):
    """Somebody who is not in the namespace was to be put into one of its rooms."""


class TooManyRooms(ValueError):
    """A member is in as many rooms as it may be."""


class Rooms(Generic[M]):
    """The members of one namespace and the rooms they are in.

    Every member is in a room named after its own sid. That room is not stored: a room name that is a member's sid
    means this member, unless it has left it. So a client that joins nothing costs one dictionary entry. No other room
    has such a name, or who is in it would get what is meant for the member.

    Args:
        max_rooms: the most rooms that a member may join.
    """

    def __init__(self, max_rooms: int = sys.maxsize) -> None:
        self._max_rooms = max_rooms
        self.members: dict[str, M] = {}
        self._rooms: dict[Room, dict[str, M]] = {}
        self._joined: dict[str, dict[Room, int]] = {}
        self._left_own: set[str] = set()

    @property
    def position(self) -> int:
        """How many events were published until now; not counted here, only where a history is kept of them."""
        return 0

    @property
    def wanted(self) -> bool:
        """Whether anything would be lost with these rooms."""
        return bool(self.members)

    def concerns(self, rooms: Collection[Room] | None, skip: Collection[str]) -> bool:
        """Whether publishing to these rooms makes any difference."""
        return next(self.targets(rooms, skip), None) is not None

    def add(self, member: M) -> None:
        """Make `member` part of the namespace; who was in a room of its name is no longer."""
        for sid in list(self._rooms.get(member.sid, ())):
            self.leave(sid, member.sid)
        self.members[member.sid] = member

    def remove(self, member: M) -> None:
        """Forget a member and take it out of all its rooms; one whose place another has taken is ignored."""
        sid = member.sid
        if self.members.get(sid) is not member:
            return
        del self.members[sid]
        self._left_own.discard(sid)
        for room in self._joined.pop(sid, ()):
            self._drop(sid, room)

    def knows(self, sid: Room) -> bool:
        """Whether the rooms of a sid are kept here; as a room, it is its own one."""
        return sid in self.members

    def join(self, sid: str, room: Room) -> None:
        """Put a member into a room.

        Raises:
            UnknownMember: the sid is not a member.
            TooManyRooms: it is in as many as it may be.
            ValueError: the room is named after another member.
        """
        member = self.members.get(sid)
        if member is None:
            raise UnknownMember(f"cannot join room {room!r}: no client with the sid {sid!r} is in this namespace")
        if room == sid:
            self._left_own.discard(sid)
            return
        joined = self._joined.get(sid, {})
        if room not in joined:
            self._check(sid, room, len(joined))
            self._enter(member, room, self.position)

    def _check(self, sid: str, room: Room, joined: int) -> None:
        """Raise as `join` if who is in so many rooms cannot join another one."""
        if self.knows(room):
            raise ValueError(f"cannot enter a sid room: {room!r} is the room of another client")
        if joined >= self._max_rooms:
            raise TooManyRooms(f"cannot join room {room!r}: {sid} is in {joined:,} rooms (max_rooms)")

    def _enter(self, member: M, room: Room, position: int) -> None:
        self._rooms.setdefault(room, {})[member.sid] = member
        self._joined.setdefault(member.sid, {}).setdefault(room, position)

    def leave(self, sid: str, room: Room) -> None:
        """Take a member out of a room, its own included; leaving a room one is not in does nothing."""
        if room == sid:
            if sid in self.members:
                self._left_own.add(sid)
            return
        joined = self._joined.get(sid)
        if joined is not None and room in joined:
            del joined[room]
            if not joined:
                del self._joined[sid]
            self._drop(sid, room)

    def close(self, room: Room) -> None:
        """Take everybody out of a room.

        Raises:
            ValueError: the room is named after a member; it lives as long as the member.
        """
        if self.knows(room):
            raise ValueError(f"cannot close a sid room: {room!r} is the room of a client")
        for sid in list(self._rooms.get(room, ())):
            self.leave(sid, room)

    def rooms_of(self, sid: str) -> list[Room]:
        """The rooms a member is in, its own first, then in the order of joining; empty for an unknown sid."""
        if sid not in self.members:
            return []
        own: list[Room] = [] if sid in self._left_own else [sid]
        return own + list(self._joined.get(sid, ()))

    def in_room(self, room: Room) -> Collection[M]:
        """The members of one room, without a copy: not to be kept while rooms change."""
        members = self._rooms.get(room)
        if members is not None:
            return members.values()
        if room in self.members and room not in self._left_own:
            return (self.members[room],)
        return ()

    def targets(self, rooms: Iterable[Room] | None, skip: Collection[str] = ()) -> Iterator[M]:
        """Each member in any of `rooms` once (None: the whole namespace), without those whose sid is in `skip`."""
        seen = set(skip)
        groups = (self.members.values(),) if rooms is None else map(self.in_room, rooms)
        for group in groups:
            for member in group:
                if member.sid not in seen:
                    seen.add(member.sid)
                    yield member

    def publish(self, packet: EncodedPacket, rooms: Collection[Room] | None, skip: Collection[str] = ()) -> None:
        """Send one packet to all of `targets(rooms, skip)`: encoded once, the same object for everybody."""
        if not skip and (rooms is None or len(rooms) == 1):  # nobody can be met twice: no bookkeeping per member
            for member in self.members.values() if rooms is None else self.in_room(*rooms):
                member.send(packet)
        else:
            for member in self.targets(rooms, skip):
                member.send(packet)

    def offer(
        self, packet: EncodedPacket, rooms: Collection[Room] | None, skip: Collection[str], key: str | None
    ) -> None:
        """As `publish`, but slow members may never get the packet: see `Member.offer`."""
        for member in self.targets(rooms, skip):
            member.offer(packet, key)

    def _drop(self, sid: str, room: Room) -> None:
        members = self._rooms[room]
        del members[sid]
        if not members:
            del self._rooms[room]
