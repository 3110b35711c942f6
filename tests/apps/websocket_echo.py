"""A WebSocket echo on the transport that the server uses: `python tests/apps/websocket_echo.py --port N`.

For judging it from outside (tools/compliance runs Autobahn's cases against it). Without --port it takes a free port.
The address is printed once it listens; what a peer does wrong goes to stderr. Every message comes back as it was, up to
--max-size bytes, and compressed where the peer offers to read that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import httptools

from flask_socketio.protocol.deflate import negotiate
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.websocket import check_upgrade
from flask_socketio.transport.picows_link import accept
from flask_socketio.transport.websocket_link import WebSocketLink


class Echo:
    """Sends back what it is sent."""

    def opened(self, link: WebSocketLink) -> None:
        self.link = link

    def message(self, data: str | bytes) -> None:
        self.link.write([EncodedPacket(data.encode()) if isinstance(data, str) else EncodedPacket(None, (data,))])
        if self.link.buffered > 1 << 16:
            self.link.pause_reading()  # a peer that does not take its echoes gets no new ones

    def blocked(self) -> None:
        pass

    def resumed(self) -> None:
        self.link.resume_reading()

    def closed(self, error: ProtocolError | None) -> None:
        if error is not None:
            print(error, file=sys.stderr)


class Handshake(asyncio.Protocol):
    """Reads the head of one request, then hands the connection over."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.headers: dict[str, str] = {}
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.upgrade()
        except httptools.HttpParserError:
            self.refuse("got something else than HTTP")

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.refuse("got a plain request, expected a WebSocket handshake")

    def upgrade(self) -> None:
        try:
            key = check_upgrade(self.parser.get_method().decode(), self.headers.get)
        except ProtocolError as error:
            self.refuse(str(error))
        else:
            deflate = negotiate(self.headers.get("sec-websocket-extensions"), threshold=0)
            protocol = accept(self.transport, Echo(), key=key, max_size=self.max_size, deflate=deflate)
            self.transport.set_protocol(protocol)

    def refuse(self, reason: str) -> None:
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n")
        self.transport.write(reason.encode())
        self.transport.close()


async def serve(port: int, max_size: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Handshake(max_size), "127.0.0.1", port)
    print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A WebSocket echo on the server's own transport.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--max-size", type=int, default=32 * 1024 * 1024, help="bytes of the largest message")
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop" if find_spec("uvloop") else "asyncio")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        import_module(options.loop).run(serve(options.port, options.max_size))


if __name__ == "__main__":
    main()
