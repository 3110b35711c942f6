"""The budget of an event: large ones are named in the log, with what takes the space, and the largest are refused.

An event goes to each client of a room, and who has a slow network waits for every byte of it. What is large is rarely
meant to be: the whole object where its change would do, or a picture that HTTP could serve and caches keep.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from ..protocol.socketio import Codec

logger = logging.getLogger("flask_socketio")

#: So many events are known by name to have been named; the log is spared all after them.
MAX_NAMED = 1_000

#: So many parts of a payload are told of.
_PARTS = 3


class PayloadBudget:
    """How large events may be. Its methods may be called in any thread.

    Args:
        codec: how events are written.
        warning: bytes from which on an event is named, once; None: never.
        limit: bytes above which it is refused; None: never.

    Attributes:
        floor: no event of up to so many bytes needs to be checked.
    """

    def __init__(self, codec: Codec, warning: int | None, limit: int | None) -> None:
        self._codec = codec
        self._warning = sys.maxsize if warning is None else warning
        self._limit = sys.maxsize if limit is None else limit
        self.floor = min(self._warning, self._limit)
        self._named: set[str] = set()

    def check(self, event: str, args: tuple[Any, ...], size: int) -> None:
        """Look at an event that is larger than `floor`. Raises ValueError for one that is refused."""
        if size > self._limit:
            raise ValueError(
                f"{event!r} has {size:,} bytes, and max_emit_size={self._limit:,} refuses it: {self._parts(args)}"
            )
        if event not in self._named and len(self._named) < MAX_NAMED:
            self._named.add(event)
            logger.warning(
                "%r has %s bytes for each client it goes to, more than payload_warning=%s: %s",
                event,
                f"{size:,}",
                f"{self._warning:,}",
                self._parts(args),
            )

    def _parts(self, args: tuple[Any, ...]) -> str:
        """What takes the space: the largest arguments, or of a single dict the largest values."""
        only = args[0] if len(args) == 1 else None
        named = only.items() if isinstance(only, dict) else [(f"argument {n}", arg) for n, arg in enumerate(args, 1)]
        sizes = sorted(((self._size(value), name, value) for name, value in named), key=lambda part: -part[0])
        return ", ".join(_told(*part) for part in sizes[:_PARTS] if part[0] > sizes[0][0] // 100)

    def _size(self, value: Any) -> int:
        return self._codec.encode_body([value]).size - len("[]")


def _told(size: int, name: object, value: object) -> str:
    what = f", {len(value):,} items" if isinstance(value, (list, tuple, dict)) else ""
    return f"{name!s} {size:,} bytes{what}"
