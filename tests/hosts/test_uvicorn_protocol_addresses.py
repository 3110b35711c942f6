"""A connection knows what uvicorn's own would know of it, on both event loops and every kind of socket."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from flask_socketio.hosts.uvicorn_protocol import NativeProtocol


async def no_app(scope: Any, receive: Any, send: Any) -> None: ...


CONFIG = uvicorn.Config(no_app, interface="asgi3", ws="none", log_config=None)
CONFIG.load()


async def what_is_known(kind: type[HttpToolsProtocol], connection: socket.socket) -> dict[str, Any]:
    """The attributes of a connection that is there, without those that are an object of its own for each."""
    protocol = kind(CONFIG, ServerState(), {})
    before = dict(vars(protocol))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection.dup())
    known = {name: value for name, value in vars(protocol).items() if value is not before.get(name)}
    assert protocol in protocol.connections
    assert known.pop("transport") is protocol.flow._transport
    del known["flow"]
    known.pop("_deadline", None)  # ours
    transport.abort()
    return known


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("kind", ["IPv4", "IPv6", "Unix"])
def test_connection_knows_what_uvicorn_would(new_loop: Any, kind: str, tmp_path: Path) -> None:
    addresses: dict[str, tuple[socket.AddressFamily, Any]] = {
        "IPv4": (socket.AF_INET, ("127.0.0.1", 0)),
        "IPv6": (socket.AF_INET6, ("::1", 0)),
        "Unix": (socket.AF_UNIX, str(tmp_path / "socket")),
    }
    family, address = addresses[kind]
    with socket.socket(family) as listener, socket.socket(family) as client:
        try:
            listener.bind(address)
        except OSError:
            assert kind == "IPv6"
            pytest.skip("this machine has none")
        listener.listen()
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        loop = new_loop()
        with accepted:
            accepted.setblocking(False)
            known = loop.run_until_complete(what_is_known(NativeProtocol, accepted))
            assert known == loop.run_until_complete(what_is_known(HttpToolsProtocol, accepted))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert known.keys() == ({"server", "scheme"} if kind == "Unix" else {"server", "client", "scheme"})
