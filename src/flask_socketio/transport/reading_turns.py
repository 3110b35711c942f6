"""Who is read from next, of those from whom much is read.

A peer that has filled the buffer may have more to say at once, and others have waited meanwhile. So it joins a queue,
and nothing is read from it until it is let through. At a time so many are let through as will keep the loop busy for
`LONG_TURN`, going by what a read from each costs; and if the turn of the loop that comes of it takes longer all the
same, nobody is let through for as long again. Those who would keep the loop busy, be it one or a thousand, so get one
half of it, in pieces so small that nobody else has to wait for long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from .deadlines import Clock

#: Seconds that a turn of the loop may take before those from whom much is read are made to wait.
LONG_TURN: Final = 0.002


class ReadingTurns:
    """The queue of one loop, used on it only.

    Args:
        clock: the loop.
    """

    __slots__ = ("_clock", "_queue", "_turning")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: deque[tuple[Callable[[], object], float]] = deque()
        self._turning = False

    def join(self, go_on: Callable[[], object], cost: float) -> None:
        """Let somebody wait for its turn.

        Args:
            go_on: called when it is let through.
            cost: seconds of processor time that will come of it.
        """
        self._queue.append((go_on, cost))
        if not self._turning:
            self._turning = True
            self._begin_turn()

    def _begin_turn(self) -> None:
        self._clock.call_soon(self._end_turn, self._clock.time())

    def _end_turn(self, began: float) -> None:
        now = self._clock.time()
        if not self._queue:
            self._turning = False
        elif now - began > LONG_TURN:
            self._clock.call_at(2 * now - began, self._let_through)
        else:
            self._let_through()

    def _let_through(self) -> None:
        self._begin_turn()  # first, so that nobody who fails holds up the others for ever
        budget = LONG_TURN
        while self._queue and (budget == LONG_TURN or self._queue[0][1] <= budget):
            go_on, cost = self._queue.popleft()
            budget -= cost
            go_on()
