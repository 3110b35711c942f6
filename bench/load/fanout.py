"""Fan-out: one speaker says something to its room, and every member gets it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from bench.load.client import Client, Target, connected
from bench.load.echo import MESSAGE
from bench.load.meter import Meter
from bench.sample import Sample


@dataclass(frozen=True)
class FanOut:
    """`members` clients in one room. As soon as all have heard a message, the speaker, one of them, says another.

    Two messages are under way, so that the server has the next one when it has written the last copy of one, and need
    not wait until the last client has read it.
    """

    members: int
    in_flight: int = 2
    unit: str = "delivery"
    needs_async: bool = False

    @property
    def title(self) -> str:
        """See Workload."""
        return f"Fan-out to {self.members:,} clients in one room"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Fill the room, then let the speaker speak."""
        meter = Meter(target.pid)
        room = Room(meter, "r0")
        room.members = [Member(room) for _ in range(self.members)]
        async with connected(target, room.members):
            for _ in range(self.in_flight):
                room.speak()
            return await meter.measure(seconds, at_boundaries=True)


class Room:
    """What is said in a room, and when."""

    def __init__(self, meter: Meter, name: str) -> None:
        self.meter = meter
        self.name = name
        self.packet = b"42" + json.dumps(["say", {**MESSAGE, "room": name}], separators=(",", ":")).encode()
        self.members: list[Member] = []
        self.said_at: list[float] = []
        self._deliveries = 0

    def speak(self) -> None:
        """Let the speaker say the next thing."""
        self.said_at.append(time.perf_counter())
        self.members[0].send(self.packet)

    def delivered(self, number: int) -> None:
        """A member heard the message of that number, the first being 0."""
        self.meter.latencies.append(time.perf_counter() - self.said_at[number])
        self._deliveries += 1
        if self._deliveries % len(self.members) == 0:
            self.meter.boundary()
            self.speak()


class Member(Client):
    """Listens."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.meter)
        self.room = room
        self.heard = 0

    async def enter(self) -> None:
        """Into the room."""
        await self.join(self.room.name)

    def on_event(self, packet: bytes) -> None:
        """The speaker was heard."""
        if packet != self.room.packet:
            self.meter.fail(f"not what the speaker of the room said: {packet!r}")
            return
        self.room.delivered(self.heard)
        self.heard += 1
