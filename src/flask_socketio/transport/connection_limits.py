"""How many connections there may be: of everybody together, and of one address."""

from __future__ import annotations

from collections import Counter

from .http import Request
from .refusal import Cause, Refused


class ConnectionLimits:
    """Counts connections, and turns away those that would be too many.

    Args:
        most: the most connections at a time, None for no limit.
        most_per_address: the most from one address, None for no limit.
    """

    def __init__(self, most: int | None, most_per_address: int | None) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._total = 0
        self._from: Counter[str] = Counter()

    def admit(self, request: Request) -> None:
        """Count a connection that this request is about to open. Raises Refused if it is one too many.

        It counts before it is open: between the two, with a thread of its own for each handshake, many others may ask.
        """
        if self._most is not None and self._total >= self._most:
            raise Refused(Cause.FULL, f"there are {self._total:,} connections already (max_connections)")
        limit = self._most_per_address
        if limit is not None and self._from[request.address] >= limit:
            raise Refused(
                Cause.TOO_MANY,
                f"{request.address} has {limit:,} connections already (max_connections_per_address). If all clients "
                "seem to come from one address, there is a proxy in front: let ProxyFix tell it from its clients",
            )
        self.came(request)

    def came(self, request: Request) -> None:
        """Count a connection of this request, however many there are."""
        self._total += 1
        if self._most_per_address is not None:
            self._from[request.address] += 1

    def left(self, request: Request) -> None:
        """A connection of this request is over, or will not be."""
        self._total -= 1
        if self._most_per_address is not None:
            address = request.address
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]
