"""The world as picows is shown it: picows_link.py says why there is one.

- *It sets options of TCP on the socket*, which fails on a Unix domain socket. The loop has set TCP_NODELAY already, so
  the socket that it is shown takes every option and does nothing.
- *It lends the transport a view of its header buffer* with each message over 8 KiB, and overwrites it with the next
  message, sent or not: uvloop would send the wrong header. So such lines are joined, which copies them.
- *It asks for the addresses of both ends*, two calls of the system, for a line in a log that nobody writes; so they
  are not told.
- *It closes the transport* when it finds something wrong. That does nothing here: but it also logs what it found, in
  the handler of the exception, and the log that it is given passes that on.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any


class PicowsFacade:
    """The transport, the socket and the log of one connection, in one.

    picows looks up once how to write and how much is buffered, and from then on calls the real methods directly.

    Args:
        transport: the real one.
        on_error: is given whatever goes wrong inside picows, or in what it calls, before picows reacts to it.
    """

    __slots__ = ("_on_error", "_transport", "write")

    def __init__(self, transport: asyncio.Transport, on_error: Callable[[BaseException | None], None]) -> None:
        self._transport = transport
        self._on_error = on_error
        #: Replaceable.
        self.write = transport.write

    # The transport

    @property
    def get_write_buffer_size(self) -> Callable[[], int]:
        """The transport's own method."""
        return self._transport.get_write_buffer_size

    def writelines(self, lines: list[bytes | memoryview]) -> None:
        """Write lines that may change as soon as this returns."""
        self._transport.write(b"".join(lines))

    def close(self) -> None:
        """Do nothing: the link closes the transport."""

    def get_extra_info(self, name: str) -> Any:
        """What the transport knows of itself, and picows does something with."""
        if name == "socket":
            return self
        return self._transport.get_extra_info(name) if name == "ssl_object" else None

    # The socket

    def fileno(self) -> int:
        """The real descriptor: picows sends on it."""
        return int(self._transport.get_extra_info("socket").fileno())

    def setsockopt(self, *option: int) -> None:
        """Do nothing: see above."""

    def getsockopt(self, *option: int) -> int:
        """Something for a log line that nobody writes."""
        return 0

    # The log

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802, it is what loggers have
        """Nothing is worth a line."""
        return False

    def error(self, message: str, *details: object) -> None:
        """Pass on the exception that is being handled."""
        self._on_error(sys.exc_info()[1])

    exception = error

    def info(self, message: str, *details: object) -> None:
        """Nothing is worth a line."""

    debug = info
