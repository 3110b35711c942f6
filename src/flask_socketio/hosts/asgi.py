"""The ASGI app: the engine's path goes to the engine, everything else to Flask."""

from __future__ import annotations

import asyncio

from ..transport.engine import Engine
from ..transport.http import Request, Response
from ..transport.refusal import Cause, Refused, too_large
from . import client_files
from .asgi_types import Receive, Scope, Send
from .environ import request_from_scope
from .middlewares import HandshakeRouter
from .wsgi_bridge import WsgiBridge


class AsgiApp:
    """Serves `http` scopes.

    Args:
        router: knows which requests are for which engine; whoever runs this app starts and stops those.
        others: for all other requests: Flask's own routes.
    """

    def __init__(self, router: HandshakeRouter, others: WsgiBridge) -> None:
        self._router = router
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = request_from_scope(scope)
        engine = self._router.find(request)
        if engine is None:
            arrived = await self._router.ask(request, receive, send)
            if arrived is not None:
                await _serve(*arrived, receive, send)
        elif engine:
            await _serve(request, engine, receive, send)
        else:
            await self._others.serve(request, receive, send)


async def _serve(request: Request, engine: Engine, receive: Receive, send: Send) -> None:
    response = client_files.find(request.path.partition(engine.options.path)[2], request)
    if response is None:
        response = await _respond(request, engine, receive)
    if response is not None:
        await _send(request, response, send)


async def _respond(request: Request, engine: Engine, receive: Receive) -> Response | None:
    """The engine's answer; None if the client did not wait for it."""
    if request.method != "GET":
        return await engine.respond(request, lambda limit: _read_body(request, receive, limit))
    answer = asyncio.ensure_future(engine.respond(request, _no_body))
    left = asyncio.ensure_future(_until_left(receive))
    try:
        await asyncio.wait((answer, left), return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        left.cancel()
        answer.cancel()


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _no_body(limit: int) -> bytes:
    return b""


async def _read_body(request: Request, receive: Receive, limit: int) -> bytes:
    """The body of a request; `Refused` as soon as it is known to be too long, before it is read."""
    length = request.header("content-length")
    if length is not None and length.isdecimal() and int(length) > limit:
        raise too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(Cause.BAD_REQUEST, "the client left in the middle of its POST")
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _send(request: Request, response: Response, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.has_body:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})
