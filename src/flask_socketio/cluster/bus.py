"""What an adapter needs of a bus, and what goes wrong with one."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol


class MessageQueueError(ConnectionError):
    """A process without a server of its own could not hand an event to the message queue."""


class Bus(Protocol):
    """Carries bytes from each process to all that listen, itself included, at most once, in order, or not at all.

    In a process that serves, `start` comes first and `publish` sends; in one that does not (a script, a Celery worker)
    there is only `publish_now`.
    """

    @abstractmethod
    def start(self, loop: asyncio.AbstractEventLoop, received: Callable[[bytes], object]) -> None:
        """Connect, and stay connected. `received` is called on the loop with each message, and does not raise."""

    @abstractmethod
    async def stop(self, timeout: float) -> None:
        """Send what waits, for at most `timeout` seconds, then disconnect."""

    @abstractmethod
    def publish(self, body: bytes) -> None:
        """Send a message soon; on the loop. Never waits and never raises."""

    @abstractmethod
    def publish_now(self, body: bytes) -> None:
        """Send a message, from any thread. Waits a bounded time; raises MessageQueueError where that is not enough."""
