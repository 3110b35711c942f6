"""How a server tells its peers: the interface, and the adapter that is upstream's way.

Another adapter (one that speaks as Node's servers do, say) takes the same messages to other channels in another
format. So messages are values, and what `encode` makes of one is for `publish` alone to understand.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from ..protocol.errors import ProtocolError
from .bus import Bus
from .messages import Ack, Message, MessageCodec

logger = logging.getLogger("flask_socketio")

#: Seconds for which bad messages are only counted after one has been logged: a flood of them must not flood the log.
QUIET = 10.0


class Adapter(Protocol):
    """Brings messages to the other processes, and theirs to this one."""

    #: Whether this process has no clients of its own, and only tells others.
    write_only: bool
    #: By what the others know this process.
    host: str

    @abstractmethod
    def start(self, loop: asyncio.AbstractEventLoop, received: Callable[[Message], object]) -> None:
        """Join the others; `received` is called on the loop, with what they want done.

        It may raise TypeError or ValueError for what cannot be done; that is logged.
        """

    @abstractmethod
    async def stop(self, timeout: float) -> None:
        """Send what waits, for at most `timeout` seconds, then leave."""

    @abstractmethod
    def encode(self, message: Message) -> bytes:
        """What `publish` takes, in any thread. Raises TypeError or ValueError for what cannot be sent."""

    @abstractmethod
    def publish(self, body: bytes) -> None:
        """Tell the others soon; on the loop, between `start` and `stop`. Never waits and never raises."""

    @abstractmethod
    def publish_now(self, body: bytes) -> None:
        """Tell the others, in any thread of a process that has not started. Waits a bounded time.

        Raises MessageQueueError where that is not enough.
        """


class ChannelAdapter(Adapter):
    """One channel of one bus, on which everybody hears everything: the way of python-socketio's managers.

    Args:
        bus: what carries the messages.
        codec: how they are written.
        write_only: see `Adapter`.
    """

    def __init__(self, bus: Bus, codec: MessageCodec, *, write_only: bool = False) -> None:
        self.bus = bus
        self.write_only = write_only
        self._codec = codec
        self.host = uuid.uuid4().hex

    def start(self, loop: asyncio.AbstractEventLoop, received: Callable[[Message], object]) -> None:
        """See `Adapter`."""
        self.host = uuid.uuid4().hex  # anew: workers that were forked from one process are not one process
        self._now = loop.time
        self._received = received
        self._quiet_until = loop.time()
        self._unsaid = 0
        self.bus.start(loop, self._receive)

    async def stop(self, timeout: float) -> None:
        """See `Adapter`."""
        await self.bus.stop(timeout)

    def encode(self, message: Message) -> bytes:
        """See `Adapter`."""
        return self._codec.encode(message, self.host)

    def publish(self, body: bytes) -> None:
        """See `Adapter`."""
        self.bus.publish(body)

    def publish_now(self, body: bytes) -> None:
        """See `Adapter`."""
        self.bus.publish_now(body)

    def _receive(self, body: bytes) -> None:
        """Whatever it is that came: it is done, or it is logged, and the next one is heard."""
        try:
            sender, message = self._codec.decode(body)
            for_us = message.address.host == self.host if isinstance(message, Ack) else sender != self.host
            if for_us:
                self._received(message)
        except (ProtocolError, TypeError, ValueError) as problem:
            self._complain(problem)
        except Exception:
            logger.exception("the message queue brought something that could not be done")

    def _complain(self, problem: Exception) -> None:
        if self._now() < self._quiet_until:
            self._unsaid += 1
            return
        more = f" ({self._unsaid} more like this since the last such line)" if self._unsaid else ""
        logger.warning("a message on the message queue was ignored: %s%s", problem, more)
        self._quiet_until = self._now() + QUIET
        self._unsaid = 0
