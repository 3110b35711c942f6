"""Rooms: a speaker says something to a room, every member hears it, and the speaker goes on."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import ClassVar

from bench.load.client import Client, Target, connected
from bench.load.echo import MESSAGE, event
from bench.load.meter import Meter
from bench.load.workload import Workload
from bench.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Rooms(Workload):
    """Clients, each of which is in one room of every size. Some speak, in turn to each of their rooms.

    A speaker goes on as soon as all members have heard it. It may have several messages under way, so that the server
    has the next one when it has written the last copy of one, and need not wait until the last client has read it.
    """

    unit: ClassVar[str] = "deliveries"

    sizes: tuple[int, ...]
    speakers: int
    in_flight: int = 1

    @property
    def title(self) -> str:
        """See Workload."""
        match self.sizes:
            case (self.clients,):
                return f"Fan-out to {self.clients:,} clients in one room"
            case (size,):
                return f"{self.clients // size:,} rooms of {size}, one speaker in each"
        sizes = ", ".join(str(size) for size in self.sizes)
        return f"Mixed: {self.clients:,} clients, each in rooms of {sizes}; {self.speakers / self.clients:.0%} speak"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Fill the rooms, then let the speakers speak."""
        meter = Meter(target.pid)
        members = [Member(meter) for _ in range(self.clients)]
        for room in self._rooms(members):
            for member in room.members:
                member.rooms.append(room)
        first = [saying for speaker in members[:: self.clients // self.speakers] for saying in self._sayings(speaker)]
        async with connected(target, members):
            for saying in first:
                saying.say()
            return await meter.measure(seconds, at_boundaries=True)

    def _rooms(self, members: list[Member]) -> list[Room]:
        """Rooms of the first size hold neighbours, those of the others are thrown together, in every run alike."""
        order, rooms = list(members), []
        for size in self.sizes:
            rooms += [Room(f"{size}-{i}", order[i : i + size]) for i in range(0, len(order), size)]
            random.Random(size).shuffle(order)
        return rooms

    def _sayings(self, speaker: Member) -> list[Saying]:
        """What a speaker begins with. Each thing said leads to the same in its next room."""
        begun = []
        for number in range(self.in_flight):
            sayings = [Saying(speaker, room, number) for room in speaker.rooms]
            for saying, following in zip(sayings, sayings[1:] + sayings[:1], strict=True):
                saying.following = following
            begun.append(sayings[0])
        return begun


@dataclass(frozen=True)
class Room:
    """Who is in it."""

    name: str
    members: list[Member]


class Saying:
    """One message, which is said again and again. No other has the same bytes, so that it is known when heard."""

    following: Saying

    def __init__(self, speaker: Member, room: Room, number: int) -> None:
        self._speaker = speaker
        author = f"{room.members.index(speaker)}.{number}"
        self._packet = event("say", {**MESSAGE, "room": room.name, "author": author})
        self._members = self._missing = len(room.members)
        self._said_at = 0.0
        for member in room.members:
            member.sayings[self._packet] = self

    def say(self) -> None:
        """Have it told to the room."""
        self._missing = self._members
        self._said_at = time.perf_counter()
        self._speaker.send(self._packet)

    def heard(self) -> None:
        """One more member heard it."""
        meter = self._speaker.meter
        meter.latencies.append(time.perf_counter() - self._said_at)
        self._missing -= 1
        if not self._missing:
            meter.boundary()
            self.following.say()


class Member(Client):
    """Listens to its rooms."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.rooms: list[Room] = []
        self.sayings: dict[bytes, Saying] = {}
        """What may be said in its rooms."""

    async def enter(self) -> None:
        """Into the rooms."""
        for room in self.rooms:
            await self.join(room.name)

    def on_event(self, packet: bytes) -> None:
        """Somebody was heard."""
        if (saying := self.sayings.get(packet)) is None:
            self.meter.fail(f"not what a speaker of its rooms said: {packet!r}")
        else:
            saying.heard()
