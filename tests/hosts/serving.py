"""A WSGI app behind the bridge on a real uvicorn, in a thread that ends with the test."""

from __future__ import annotations

import asyncio
import http.client
import io
import queue
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from flask import Flask, Response

from flask_socketio.hosts.wsgi_bridge import WsgiBridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

T = TypeVar("T")

#: Seconds after which a test that waits for something gives up.
PATIENCE = 20.0


class Workers:
    """A bounded pool, as the server has one, that knows what runs on it."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, "worker")
        self._work: list[Future[None]] = []

    def submit(self, function: Callable[[], None]) -> None:
        self._work.append(self._executor.submit(function))

    def all_back(self) -> bool:
        """Wait until no worker is in use any more."""
        return not wait(self._work, PATIENCE).not_done

    def close(self) -> None:
        self._executor.shutdown()


class Server(uvicorn.Server):
    """uvicorn on a free port of the loopback address, with the bridge as its only app."""

    def __init__(self, bridge: WsgiBridge, workers: Workers) -> None:
        super().__init__(
            uvicorn.Config(
                bridge,
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.bridge = bridge
        self.workers = workers
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.started_up = threading.Event()
        self.loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.started_up.set()

    def on_loop(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def connect(self, *, receive_buffer: int | None = None) -> socket.socket:
        """A raw connection; a small receive buffer makes a client that takes little."""
        client = socket.socket()
        client.settimeout(PATIENCE)
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", self.port))
        return client

    def client(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own. Underscores in the names of headers are hyphens."""
        client = self.client()
        try:
            client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = client.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            client.close()


class Answer:
    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


@contextmanager
def serving(app: WSGIApplication, *, threads: int = 4) -> Iterator[Server]:
    """Serve a WSGI app until the block ends."""
    workers = Workers(threads)
    server = Server(WsgiBridge(app, workers.submit), workers)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [server.listening]})
    thread.start()
    try:
        assert server.started_up.wait(PATIENCE)
        yield server
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        workers.close()
    assert not thread.is_alive()


def read_head(client: socket.socket) -> bytes:
    """Read from a raw connection up to the end of the headers, and not a byte more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, head
        head += byte
    return head


def read_exactly(client: socket.socket, size: int) -> bytes:
    data = io.BytesIO()
    while data.tell() < size:
        piece = client.recv(size - data.tell())
        assert piece, data.getvalue()
        data.write(piece)
    return data.getvalue()


def hello_works(server: Server) -> bool:
    return server.ask("/hello").body == b"hello"


class Ticks:
    """A stream of server-sent events, one for each tick, that tells when it ends."""

    def __init__(self, app: Flask, mimetype: str = "text/event-stream") -> None:
        self._ticks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._mimetype = mimetype
        self.ended = threading.Event()
        app.add_url_rule("/ticks", "ticks", self._view)

    def _view(self) -> Response:
        return Response(self._stream(), mimetype=self._mimetype)

    def _stream(self) -> Iterator[bytes]:
        try:
            yield b"data: first\n\n"
            while True:
                yield self._ticks.get(timeout=PATIENCE)
        except GeneratorExit:
            self.ended.set()
            raise

    def tick(self, data: bytes = b"data: tick\n\n") -> None:
        self._ticks.put(data)

    def end_with_the_next_ticks(self) -> bool:
        """Whether the stream ends when it goes on. The news of a client that left may need a moment."""
        for _ in range(int(PATIENCE / 0.05)):
            self.tick()
            if self.ended.wait(0.05):
                return True
        return False
