"""The namespaces that somebody is in, or will come back to, each with its rooms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Generic

from ..protocol.engineio import EncodedPacket
from .rooms import M, Room, Rooms


class Namespaces(Generic[M]):
    """Who is where: all members of all namespaces. A namespace that nobody is in is not there.

    Args:
        make_rooms: makes the rooms of a namespace.
    """

    def __init__(self, make_rooms: Callable[[], Rooms[M]] = Rooms) -> None:
        self._make_rooms = make_rooms
        self._rooms: dict[str, Rooms[M]] = {}

    def __iter__(self) -> Iterator[M]:
        """All members."""
        for rooms in self._rooms.values():
            yield from rooms.members.values()

    def open(self, namespace: str) -> Rooms[M]:
        """The rooms of a namespace; they stay as long as somebody wants them (`tidy`)."""
        rooms = self._rooms.get(namespace)
        if rooms is None:
            rooms = self._rooms[namespace] = self._make_rooms()
        return rooms

    def add(self, namespace: str, member: M) -> None:
        """Make `member` part of a namespace."""
        self.open(namespace).add(member)

    def remove(self, namespace: str, member: M) -> None:
        """Forget a member; an unknown one is ignored."""
        rooms = self._rooms.get(namespace)
        if rooms is not None:
            rooms.remove(member)
            self.tidy(namespace)

    def tidy(self, namespace: str) -> None:
        """Forget a namespace that nobody wants."""
        rooms = self._rooms.get(namespace)
        if rooms is not None and not rooms.wanted:
            del self._rooms[namespace]

    def clear(self) -> None:
        """Forget everybody."""
        self._rooms.clear()

    def rooms(self, namespace: str) -> Rooms[M]:
        """The rooms of a namespace, empty ones where nobody is."""
        return self._rooms.get(namespace) or Rooms()

    def publish(
        self, namespace: str, packet: EncodedPacket, to: Collection[Room] | None, skip: Collection[str]
    ) -> None:
        """See `Rooms.publish`."""
        rooms = self._rooms.get(namespace)
        if rooms is not None:
            rooms.publish(packet, to, skip)

    def offer(
        self,
        namespace: str,
        packet: EncodedPacket,
        to: Collection[Room] | None,
        skip: Collection[str],
        key: str | None,
    ) -> None:
        """See `Rooms.offer`."""
        rooms = self._rooms.get(namespace)
        if rooms is not None:
            rooms.offer(packet, to, skip, key)
