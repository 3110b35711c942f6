"""The exceptions of this package, all in one place to import from."""

from __future__ import annotations

from .cluster.bus import MessageQueueError
from .server.errors import ConnectionRefusedError, EventError, OverloadedError, TimeoutError, TooManyRoomsError

__all__ = [
    "ConnectionRefusedError",
    "EventError",
    "MessageQueueError",
    "OverloadedError",
    "TimeoutError",
    "TooManyRoomsError",
]
