"""A Socket.IO client in this process: the other end of a `MemoryTransport`, as a browser's is of a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, TypedDict

from ..protocol.engineio import EncodedPacket
from ..protocol.socketio import ACK, CONNECT, DISCONNECT, EVENT, MISSING, Packet
from ..transport.connection import Connection, State
from ..transport.http import Request
from ..transport.memory import MemoryTransport
from ..transport.reasons import Reason
from .client import Client
from .errors import TimeoutError, without_callers
from .jobs import Job, as_arguments
from .server import Server
from .socket import Socket


class Received(TypedDict):
    """An event from the server."""

    name: str
    #: The list of its arguments; of `message` and `json` events the first argument alone.
    args: Any
    namespace: str


class MemoryClient:
    """A connection and what has come by it. Used on the loop only, but for reading the attributes.

    Attributes:
        connection: the Engine.IO connection; None before `open`, perhaps another one after it.
        connected: whether the client is in a namespace, by name.
        refusals: what it was told where it was turned away, by namespace.
        queue: the events that have come and nobody has taken yet.
        acks: what the server has acknowledged, by the id of the event.
        failures: what handlers have raised, for whoever waits for the client to raise it.
        handlers: the client's own, by namespace and event.
    """

    def __init__(self, server: Server) -> None:
        self.connection: Connection | None = None
        self.connected: dict[str, bool] = {}
        self.refusals: dict[str, Any] = {}
        self.queue: list[Received] = []
        self.acks: dict[int, list[Any]] = {}
        self.failures: list[BaseException] = []
        self.handlers: dict[tuple[str, str], Callable[..., Any]] = {}
        self._server = server
        self._offsets: set[str] = set()
        self._decoder = server.codec.decoder()
        self._changed = asyncio.Event()

    # What the server sends (see `transport.memory.MemoryListener`)

    def text(self, packet: str) -> None:
        """A text message has come."""
        self._take(self._decoder.text(packet))

    def binary(self, data: bytes) -> None:
        """A binary message has come."""
        self._take(self._decoder.binary(data))

    def closed(self) -> None:
        """The connection has ended."""
        self.connected = dict.fromkeys(self.connected, False)
        self.wake()

    def _take(self, packet: Packet | None) -> None:
        if packet is None:
            return
        kind, namespace, data = packet.type, packet.namespace, packet.data
        if kind is EVENT:
            name, *args = data
            if namespace in self._offsets and packet.id is None and isinstance(args[-1], str):
                args.pop()  # the offset, which is between the server and its clients; an `error` of the server has none
            bare = name in ("message", "json")
            self.queue.append({"name": name, "args": next(iter(args), None) if bare else args, "namespace": namespace})
            handler = self.handlers.get((namespace, name))
            if handler is not None:
                self._handle(handler, args, namespace, packet.id)
        elif kind is ACK:
            assert packet.id is not None
            self.acks[packet.id] = data
        else:
            self.connected[namespace] = kind is CONNECT
            if kind is CONNECT and "pid" in data:
                self._offsets.add(namespace)
            if kind not in (CONNECT, DISCONNECT):
                self.refusals[namespace] = data
        self.wake()

    def _handle(self, handler: Callable[..., Any], args: list[Any], namespace: str, ack_id: int | None) -> None:
        try:
            answer = as_arguments(handler(*args))
            if ack_id is not None:
                self.send(self._server.codec.encode(ACK, namespace, answer, ack_id))
        except Exception as error:  # noqa: BLE001  # it is raised where somebody waits for the client
            self.fail(error)

    # What the client does

    def open(self, request: Request) -> Client:
        """Make a connection as this request would, or make the one there is look as if this had opened it.

        Returns:
            The server's side of it.
        """
        connection = self.connection
        if connection is None or connection.state is not State.OPEN:
            self._decoder = self._server.codec.decoder()
            connection = self.connection = MemoryTransport(self._server.engine, request, self).connection
        connection.request = request
        client = connection.handler
        assert isinstance(client, Client)
        client.face = {}
        return client

    def send(self, packet: EncodedPacket) -> None:
        """Send a packet."""
        assert self.connection is not None
        if packet.text is not None:
            self.connection.receive(packet.text.decode())
        for attachment in packet.attachments:
            self.connection.receive(attachment)

    def join(self, namespace: str, auth: dict[str, Any] | None) -> None:
        """Ask to join a namespace."""
        self.refusals.pop(namespace, None)
        self.send(self._server.codec.encode(CONNECT, namespace, MISSING if auth is None else auth))

    def leave(self, namespace: str) -> None:
        """Leave a namespace."""
        self.connected[namespace] = False
        self.send(self._server.codec.encode(DISCONNECT, namespace))

    def close(self) -> None:
        """End the connection, as a browser does whose page is left."""
        if self.connection is not None:
            self.connection.lost(Reason.TRANSPORT_CLOSE)

    def vanish(self) -> None:
        """End the connection, and let no handler know."""
        client = getattr(self.connection, "handler", None)  # one that has ended has none
        if isinstance(client, Client):
            sockets, client.sockets = client.sockets, {}
            for socket in sockets.values():
                socket.depart(Reason.TRANSPORT_CLOSE)
                socket.forget()
        self.close()

    @property
    def jobs(self) -> list[Job]:
        """The calls of handlers for this client that have not ended, also those that were overtaken."""
        return [turn.job for turn in self._server.scheduler.turns if self._is_for_me(turn.job)]

    def _is_for_me(self, job: Job) -> bool:
        return isinstance(job.socket, Socket) and job.socket.client.connection is self.connection

    async def settled(self, before: Collection[Job], patience: float) -> Job | None:
        """Wait until the server has come to rest (`Runtime.settled`), and this client's handlers have ended.

        Those that were overtaken are waited for up to `patience` seconds; not at all those that ran `before`.

        Returns:
            One that still runs, None if there is none.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while True:
            await self._server.settled()
            late = [
                (turn.job, turn.overtaken)
                for turn in self._server.scheduler.turns
                if turn.overtaken is not None and turn.job not in before and self._is_for_me(turn.job)
            ]
            left = deadline - loop.time()
            if not late or left <= 0:
                return late[0][0] if late else None
            await asyncio.wait([ended for _, ended in late], timeout=left)

    def fail(self, error: BaseException) -> None:
        """A handler has raised; from any thread."""
        self.failures.append(without_callers(error))
        self._server.post(self.wake)

    def take(self, namespace: str) -> list[Received]:
        """The events of a namespace, in the order in which they came; they leave the queue."""
        taken = [event for event in self.queue if event["namespace"] == namespace]
        self.queue = [event for event in self.queue if event["namespace"] != namespace]
        return taken

    async def next(self, namespace: str, name: str | None, timeout: float) -> Received:
        """The first event of a namespace, of a certain name if one is given; it leaves the queue.

        Raises:
            TimeoutError: none has come in `timeout` seconds.
            RuntimeError: none can come, the client is not in the namespace.
            Exception: a handler has raised it.
        """
        what = f"an event in {namespace}" if name is None else f"{name!r} in {namespace}"
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            for index, event in enumerate(self.queue):
                if event["namespace"] == namespace and name in (None, event["name"]):
                    return self.queue.pop(index)
            if self.failures:
                raise self.failures.pop(0)
            if not self.connected.get(namespace):
                raise RuntimeError(f"not connected: waited for {what}")
            await self._change(deadline, lambda: f"waited {timeout} s for {what}; came: {self._names(namespace)}")

    async def _change(self, deadline: float, problem: Callable[[], str]) -> None:
        left = deadline - asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(self._changed.wait(), max(left, 0))
        except asyncio.TimeoutError:
            raise TimeoutError(problem()) from None

    def _names(self, namespace: str) -> str:
        return ", ".join(event["name"] for event in self.queue if event["namespace"] == namespace) or "nothing"

    def wake(self) -> None:
        """Let those who wait look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
