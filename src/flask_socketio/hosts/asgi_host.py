"""`socketio.asgi_app`: everything under the ASGI server of somebody else, such as uvicorn, hypercorn or granian.

HTTP and long polling are served as on the native host, WebSockets as ASGI's messages (`asgi_link.py`). The server runs
on the loop of the ASGI server, from its lifespan's startup on, or from the first request where there is no lifespan.

What ASGI cannot do: a server that stops waits for its requests *before* it tells of the shutdown, so a parked poll
holds it until its own timeout; uvicorn is caught at it earlier (`uvicorn_stop.py`). And a server with several processes
tells nobody of it: it is seen by the command that started it (`sibling_processes.py`), or not at all.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..protocol.websocket import CloseCode
from ..server.server import Server
from ..transport.engine import Engine
from ..transport.http import Response
from ..transport.refusal import Refused
from . import STOP_TIMEOUT
from .asgi import AsgiApp
from .asgi_link import AsgiLink
from .asgi_types import Receive, Scope, Send
from .environ import request_from_scope
from .middlewares import Arrived, HandshakeRouter
from .sibling_processes import has_siblings
from .uvicorn_stop import serving_uvicorn, until_it_stops
from .wsgi import warn_of_many_processes
from .wsgi_bridge import WsgiBridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class AsgiHost:
    """The ASGI app.

    Args:
        servers: the Socket.IO servers of the app.
        wsgi_app: Flask's own routes.

    Attributes:
        servers: as given.
    """

    def __init__(self, servers: Sequence[Server], wsgi_app: WSGIApplication) -> None:
        self.servers = servers
        self._bridge = WsgiBridge(wsgi_app, servers[0].run_in_worker)
        self._router = HandshakeRouter([server.engine for server in servers], self._bridge, wsgi_app, part_of_app=True)
        self._http = AsgiApp(self._router, self._bridge)
        self._parting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope: a lifespan, a request, or a WebSocket."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self._start()
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._websocket(scope, receive, send)

    def _start(self) -> None:
        for server in self.servers:
            if not server.running:
                server.engine.one_of_many = has_siblings(sys.argv, os.environ)
                server.start(asyncio.get_running_loop())
                if server.engine.one_of_many:
                    warn_of_many_processes(server)
        if self._parting is None:
            self._parting = asyncio.ensure_future(self._part_early())

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._parting is not None:
                    self._parting.cancel()
                    self._parting = None
                ends = [server.stop(STOP_TIMEOUT) for server in self.servers]
                await asyncio.gather(*ends, self._bridge.stop(STOP_TIMEOUT))
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _part_early(self) -> None:
        """Send clients away as soon as the server begins to stop: it would wait for their polls."""
        uvicorn = serving_uvicorn()
        if uvicorn is not None:
            await until_it_stops(uvicorn)
            await asyncio.gather(*(server.engine.stop(STOP_TIMEOUT) for server in self.servers))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_from_scope(scope)
        await receive()  # websocket.connect
        engine: Engine | HandshakeRouter = self._router  # which refuses what is for no engine
        try:
            asked = self._router.websocket(request)
            arrived = asked if isinstance(asked, Arrived) else await asked
            if isinstance(arrived, Response):
                await _refuse(scope, arrived, send)
                return
            engine = arrived.engine
            listener = engine.accept_websocket(arrived.request)
        except Refused as refused:
            await _refuse(scope, engine.refuse(request, refused), send)
            return
        headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in engine.websocket_headers(listener)
        ]
        await AsgiLink(receive, send, listener, engine.options.max_http_buffer_size).run(headers)


async def _refuse(scope: Scope, response: Response, send: Send) -> None:
    """Answer a handshake with HTTP where the server can, else just turn it down."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION})
        return
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "websocket.http.response.start", "status": response.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": response.body})
