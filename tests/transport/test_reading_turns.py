"""Who keeps the loop busy waits for its turn, and leaves one half of the time to the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from flask_socketio.transport.reading_turns import LONG_TURN, ReadingTurns


class Loop:
    """A loop (`deadlines.Clock`) in whose turns first callbacks are called, then peers are read from."""

    def __init__(self) -> None:
        self.now = 0.0
        self.peers: list[Peer] = []
        self.soon: list[Callable[[], object]] = []
        self.later: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> None:
        self.soon.append(partial(callback, *args))

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> None:
        self.later.append((when, partial(callback, *args)))

    def turn(self) -> int:
        """One turn, which takes a tenth of a millisecond and what the peers cost; from how many of them was read."""
        self.now += 0.0001
        callbacks = self.soon + [callback for when, callback in self.later if when <= self.now]
        self.soon, self.later = [], [timer for timer in self.later if timer[0] > self.now]
        for callback in callbacks:
            callback()
        return sum(peer.read() for peer in self.peers)


class Peer:
    """Somebody who always has more to say."""

    def __init__(self, loop: Loop, reading_turns: ReadingTurns, cost: float) -> None:
        self._loop, self._reading_turns, self._cost = loop, reading_turns, cost
        self.may_read = True
        self.reads = 0
        loop.peers.append(self)

    def go_on(self) -> None:
        self.may_read = True

    def read(self) -> bool:
        if not self.may_read:
            return False
        self.may_read = False
        self.reads += 1
        self._loop.now += self._cost
        self._reading_turns.join(self.go_on, self._cost)
        return True


def crowd(count: int, cost: float) -> Loop:
    loop = Loop()
    reading_turns = ReadingTurns(loop)
    for _ in range(count):
        Peer(loop, reading_turns, cost)
    loop.turn()  # nobody knows yet what they cost, and all are read from
    while not loop.turn():
        pass
    return loop


@pytest.mark.parametrize("cost", [LONG_TURN / 4, LONG_TURN, 3 * LONG_TURN])
def test_however_many_they_are_they_get_half_of_the_time(cost: float) -> None:
    loop = crowd(50, cost)
    began, turns = loop.now, [loop.turn() for _ in range(5_000)]
    assert 0.45 < sum(turns) * cost / (loop.now - began) < 0.55


@pytest.mark.parametrize("cost", [LONG_TURN / 4, LONG_TURN * 0.6, 3 * LONG_TURN])
def test_they_get_it_in_small_pieces(cost: float) -> None:
    loop = crowd(50, cost)
    assert max(loop.turn() for _ in range(1_000)) * cost <= max(LONG_TURN, cost)


def test_who_costs_little_does_not_wait() -> None:
    loop = crowd(50, LONG_TURN / 1_000)
    assert [loop.turn() for _ in range(5)] == [50] * 5


def test_each_has_its_turn() -> None:
    loop = crowd(50, LONG_TURN)
    for _ in range(10_000):
        loop.turn()
    reads = [peer.reads for peer in loop.peers]
    assert max(reads) - min(reads) <= 1 < min(reads)


def test_who_fails_holds_up_nobody() -> None:
    loop = Loop()
    reading_turns = ReadingTurns(loop)
    told: list[int] = []
    for number in range(3):
        reading_turns.join(partial(told.append, number) if number else partial(int, "x"), LONG_TURN)
    with pytest.raises(ValueError, match="x"):
        loop.turn()
    for _ in range(2):
        loop.turn()
    assert told == [1, 2]


def test_nothing_is_done_while_nobody_waits() -> None:
    loop = crowd(3, 0.0)
    loop.peers.clear()
    for _ in range(3):
        loop.turn()
    assert not loop.soon and not loop.later
