"""Echo: each client sends a message, the handler emits it back, and the next one goes out."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from picows import WSMsgType

from bench.features import Feature
from bench.load.client import Client, Target, connected
from bench.load.meter import Meter
from bench.load.workload import Workload
from bench.sample import Sample

MESSAGE = {"room": "r0", "author": "Ada", "text": "Do we meet at the pier at eight?", "at": 1789}  # 80 bytes
MESSAGES = {**MESSAGE, "before": [MESSAGE] * 24}  # 2 KiB
PICTURE = bytes(range(256)) * 4  # 1 KiB


def event(name: str, argument: object) -> bytes:
    """The packet of an event with one argument."""
    return b"42" + json.dumps([name, argument], separators=(",", ":")).encode()


@dataclass(frozen=True, kw_only=True)
class Echo(Workload):
    """Clients, each of which keeps `in_flight` messages under way."""

    unit: ClassVar[str] = "echoes"

    clients: int = 50
    in_flight: int = 1
    message: object = None
    """What is sent; the 80 bytes unless said otherwise. Bytes travel as an attachment."""

    @property
    def title(self) -> str:
        """Names the handler, as both kinds are measured."""
        handler = "`async def` handler" if self.needs is Feature.ASYNC_HANDLERS else "`def` handler"
        content = {type(None): "JSON of 80 bytes", bytes: "1 KiB of bytes"}.get(type(self.message), "JSON of 2 KiB")
        return f"Echo of {content}, {handler}, {self.clients} clients, {self.in_flight} in flight"

    async def run(self, target: Target, seconds: float) -> Sample:
        """Connect all clients, then let each of them keep its messages under way."""
        meter = Meter(target.pid)
        clients = [self._client(meter) for _ in range(self.clients)]
        async with connected(target, clients):
            for client in clients:
                for _ in range(self.in_flight):
                    client.speak()
            return await meter.measure(seconds)

    def _client(self, meter: Meter) -> EchoClient:
        if isinstance(self.message, bytes):
            return BytesEchoClient(meter, self.message)
        name = "echo_async" if self.needs is Feature.ASYNC_HANDLERS else "echo"
        return EchoClient(meter, event(name, self.message or MESSAGE))


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


class BytesEchoClient(EchoClient):
    """The same with bytes, which follow their event in a frame of their own."""

    def __init__(self, meter: Meter, content: bytes) -> None:
        super().__init__(meter, b'451-["echo",{"_placeholder":true,"num":0}]')
        self.content = content

    def speak(self) -> None:
        """Send the next message and its attachment."""
        super().speak()
        self.transport.send(WSMsgType.BINARY, self.content)

    def on_event(self, packet: bytes) -> None:
        """The attachment is yet to come."""
        if packet != self.packet:
            self.meter.fail(f"not the echo of {self.packet!r}: {packet!r}")

    def on_attachment(self, data: bytes) -> None:
        """An echo is complete."""
        if data != self.content:
            self.meter.fail("the bytes of an echo are not those that were sent")
            return
        self.meter.latencies.append(time.perf_counter() - self.sent.popleft())
        self.speak()
