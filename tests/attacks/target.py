"""What is attacked: an app on the native host, with real sockets, and what an attacker may do to it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask

from flask_socketio import SocketIO, request
from flask_socketio.hosts.native import NativeServer, listen
from flask_socketio.transport.reasons import Reason
from tests.hosts.native_serving import HANDSHAKE, PATIENCE, Answer
from tests.hosts.native_serving import Wire as PlainWire
from tests.transport.websocket_peer import client_frame

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


class Target:
    """A server with one handler that echoes, one that is slow, and one route.

    Args:
        options: of `SocketIO`.

    Attributes:
        address: where it listens.
        calls: the events that were handled, as far as they are no echoes.
    """

    address: tuple[str, int]

    def __init__(self, **options: Any) -> None:
        self.app = Flask("target")
        self.app.secret_key = "secret"
        self.socketio = SocketIO(self.app, **options)
        self.calls: list[str] = []
        self.go_on = threading.Event()
        self._set_up()

    def _set_up(self) -> None:
        @self.socketio.on("echo")
        async def echo(*args: Any) -> tuple[Any, ...]:
            return args

        @self.socketio.on("slow")
        def slow(*args: object) -> None:
            self.go_on.wait(PATIENCE)

        for event in ("connect", "disconnect"):
            self.socketio.on(event)(lambda *args: self.calls.append(f"{request.event['message']}{args}"))

        @self.app.route("/upload", methods=["POST"])
        def upload() -> str:
            return str(len(request.get_data()))

        @self.app.route("/hello", methods=["GET", "POST"])
        def hello() -> str:
            return "hello"

    @contextmanager
    def running(self) -> Iterator[Target]:
        """Serve until the block ends."""
        listener = listen("127.0.0.1", 0)
        self.address = listener.getsockname()
        self.host = NativeServer(self.socketio.running_server, self.app, part_of_app=True)
        thread = threading.Thread(target=self.host.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            self.until(lambda: self.socketio.running_server.running)
            yield self
        finally:
            self.go_on.set()
            self.host.should_exit = True
            thread.join(PATIENCE)
        assert not thread.is_alive()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, "it has not happened"
            pause.wait(0.01)

    @property
    def connections(self) -> int:
        """Engine.IO sessions."""
        return len(self.socketio.running_server.engine.connections)

    @property
    def tasks(self) -> int:
        """Tasks on the loop."""
        return self.socketio.running_server.ask(lambda: len(asyncio.all_tasks()))

    def end_sessions(self) -> None:
        """Let those be over that would wait for their heartbeat."""
        server = self.socketio.running_server

        def end() -> None:
            for connection in list(server.engine.connections.values()):
                connection.lost(Reason.TRANSPORT_ERROR)

        server.ask(end)

    def is_polled(self, sid: str) -> bool:
        """Whether a poll of this session waits."""
        connection = self.socketio.running_server.engine.connections[sid]
        return connection.transport.writable

    def counters(self) -> dict[str, int]:
        return self.socketio.counters()

    def is_well(self, tries: int = 1) -> bool:
        """Whether an honest client is served, over both transports.

        Args:
            tries: how often it connects at most. Where clients have little time, it may itself be too slow.
        """
        for _ in range(tries - 1):
            with suppress(AssertionError, OSError, ValueError):
                return self._serves()
        return self._serves()

    def _serves(self) -> bool:
        with Wire(self) as wire:
            wire.join_by_websocket()
            wire.say('420["echo","well"]')
            assert wire.hear() == '430["well"]'
        with Wire(self) as wire:
            sid = wire.join_by_polling()
            wire.post(sid, b'421["echo","well"]')
            assert wire.poll(sid) == '431["well"]'
            wire.post(sid, b"1")
        return True


class Wire(PlainWire):
    """A connection of an attacker."""

    def __init__(self, target: Target) -> None:
        self.target = target
        super().__init__(target)  # type: ignore[arg-type]  # it asks for the address only

    def __enter__(self) -> Wire:
        return self

    # Long polling

    def open_polling(self, headers: str = "") -> str:
        """The sid of a new session."""
        answer = self.ask("GET", POLLING, headers=headers)
        assert answer.status == 200, answer
        sid: str = json.loads(answer.body[1:])["sid"]
        return sid

    def join_by_polling(self) -> str:
        sid = self.open_polling()
        assert self.post(sid, b"40").status == 200
        assert self.poll(sid).startswith("40{")
        return sid

    def post(self, sid: str, body: bytes, headers: str = "") -> Answer:
        return self.ask("POST", f"{POLLING}&sid={sid}", body, headers)

    def poll(self, sid: str) -> str:
        answer = self.ask("GET", f"{POLLING}&sid={sid}")
        assert answer.status == 200, answer
        return answer.body.decode()

    # WebSocket

    def open_websocket(self, query: str = "", headers: str = "") -> dict[str, Any]:
        """A new session; what its OPEN packet says."""
        answer = self.ask_websocket(WEBSOCKET + query, HANDSHAKE + headers)
        assert answer.status == 101, answer
        handshake: dict[str, Any] = json.loads(self.hear()[1:])
        return handshake

    def join_by_websocket(self) -> str:
        """The Socket.IO session id."""
        self.open_websocket()
        self.say("40")
        sid: str = json.loads(self.hear()[2:])["sid"]
        return sid

    def say(self, *packets: str | bytes) -> None:
        """Send each packet as a message of its own."""
        self.send(b"".join(packet_frame(packet) for packet in packets))

    def hear(self) -> str:
        """The next packet; an assertion fails at the end of the connection."""
        first, payload = self.long_frame()
        assert first == 0x81, (first, payload)
        return payload.decode()

    def long_frame(self) -> tuple[int, bytes]:
        """The next frame, of any size."""
        first, size = self._incoming.read(2)
        if size > 125:
            size = int.from_bytes(self._incoming.read(2 if size == 126 else 8), "big")
        return first, self._incoming.read(size)

    def close_code(self) -> int:
        """The code of the Close that comes, whatever comes before it; 0 if the connection just ends."""
        for _ in itertools.count():
            if not self._incoming.peek(1):
                return 0
            first, payload = self.long_frame()
            if first == 0x88:
                return int.from_bytes(payload[:2], "big")
        raise AssertionError

    def rest(self) -> bytes:
        """All that comes until the connection ends."""
        try:
            return self._incoming.read()
        except ConnectionResetError:
            return b""

    def hang_up(self) -> None:
        """End the connection, be it that another thread is sending."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def try_to_send(self, data: bytes) -> None:
        """Send, as far as the server takes it."""
        with suppress(OSError):
            self._socket.sendall(data)


def packet_frame(packet: str | bytes) -> bytes:
    return (
        client_frame(1, packet.encode("utf-8", "surrogatepass")) if isinstance(packet, str) else client_frame(2, packet)
    )


@contextmanager
def attacked(tries: int = 1, **options: Any) -> Iterator[Target]:
    """A target of its own for a test; afterwards it still has to serve, see `is_well`."""
    with Target(**options).running() as target:
        yield target
        assert target.is_well(tries)
        target.end_sessions()


def resident() -> int:
    """Bytes of memory that this process has."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


class Watch(logging.Handler):
    """What is logged, and that none of it is an error."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    @property
    def errors(self) -> list[str]:
        return [self.format(record) for record in self.records if record.levelno >= logging.ERROR]
