"""The native host, behind `socketio.run(app)`: uvicorn for HTTP, picows for WebSocket, one process, one loop.

What uvicorn is told: to use our HTTP connection (`uvicorn_protocol.py`), to believe no proxy headers (its default
trusts any header from loopback; Werkzeug's ProxyFix is the way to say whom to trust), to keep to itself what it would
print, and to wait a bounded time when it stops. Signals, the pool of connections and TLS are its own.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import ssl
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import uvicorn

from ..transport.engine import Engine
from . import STOP_TIMEOUT
from .asgi import AsgiApp
from .middlewares import HandshakeRouter
from .trusted_proxies import TrustedProxies
from .uvicorn_protocol import NativeProtocol
from .wsgi_bridge import WsgiBridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Seconds an idle HTTP connection is kept: longer than proxies keep theirs, so that it is they who close.
KEEP_ALIVE = 65

#: Seconds between two signs of life, where they are wanted.
HEARTBEAT = 1.0

#: What the path of a Unix socket has in front of it where it stands in place of a host.
UNIX = "unix://"

#: How seldom the garbage collector runs, at the least (`gc.set_threshold`). Each client has some thirty objects, and
#: while thousands come, it would look through all of them again and again, a fifth of a second each time. Nothing of a
#: client that has gone waits for it.
THRESHOLDS = (5_000, 10, 20)


class Service(Protocol):
    """What this host serves, starts and stops: the Socket.IO server, or an engine with something else on top."""

    engine: Engine

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to serve on a loop, in whose thread this is called."""

    async def stop(self, timeout: float) -> None:
        """Tell all clients, and give what runs up to `timeout` seconds to end."""

    def run_in_worker(self, job: Callable[[], object]) -> None:
        """Run something that may block: a view of Flask's, say."""


class NativeServer(uvicorn.Server):
    """A uvicorn server that starts and stops the Socket.IO server with it.

    Args:
        service: the Socket.IO server.
        wsgi_app: Flask's own routes.
        others: more Socket.IO servers, those of the app at other paths.
        part_of_app: whether the servers are part of `wsgi_app`, so that middlewares have a say in who connects.
        ssl_context: TLS, if any.
        access_log: whether requests are logged, to the logger `uvicorn.access`.
        stop_timeout: seconds that clients, handlers and answers under way have to end when the server is stopped.
        trusted_proxies: proxies that are believed before the app is asked; none unless given.
        beat: called on the loop each second, from the start until the last answer under way has ended: a sign of life
            for whoever watches the process. uvicorn's own, `callback_notify`, ends where the stop begins.
        unix_socket: the path of a Unix socket that ends with this server, which a signal may end before `run` returns.
        **settings: more of uvicorn's.
    """

    def __init__(
        self,
        service: Service,
        wsgi_app: WSGIApplication,
        *,
        others: Sequence[Service] = (),
        part_of_app: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        access_log: bool = False,
        stop_timeout: float = STOP_TIMEOUT,
        trusted_proxies: TrustedProxies | None = None,
        beat: Callable[[], object] | None = None,
        unix_socket: str | None = None,
        **settings: Any,
    ) -> None:
        self._beat = beat
        self._unix_socket = unix_socket
        self.stop_timeout = stop_timeout
        self._services = (service, *others)
        self._bridge = WsgiBridge(wsgi_app, service.run_in_worker)
        router = HandshakeRouter([each.engine for each in self._services], self._bridge, wsgi_app, part_of_app)
        amend = trusted_proxies and trusted_proxies.amend
        config = uvicorn.Config(
            AsgiApp(router, self._bridge),
            http=type("Protocol", (NativeProtocol,), {"router": router, "amend": amend}),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=access_log,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=1,
            **settings,
        )
        config.load()
        config.ssl = ssl_context
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the Socket.IO server on this loop, then listen."""
        self._thresholds = gc.get_threshold()
        if self._thresholds[0]:  # else it is switched off
            gc.set_threshold(*map(max, THRESHOLDS, self._thresholds))
        for service in self._services:
            service.start(asyncio.get_running_loop())
        if self._beat is not None:
            self._beating = asyncio.ensure_future(self._keep_beating(self._beat))
        await super().startup(sockets)

    async def _keep_beating(self, beat: Callable[[], object]) -> None:
        while True:
            beat()
            await asyncio.sleep(HEARTBEAT)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell clients, give what runs a moment to end, then close what is left."""
        for server in self.servers:
            server.close()
        if self._unix_socket is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._unix_socket)
        ends = [service.stop(self.stop_timeout) for service in self._services]
        await asyncio.gather(*ends, self._bridge.stop(self.stop_timeout))
        await super().shutdown(sockets)
        gc.set_threshold(*self._thresholds)
        if self._beat is not None:
            self._beating.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ends the process with one sentence if there is none to be had.

    A host that begins with `unix://` is the path of a Unix socket, which has no port.
    """
    if host.startswith(UNIX):
        return _listen_at(os.path.abspath(host.removeprefix(UNIX)))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        hint = " Is another program using it? Try another port." if error.errno == errno.EADDRINUSE else ""
        sys.exit(f"Cannot listen on {host} port {port}: {error.strerror}.{hint}")
    except OverflowError:
        listener.close()
        sys.exit(f"Cannot listen on {host} port {port}: ports are numbers from 0 to 65535.")
    return listener


def _listen_at(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_over(path):
            os.unlink(path)
        listener.bind(path)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        sys.exit(f"Cannot listen at {path}: {error.strerror or error}.")
    return listener


def _is_left_over(path: str) -> bool:
    """Whether there is the socket of a server that was killed: nobody listens."""
    if not os.path.exists(path) or not stat.S_ISSOCK(os.stat(path).st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # one whose backlog is full would let us wait
        return probe.connect_ex(path) == errno.ECONNREFUSED
