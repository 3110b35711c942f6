"""Echo: each client sends a message, the handler emits it back, and the next one goes out."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass

from bench.load.client import Client, Target, connected
from bench.load.meter import Meter
from bench.sample import Sample

MESSAGE = {"room": "r0", "author": "Ada", "text": "Do we meet at the pier at eight?", "at": 1789}  # 80 bytes


@dataclass(frozen=True)
class Echo:
    """`clients` clients, each of which keeps `in_flight` messages under way."""

    in_flight: int
    event: str = "echo"
    clients: int = 50
    unit: str = "echo"

    @property
    def needs_async(self) -> bool:
        """See Workload, as the rest."""
        return self.event == "echo_async"

    @property
    def title(self) -> str:
        """Names the handler, as both kinds are measured."""
        handler = "`async def` handler" if self.needs_async else "`def` handler"
        return f"Echo, {handler}, {self.clients} clients, {self.in_flight} in flight"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Connect all clients, then let each of them keep its messages under way."""
        meter = Meter(target.pid)
        packet = b"42" + json.dumps([self.event, MESSAGE], separators=(",", ":")).encode()
        clients = [EchoClient(meter, packet) for _ in range(self.clients)]
        async with connected(target, clients):
            for client in clients:
                for _ in range(self.in_flight):
                    client.speak()
            return await meter.measure(seconds)


class EchoClient(Client):
    """Answers each echo with the next message.

    The echo must be the very bytes that went out, which no server needs to change. All messages are equal, so a
    server that answers out of order (upstream's events run at once) has the latencies of two messages exchanged.
    """

    def __init__(self, meter: Meter, packet: bytes) -> None:
        super().__init__(meter)
        self.packet = packet
        self.sent: deque[float] = deque()

    def speak(self) -> None:
        """Send the next message."""
        self.sent.append(time.perf_counter())
        self.send(self.packet)

    def on_event(self, packet: bytes) -> None:
        """An echo came back."""
        if packet != self.packet:
            self.meter.fail(f"not the echo of {self.packet!r}: {packet!r}")
            return
        self.meter.latencies.append(time.perf_counter() - self.sent.popleft())
        self.speak()
