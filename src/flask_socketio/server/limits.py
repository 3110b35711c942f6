"""Limits on what one client may send in a time: buckets of tokens, and what is said where they are empty.

A bucket holds so many tokens as a limit allows at once, and is filled again at the limit's pace. An event takes one,
its bytes as many as they are. What finds too few is not handled: the client gets an EventError that names the time to
wait, as an acknowledgement if it asked for one. A client that asks for none is told once, until it keeps to the limit
again; the log has one line for it in a minute. One that never does is disconnected in the end.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable
from typing import NamedTuple

from ..protocol.errors import excerpt
from ..transport.complaints import Complaints
from .errors import EventError

logger = logging.getLogger("flask_socketio")

#: A client that has sent so many events in a row over its limit does not listen to what it is told.
MAX_REJECTED = 1_000

_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_RATE = re.compile(r"\s*(\d{1,15})\s*(?:/|per)\s*(\d{1,15})?\s*(second|minute|hour)s?\s*")


class Rate(NamedTuple):
    """So many at once, and again so many in each period of so many seconds."""

    most: int
    period: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """A rate as users write it: `"20/second"`, `"100 per minute"`, `"5/10 seconds"`. Raises ValueError."""
        match = _RATE.fullmatch(text) if isinstance(text, str) else None
        if match is None or int(match[1]) == 0 or int(match[2] or 1) == 0:
            raise ValueError(f"{text!r} is no rate; write '20/second', '100 per minute' or '5/10 seconds'")
        return cls(int(match[1]), int(match[2] or 1) * _UNITS[match[3]])


class Bucket:
    """The tokens of one client.

    Args:
        rate: how many it may hold, and how fast it is filled.
        now: the time, in seconds.
    """

    __slots__ = ("_filled", "_now", "_pace", "_room", "_tokens")

    def __init__(self, rate: Rate, now: Callable[[], float]) -> None:
        self._room = float(rate.most)
        self._pace = rate.most / rate.period
        self._now = now
        self._tokens = self._room
        self._filled = now()

    def take(self, count: int = 1) -> float:
        """Take tokens, and return 0; or take none, and return the seconds until there are enough.

        More than the bucket can hold are there when it is full; the next ones then have to wait for all of them.
        """
        now = self._now()
        self._tokens = min(self._room, self._tokens + (now - self._filled) * self._pace)
        self._filled = now
        needed = min(count, self._room)
        if self._tokens >= needed:
            self._tokens -= count
            return 0.0
        return (needed - self._tokens) / self._pace

    def lower(self, other: Bucket) -> None:
        """Hold no more tokens than another one of the same rate."""
        for bucket in (self, other):
            bucket.take(0)  # fills it up to now
        self._tokens = min(self._tokens, other._tokens)


class Allowance:
    """What one client may still send: events, their bytes, and the events of single handlers.

    Args:
        events, size: its limits, None for none.
        now: the time, in seconds.

    Attributes:
        rejected: how many of its events in a row were too many.
    """

    __slots__ = ("_by_rule", "_events", "_now", "_size", "rejected")

    def __init__(self, events: Rate | None, size: Rate | None, now: Callable[[], float]) -> None:
        self._now = now
        self._events = None if events is None else Bucket(events, now)
        self._size = None if size is None else Bucket(size, now)
        self._by_rule: dict[Hashable, Bucket] = {}
        self.rejected = 0

    def wait(self, own: Rate | None, rule: Hashable, size: int) -> float:
        """Take what an event costs, and return 0; or the seconds to wait. See `Gate.problem`."""
        wait = 0.0
        if own is not None:
            wait = self._bucket(own, rule).take()
        if wait == 0.0 and self._events is not None:
            wait = self._events.take()
        if wait == 0.0 and self._size is not None:
            wait = self._size.take(size)
        return wait

    def _bucket(self, rate: Rate, rule: Hashable) -> Bucket:
        bucket = self._by_rule.get(rule)
        if bucket is None:  # there are no more of them than handlers with a limit
            bucket = self._by_rule[rule] = Bucket(rate, self._now)
        return bucket

    def share(self, other: Allowance) -> None:
        """This is a client that has another allowance, too: no more than that is left of either."""
        for mine, its in ((self._events, other._events), (self._size, other._size)):
            if mine is not None and its is not None:
                mine.lower(its)
        for rule, bucket in other._by_rule.items():
            self._by_rule.setdefault(rule, bucket).lower(bucket)
        self.rejected = min(max(self.rejected, other.rejected), MAX_REJECTED - 1)


class Gate:
    """All limits of one connection, and what happens at them.

    Args:
        allowance: what its client may send.
        expel: ends the connection.
        complaints: what was said of whom.
    """

    def __init__(self, allowance: Allowance, expel: Callable[[], object], complaints: Complaints) -> None:
        self.allowance = allowance
        self._expel = expel
        self._complaints = complaints
        self._received = 0

    def received(self, size: int) -> None:
        """Bytes have come; the event that they are part of pays for them."""
        self._received += size

    def problem(self, sid: str, namespace: str, event: str, own: Rate | None, rule: Hashable) -> EventError | None:
        """Why an event is not handled; None if it is.

        Args:
            sid, namespace: who has sent it, and where.
            event: its name.
            own: the limit of its handler, if it has one.
            rule: that handler. Names are no measure: where a catch-all is limited, clients make them up.
        """
        size, self._received = self._received, 0
        allowance = self.allowance
        wait = allowance.wait(own, rule, size)
        if wait == 0.0:
            allowance.rejected = 0
            return None
        allowance.rejected += 1
        if self._complaints.due("rate_limit", sid):
            what, where = excerpt(event), excerpt(namespace)
            logger.warning("client %s sends too much: %s in %s is not handled", sid, what, where)
        if allowance.rejected == MAX_REJECTED:
            logger.warning("disconnecting client %s: its last %s events were all too many", sid, f"{MAX_REJECTED:,}")
            self._expel()
        return EventError("rate_limited", f"Too many events: wait {wait:.1f} s", {"retry_after": round(wait, 3)})

    @property
    def told(self) -> bool:
        """Whether the client has been told that it is over its limit, and has not kept to it since."""
        return self.allowance.rejected > 1
