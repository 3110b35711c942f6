"""One HTTP connection, made to cost little: the requests are bytes made once, httptools reads the answers."""

from __future__ import annotations

import asyncio
from typing import cast

from httptools import HttpResponseParser

from bench.load.client import Target
from bench.load.meter import LoadFailed


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n"
    if method == "POST":
        head += f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class HttpConnection(asyncio.Protocol):
    """Sends one request after the other. A connection that the server closed after an answer is made again."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._parser = HttpResponseParser(self)
        self._body = b""

    async def exchange(self, sent: bytes) -> bytes:
        """The body of the answer.

        Raises:
            LoadFailed: the status is another than 200, or the connection was lost.
        """
        if self._transport is None:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, self._target.host, self._target.port)
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        return await self._answer

    def close(self) -> None:
        """End the connection from this side; nobody may wait for an answer."""
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio, as the two below."""
        self._transport = cast(asyncio.Transport, transport)
        self._parser = HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """The end of an answer whose length was not told, or of a connection that is needed no more."""
        self._transport = None
        if self._body:
            self.on_message_complete()
        elif self._answer is not None:
            self._finish(LoadFailed("the server closed a connection without an answer"))

    def on_body(self, body: bytes) -> None:
        """See httptools, as the one below."""
        self._body += body

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        body, self._body = self._body, b""
        status = self._parser.get_status_code()
        if self._transport is not None and not self._parser.should_keep_alive():
            self._transport.abort()
            self._transport = None
        self._finish(body if status == 200 else LoadFailed(f"the server answered with status {status}: {body[:100]!r}"))

    def _finish(self, result: bytes | LoadFailed) -> None:
        waiting, self._answer = self._answer, None
        if waiting is None or waiting.cancelled():
            return
        if isinstance(result, LoadFailed):
            waiting.set_exception(result)
        else:
            waiting.set_result(result)
