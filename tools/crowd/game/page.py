"""One client that plays, and checks what it is told; it costs little, so that many fit beside the server."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import msgspec

from bench.load.client import Client
from bench.load.meter import Meter
from examples.game.deltas import State
from examples.game.motion import DASH, GO, HEADINGS

EVERY = 2  # commands that a page sends at once

Update = tuple[int, int, list[int], list[int]]  # its tick, that of what it is the difference to, what changed, ids gone


@dataclass
class Tally:
    """What all clients have counted, and the states that they have worked out, by match and tick."""

    counts: Counter[str] = field(default_factory=Counter)
    longest_silence: float = 0.0  # seconds in which one of them was told nothing
    states: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))


def patched(old: State, changes: list[int], gone: list[int], *, most: int = 9) -> State:
    """What a page makes of an update. `most` is how many values anything has, at most."""
    state = {id: list(values) for id, values in old.items() if id not in gone}
    numbers = iter(changes)
    for id in numbers:
        bits = next(numbers)
        values = state.setdefault(id, [0] * most)
        for bit in range(most):
            if bits & 1 << bit:
                values[bit] += next(numbers)
    return {id: tuple(values) for id, values in state.items()}


class Page(Client):
    """One page that plays, and once a second compares what it sees with what the others of its match see."""

    def __init__(self, meter: Meter, tally: Tally, match: str, number: int) -> None:
        super().__init__(meter)
        self.heard = 0.0  # when it was told of the last state
        self._tally = tally
        self._match = match
        self._who = {"name": f"P{number}", "match": match, "key": f"{match} {number}"}
        self._whole: Update = (0, 0, [], [])
        self._newest = b""
        self._number = 0
        self._command = GO

    def on_opened(self, packet: bytes) -> None:
        """Say who it is."""
        self.send(b"40" + json.dumps(self._who).encode())

    def on_event(self, packet: bytes) -> None:
        """Hear of the match."""
        self._tally.counts["bytes down"] += len(packet)
        if not packet.startswith(b'42["state",'):
            return
        before, self.heard = self.heard, time.monotonic()
        self._tally.counts["states"] += 1
        self._tally.longest_silence = max(self._tally.longest_silence, self.heard - (before or self.heard))
        base = int(packet[11:60].split(b",", 2)[1])
        if base == 0:
            self._look(packet)
        elif base == self._whole[0]:
            self._newest = packet
        else:
            self._tally.counts["states that could not be read"] += 1

    def play(self) -> None:
        """Send the next commands: mostly on, now and then elsewhere, seldom a dash."""
        if random.random() < 0.1:
            self._command = GO + random.randrange(HEADINGS) + DASH * (random.random() < 0.2)
        self._number += EVERY
        packet = json.dumps(["play", self._number, [self._command] * EVERY], separators=(",", ":"))
        self._tally.counts["bytes up"] += 2 + len(packet)
        self.send(b"42" + packet.encode())

    def _look(self, packet: bytes) -> None:
        """Everything has come again: note it, and the last difference to the time before."""
        whole = patched({}, *self._whole[2:])
        for update, before in ((self._newest, whole), (packet, State())):
            if update:
                _, tick, base, *change = msgspec.json.decode(update[2:])
                self._note(tick, patched(before, *change))
                self._whole = (tick, base, *change) if base == 0 else self._whole
        self._newest = b""

    def _note(self, tick: int, state: State) -> None:
        self._tally.states[self._match, tick].add(hash(frozenset(state.items())))
        self._tally.counts["states compared"] += 1
