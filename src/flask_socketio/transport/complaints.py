"""What the log says of clients that come up against a limit: one line in a minute for each client and limit.

Clients decide how often they do that, so a line for each time would let them fill the disk, and hide what else it says.
Who comes under many names, from many addresses say, is bounded by the number of lines in all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger("flask_socketio")

#: Seconds for which the same is not said again of the same client.
QUIET = 60.0

#: The most that is remembered, and so is said, in that time.
MOST = 1_000


class Complaints:
    """Knows what was said of whom in the last minute. Used on the loop only.

    Args:
        now: the time, in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._said: dict[tuple[str, str], float] = {}
        self._overflowed = float("-inf")

    def __len__(self) -> int:
        return len(self._said)

    def due(self, what: str, who: str) -> bool:
        """Whether the log is to have this now; if so, it counts as said.

        Args:
            what: which limit it is about.
            who: a client, by its sid, or its address where it has none yet.
        """
        now = self._now()
        said = self._said
        if said.get((what, who), float("-inf")) > now - QUIET:
            return False
        while said and next(iter(said.values())) <= now - QUIET:
            del said[next(iter(said))]
        if len(said) >= MOST:
            if now >= self._overflowed + QUIET:
                self._overflowed = now
                logger.warning(
                    "there is more to complain of than the log has lines for: others are not named for a minute"
                )
            return False
        said[what, who] = now
        return True
