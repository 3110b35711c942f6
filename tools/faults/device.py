"""A client that comes back: what the official one does when its connection breaks, without its megabytes per client."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

#: Seconds between two attempts to connect.
RETRY = 0.1
PATIENCE = 10.0

#: Bytes in a TCP segment on Ethernet. Over loopback they are 65 KB, and the system keeps many of them for each client.
SEGMENT = 1_460


class Device(WSListener):
    """One client in the default namespace.

    Args:
        address: where the server is.
        room: the room that it enters as soon as it is a new client.
        heard: called with the arguments of each event, without the offset.
        receive_buffer: bytes that its system takes for it while it does not read, as on a small device behind a real
            network; 0 for what is usual here.

    Attributes:
        lives: how often it became a new client.
        returns: how often it came back as the one it was.
    """

    def __init__(
        self,
        address: tuple[str, int],
        room: int,
        heard: Callable[[str, list[Any]], None] | None = None,
        receive_buffer: int = 0,
    ) -> None:
        host, port = address
        self._url = f"ws://{host}:{port}/socket.io/?EIO=4&transport=websocket"
        self._room = room
        self._heard = heard or (lambda event, args: None)
        self._receive_buffer = receive_buffer
        self._pid: str | None = None
        self._offset: str | None = None
        self._transport: WSTransport | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 1
        self._no_network_until = 0.0
        self._over = False
        self._joined = asyncio.Event()
        self._lost = asyncio.Event()
        self.lives = 0
        self.returns = 0

    @property
    def connected(self) -> bool:
        """Whether it has a connection, and is in the namespace."""
        return self._transport is not None and self._joined.is_set()

    async def connect(self) -> None:
        """Be connected; tries again until it is."""
        while True:
            await asyncio.sleep(max(0.0, self._no_network_until - asyncio.get_running_loop().time()))
            self._joined.clear()
            self._lost.clear()
            with suppress(OSError, WSError, asyncio.TimeoutError):
                await ws_connect(
                    lambda: self, self._url, websocket_handshake_timeout=PATIENCE, socket_factory=self._make_socket
                )
                if self._transport is None:  # it was closed before there was a WebSocket, of which nobody else tells us
                    raise ConnectionError
                joined, lost = asyncio.create_task(self._joined.wait()), asyncio.create_task(self._lost.wait())
                done, pending = await asyncio.wait(
                    [joined, lost], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
                )
                for task in pending:
                    task.cancel()
                if joined in done and not self._lost.is_set():
                    return
                self.cut()
            await asyncio.sleep(RETRY)

    def _make_socket(self, url: object) -> socket.socket | None:
        if not self._receive_buffer:
            return None
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        return made

    async def stay(self) -> None:
        """Be connected for ever: connect again whenever the connection is lost."""
        while True:
            await self._lost.wait()
            await self.connect()

    def cut(self) -> None:
        """Reset the TCP connection, without a word to anybody."""
        transport, self._transport = self._transport, None
        if transport is not None:
            raw = transport.underlying_transport
            sock = raw.get_extra_info("socket")
            if sock is not None:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.abort()

    def lose_network(self, seconds: float) -> None:
        """Reset the connection, and make no other one for some time."""
        self._no_network_until = asyncio.get_running_loop().time() + seconds
        self.cut()
        self._lost.set()

    def leave(self) -> None:
        """Say goodbye, and go."""
        if self._transport is not None:
            self._send(b"41")
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def fall_silent(self) -> None:
        """Read nothing more, and answer nothing, on a connection that stays."""
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def wake_up(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.underlying_transport.resume_reading()

    def emit(self, event: str, *args: Any) -> None:
        """Send an event; lost without a connection."""
        self._send(b"42" + json.dumps([event, *args]).encode())

    async def ask(self, event: str, *args: Any) -> Any:
        """Send an event and wait for its acknowledgement. Raises ConnectionError if none can come any more."""
        number, self._next_id = self._next_id, self._next_id + 1
        if self._transport is None:
            raise ConnectionError
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send(b"42%d" % number + json.dumps([event, *args]).encode())
        return await answer

    def _send(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, packet)

    def end(self) -> None:
        """Reset the connection, also one that is being made, and never have another one."""
        self._over = True
        self.cut()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The WebSocket is open."""
        self._transport = transport
        if self._over:
            self.cut()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The WebSocket is gone."""
        if self._transport is transport or self._transport is None:
            self._transport = None
            self._lost.set()
            answers, self._answers = self._answers, {}
            for answer in answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A packet."""
        if frame.msg_type is not WSMsgType.TEXT or transport is not self._transport:
            return
        packet = frame.get_payload_as_utf8_text()
        if packet.startswith("42"):
            self._on_event(json.loads(packet[2:]))
        elif packet == "2":
            self._send(b"3")
        elif packet.startswith("0"):
            claims = {} if self._pid is None else {"pid": self._pid, "offset": self._offset}
            self._send(b"40" + json.dumps(claims).encode())
        elif packet.startswith("40"):
            self._on_connect(json.loads(packet[2:]))
        elif packet.startswith("43"):
            digits, _, rest = packet[2:].partition("[")
            answer = self._answers.pop(int(digits), None)
            if answer is not None and not answer.done():
                answer.set_result(json.loads("[" + rest))

    def _on_event(self, event: list[Any]) -> None:
        if self._pid is not None and isinstance(event[-1], str):
            self._offset = event.pop()
        self._heard(event[0], event[1:])

    def _on_connect(self, told: dict[str, str]) -> None:
        if self._pid is not None and told.get("pid") == self._pid:
            self.returns += 1
        else:
            self.lives += 1
            self.emit("join", self._room)
        self._pid = told.get("pid")
        self._joined.set()
