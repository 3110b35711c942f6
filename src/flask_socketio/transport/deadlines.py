"""Things that are due a fixed time after they began: heartbeats, handshakes, upgrades."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)

#: uvloop counts time in whole milliseconds, and so may call a hair before the moment asked for.
CLOCK_TICK = 0.001

#: Seconds by which a timer may be late without setting back what is timed from there. A loop that was held up for
#: longer counts from now on: nobody shall have less time because of it.
LATENESS = 0.02


class Clock(Protocol):
    """The part of an asyncio loop that tells time; tests hand in one that they turn by hand."""

    def time(self) -> float:
        """Seconds, from any start, never going back."""

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> Any:
        """Call back at a time of this clock."""

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> Any:
        """Call back in this turn or the next."""


class Deadlines(Generic[K]):
    """A queue of keys that fall due `duration` seconds after `start`, in order, on one timer.

    All wait equally long, so the order of starting is the order of falling due: a dictionary, which keeps its order,
    needs neither heap nor wheel, and a timer exists only for the first. 15,000 clients cost one timer.

    Attributes:
        when: while `due` is called, the time that its key fell due, to be handed to `start` for what follows on it.
    """

    def __init__(self, clock: Clock, duration: float, due: Callable[[K], object]) -> None:
        self._clock = clock
        self._duration = duration
        self._due = due
        self._deadlines: dict[K, float] = {}
        self._armed = False
        self.when = 0.0

    def __len__(self) -> int:
        return len(self._deadlines)

    def __contains__(self, key: K) -> bool:
        """Whether `key` is waiting to fall due."""
        return key in self._deadlines

    def start(self, key: K, since: float | None = None) -> None:
        """Let `key` fall due `duration` seconds from now, or after `since`; a key that is waiting starts afresh."""
        self._deadlines.pop(key, None)
        self._deadlines[key] = (self._clock.time() if since is None else since) + self._duration
        if not self._armed:
            self._arm()

    def cancel(self, key: K) -> bool:
        """Let `key` never fall due; whether it was waiting to."""
        return self._deadlines.pop(key, None) is not None

    def expire(self) -> None:
        """Call for what is due already. Whoever must not depend on a late timer asks for this first."""
        now = self._clock.time() + CLOCK_TICK
        while self._deadlines:
            key, deadline = next(iter(self._deadlines.items()))
            if deadline > now:
                return
            del self._deadlines[key]
            self.when = max(deadline, now - LATENESS)
            self._due(key)

    def _arm(self) -> None:
        self._armed = True
        self._clock.call_at(next(iter(self._deadlines.values())), self._ring)

    def _ring(self) -> None:
        self._armed = False
        try:
            self.expire()
        finally:  # one callback that fails must not stop the clock of all others
            if self._deadlines and not self._armed:
                self._arm()
