"""The requests that wait for a worker thread.

The pool of the workers takes jobs and gives none back: what it was handed it would hold, with the body of the upload,
until a worker is free to find that nobody wants it any more. Under a flood that no worker is free for, these would
gather without end. So the requests stand in a line here, which they can leave, and what the pool gets is an errand:
run who is first in the line by then. There are never more errands than the most that have waited at a time, since one
that finds its request gone serves the next to come.
"""

from __future__ import annotations

import contextvars
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol, TypeAlias

Submit: TypeAlias = Callable[[Callable[[], None]], object]


class Waiting(Protocol):
    """What may stand in a line."""

    def run(self) -> None:
        """Do what is to be done, on a worker thread."""


class Line:
    """First come, first served. Used by the loop, but for the errands; each step of either is one that nothing divides.

    Args:
        submit: runs a function on a worker thread, in a while if all are busy.
    """

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._waiting: OrderedDict[Waiting, contextvars.Context] = OrderedDict()
        self._errands: list[None] = []  # as many as the pool has that have not begun

    def join(self, one: Waiting) -> None:
        """Have `one` run, in a copy of this context."""
        self._waiting[one] = contextvars.copy_context()
        if len(self._errands) < len(self._waiting):
            self._errands.append(None)
            self._submit(self._run_first)

    def leave(self, one: Waiting) -> bool:
        """Wait no more. False for one that has begun, or was never here."""
        return self._waiting.pop(one, None) is not None

    def _run_first(self) -> None:
        self._errands.pop()  # before it looks: an errand that is counted will look at all who have come
        try:
            one, context = self._waiting.popitem(last=False)
        except KeyError:
            return
        context.run(one.run)
