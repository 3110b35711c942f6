"""What waits to be sent over a bus: bounded, so that a bus that is away costs only so much memory."""

from __future__ import annotations

from collections import deque

#: The most that goes out in one write, and so the most that is sent twice when the connection breaks in the middle.
BATCH = 100


class Outbox:
    """Messages in the order in which they came. At a bound the oldest makes room: the newest says how things are now.

    Args:
        max_messages, max_size: how many messages and how many bytes may wait.
    """

    def __init__(self, max_messages: int = 10_000, max_size: int = 16_000_000) -> None:
        self._max_messages = max_messages
        self._max_size = max_size
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._taken: list[bytes] = []
        self._lost = 0

    def put(self, body: bytes) -> bool:
        """Let a message wait; False if others had to make room for it."""
        lost = self._lost
        self._waiting.append(body)
        self._size += len(body)
        while len(self._waiting) > self._max_messages or (self._size > self._max_size and len(self._waiting) > 1):
            self._size -= len(self._waiting.popleft())
            self._lost += 1
        return self._lost == lost

    def take(self) -> list[bytes]:
        """What to send next, none if nothing waits. The same again, until `sent` was called."""
        if not self._taken:
            self._taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._size -= sum(map(len, self._taken))
        return self._taken

    def sent(self) -> None:
        """What was taken has been sent."""
        self._taken = []

    def count_lost(self) -> int:
        """How many had to make room since this was last called."""
        lost, self._lost = self._lost, 0
        return lost
