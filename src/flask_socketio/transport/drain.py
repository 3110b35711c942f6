"""The end of a connection whose peer still talks."""

from __future__ import annotations

import asyncio


class Drain(asyncio.BufferedProtocol):
    """Reads what a peer still sends and forgets it, until the peer has closed its side too.

    A socket that is closed with bytes unread resets the connection, and what was sent last, the reason for closing it,
    may never reach the peer.

    Args:
        previous: the protocol of the connection up to now; it is told when the connection is lost.
    """

    _buffer = bytearray(65536)  # one for all: nobody looks at it

    def __init__(self, previous: asyncio.BaseProtocol) -> None:
        self._previous = previous

    def get_buffer(self, sizehint: int) -> bytearray:
        """The place where it all goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Something came, and is gone."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._previous.connection_lost(exc)
