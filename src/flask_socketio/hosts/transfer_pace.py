"""How slowly a client may send or read before its connection is taken from it.

A client that keeps a transfer just alive costs a connection, a buffer, sometimes a worker thread, and next to nothing
to itself: a POST of which a byte comes now and then, a download that nobody reads. So each transfer that takes longer
is looked at once in a while. It is not the client's fault where this side has kept it waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Seconds from one look at a transfer to the next, and so the longest that a small one may take.
PERIOD = 60.0

#: Bytes each second that a client has to send, or to take, in such a period.
LEAST = 500


class TransferPace:
    """A look at one transfer in every period.

    Args:
        loop: whose time counts.
        moved: how many bytes have been moved so far.
        too_slow: called, once, when too few of them were in a period.
    """

    __slots__ = ("_before", "_excused", "_loop", "_moved", "_timer", "_too_slow")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, moved: Callable[[], int], too_slow: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._moved = moved
        self._too_slow = too_slow
        self._begin()

    def _begin(self) -> None:
        self._excused = False
        self._before = self._moved()
        self._timer = self._loop.call_later(PERIOD, self._look)

    def _look(self) -> None:
        if self._excused or self._moved() - self._before >= LEAST * PERIOD:
            self._begin()
        else:
            self._too_slow()

    def excuse(self) -> None:
        """It is we who hold the transfer up: this period does not count."""
        self._excused = True

    def end(self) -> None:
        """The transfer is over."""
        self._timer.cancel()
