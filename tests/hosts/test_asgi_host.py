"""`socketio.asgi_app` inside another ASGI app, which mounts it below a prefix."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from flask import Flask
from flask import Request as FlaskRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import SocketIO
from flask_socketio.hosts.environ import build_environ
from flask_socketio.transport.http import Request

MOUNTED = {
    "type": "http",
    "method": "GET",
    "path": "/shop/socket.io/",
    "query_string": b"EIO=4&transport=polling",
    "root_path": "/shop",
    "headers": [(b"host", b"shop.example"), (b"x-forwarded-for", b"6.6.6.6")],
    "scheme": "https",
    "client": ("203.0.113.9", 4711),
}


def handshake(socketio: SocketIO, **scope: Any) -> Request:
    """The request by which a session was opened."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Future()
        raise AssertionError

    async def ask() -> Request:
        await socketio.asgi_app({**MOUNTED, **scope}, receive, send)
        assert sent[0]["status"] == 200
        sid = json.loads(sent[1]["body"][1:])["sid"]
        return socketio.running_server.engine.connections[sid].request

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/shop/socket.io/", "/socket.io/"])  # of an older server or framework
@pytest.mark.parametrize("fixed", [False, True])
def test_what_the_outer_app_says_is_what_handlers_see(path: str, fixed: bool) -> None:
    app = Flask("app")
    socketio = SocketIO(app)
    if fixed:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    seen = FlaskRequest(build_environ(handshake(socketio, path=path)))
    assert seen.remote_addr == ("6.6.6.6" if fixed else "203.0.113.9")
    assert (seen.scheme, seen.host, seen.root_path, seen.path) == ("https", "shop.example", "/shop", "/socket.io/")


def test_a_page_of_the_address_that_the_outer_app_says_may_connect() -> None:
    headers = [(b"host", b"shop.example"), (b"origin", b"https://shop.example")]
    assert handshake(SocketIO(Flask("app")), headers=headers).scheme == "https"


def test_the_outer_server_compresses_or_not() -> None:
    """Two answers to one offer would break the handshake, and it is the server's frames that would be compressed."""
    socketio = SocketIO(Flask("app"), websocket_compression=True)
    scope = {
        **MOUNTED,
        "type": "websocket",
        "query_string": b"EIO=4&transport=websocket",
        "headers": [
            (b"host", b"shop.example"),
            (b"connection", b"Upgrade"),
            (b"upgrade", b"websocket"),
            (b"sec-websocket-version", b"13"),
            (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
            (b"sec-websocket-extensions", b"permessage-deflate"),
        ],
    }
    sent: list[MutableMapping[str, Any]] = []
    coming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect"}])

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return next(coming)

    asyncio.run(socketio.asgi_app(scope, receive, send))
    assert sent[0] == {"type": "websocket.accept", "headers": []}
