"""Acknowledgements that clients still owe: callbacks waiting under the ids that went out with the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Called once, with the list of arguments of the acknowledgement, or with None when none can come any more.
AckCallback = Callable[["list[Any] | None"], object]


class PendingAcks:
    """What one client in one namespace has been asked to acknowledge.

    Bounded: past `limit` the oldest is forgotten, since a client that never answers must not cost memory for ever.
    """

    __slots__ = ("_callbacks", "_last_id", "_limit")

    def __init__(self, limit: int) -> None:
        self._callbacks: dict[int, AckCallback] = {}
        self._last_id = 0
        self._limit = limit

    def add(self, callback: AckCallback) -> int:
        """Keep `callback` and return the id to send with the event."""
        if len(self._callbacks) >= self._limit:
            self._callbacks.pop(next(iter(self._callbacks)))(None)
        self._last_id += 1
        self._callbacks[self._last_id] = callback
        return self._last_id

    def pop(self, ack_id: int) -> AckCallback | None:
        """The callback waiting under an id, which is then forgotten; None for an id nobody waits for."""
        return self._callbacks.pop(ack_id, None)

    def clear(self) -> list[AckCallback]:
        """Forget everything; returns the callbacks that will get no answer any more."""
        callbacks = list(self._callbacks.values())
        self._callbacks.clear()
        return callbacks
