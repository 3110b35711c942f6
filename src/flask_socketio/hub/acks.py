"""Acknowledgements that clients still owe: callbacks waiting under the ids that went out with the events."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from typing import Any, TypeAlias


class Unanswered(enum.Enum):
    """Why there is no acknowledgement, and will be none."""

    GONE = "the client has disconnected"
    TOO_MANY = "the client owes too many answers (max_pending_acks)"
    TOO_MANY_ELSEWHERE = "clients of other processes owe too many answers"


#: The arguments of an acknowledgement, or why there is none.
Reply: TypeAlias = "list[Any] | Unanswered"

#: Called once, with what became of the question.
AckCallback: TypeAlias = Callable[[Reply], object]


class PendingAcks:
    """What one client in one namespace has been asked to acknowledge.

    Bounded: past `limit` the oldest is given up, since a client that never answers must not cost memory for ever.
    Whoever waits for it is told so as `past_limit`.
    """

    __slots__ = ("_callbacks", "_ids", "_limit", "_past_limit")

    def __init__(self, limit: int, past_limit: Unanswered = Unanswered.TOO_MANY) -> None:
        self._past_limit = past_limit
        self._callbacks: dict[int, AckCallback] = {}
        self._ids = itertools.count(1)
        self._limit = limit

    @property
    def full(self) -> bool:
        """Whether one more is too many."""
        return len(self._callbacks) >= self._limit

    def new_id(self) -> int:
        """An id for an event; in any thread."""
        return next(self._ids)

    def add(self, callback: AckCallback, ack_id: int | None = None) -> int:
        """Keep `callback` under an id, a new one unless given, and return the id to send with the event."""
        if self.full:
            self._callbacks.pop(next(iter(self._callbacks)))(self._past_limit)
        if ack_id is None:
            ack_id = next(self._ids)
        self._callbacks[ack_id] = callback
        return ack_id

    def pop(self, ack_id: int) -> AckCallback | None:
        """The callback waiting under an id, which is then forgotten; None for an id nobody waits for."""
        return self._callbacks.pop(ack_id, None)

    def discard(self, callback: AckCallback) -> None:
        """Forget a callback that nobody waits for any longer; what is not there is ignored."""
        for ack_id in [ack_id for ack_id, waiting in self._callbacks.items() if waiting == callback]:
            del self._callbacks[ack_id]

    def clear(self) -> list[AckCallback]:
        """Forget everything; returns the callbacks that will get no answer any more."""
        callbacks = list(self._callbacks.values())
        self._callbacks.clear()
        return callbacks
