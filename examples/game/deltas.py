"""How pages are told of a match in few bytes: only what has changed since the last state that they have.

A page says with each message which state it got last, and is sent the difference to that one. So an update may be
dropped on its way to a slow page (`latest=` does it where its socket takes no more): the next one lacks nothing. Who
has no state yet, or one that nobody remembers, gets the difference to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

State = dict[int, tuple[int, ...]]  # what there is to see at one tick: numbers by id
Update = tuple[
    int, list[int], list[int]
]  # the tick that it begins at, what has changed since, and the ids that are gone

KEPT = 64  # states that are remembered
SLOW = 60  # ticks; who has confirmed nothing for so long is sent one state in half of it, until they keep up


def difference(old: State, new: State) -> tuple[list[int], list[int]]:
    """What has changed, and which ids are gone.

    Changes are in one list: an id, a number whose bits say which values have changed, and by how much each of them did.
    """
    changes = []
    for id, values in new.items():
        before = old.get(id)
        if before != values:
            steps = [value - was for value, was in zip(values, before or (0,) * len(values), strict=True)]
            changes += [id, sum(1 << bit for bit, step in enumerate(steps) if step), *filter(None, steps)]
    return changes, [id for id in old if id not in new]


@dataclass
class View:
    """What one page has: the tick of the last state that it has confirmed, and of the last one that it was sent."""

    has: int = 0
    sent: int = 0

    def confirm(self, tick: int) -> None:
        """The page says that it has the state of a tick."""
        if self.has < tick <= self.sent:
            self.has = tick


class Feed:
    """The last states of one match, and the pages that look at it, by their sids."""

    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self._states: dict[int, State] = {}

    def updates(self, tick: int, state: State) -> Iterator[tuple[str, Update]]:
        """For each page that is due, what it needs to know the state of this tick."""
        self._states[tick] = state
        if len(self._states) > KEPT:
            del self._states[next(iter(self._states))]
        made: dict[int, Update] = {}  # most pages have the same state: for these it is worked out once
        for sid, view in self.views.items():
            if view.sent and tick - view.has > SLOW and tick - view.sent < SLOW // 2:
                continue
            base = view.has if view.has in self._states else 0
            if base not in made:
                made[base] = (base, *difference(self._states.get(base, {}), state))
            view.sent = tick
            yield sid, made[base]
