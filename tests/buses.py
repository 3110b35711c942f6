"""A bus in memory, for servers of one process: every message to everybody, the sender included, as Redis has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flask_socketio import SocketIO
from flask_socketio.cluster.bus import Bus


class Channel:
    """What several `MemoryBus`es share. `said` is all that was ever published."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.listening: list[MemoryBus] = []

    def say(self, body: bytes) -> None:
        """Bring a message to everybody who listens."""
        self.said.append(body)
        for bus in list(self.listening):
            bus.hear(body)


class MemoryBus(Bus):
    """One process's end of a channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._loop: asyncio.AbstractEventLoop
        self._received: Callable[[bytes], object]

    def hear(self, body: bytes) -> None:
        """Bring a message to this end."""
        self._loop.call_soon_threadsafe(self._received, body)

    def start(self, loop: asyncio.AbstractEventLoop, received: Callable[[bytes], object]) -> None:
        self._loop, self._received = loop, received
        self._channel.listening.append(self)

    async def stop(self, timeout: float) -> None:
        self._channel.listening.remove(self)

    def publish(self, body: bytes) -> None:
        self._channel.say(body)

    def publish_now(self, body: bytes) -> None:
        self._channel.say(body)


def put_on(channel: Channel, socketio: SocketIO) -> SocketIO:
    """Let an extension that was made with a `message_queue` use this channel in its place."""
    socketio.server_options["client_manager"].bus = MemoryBus(channel)
    return socketio
