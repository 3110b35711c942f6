"""A connection changes hands: from the thread of a WSGI server to our loop.

WSGI knows one way to answer: while the server's thread waits. That thread costs too much for a WebSocket that stays for
hours, or for a poll that waits half a minute; a server with one thread would serve one client. But some servers put the
socket itself into the environ, and a descriptor can be made to mean something else:

    before      server's socket object --> descriptor 7 --> the client's connection
    Takeover    ours                   --> descriptor 9 --> the client's connection      (dup)
    complete()  server's socket object --> descriptor 7 --> one end of a socketpair      (dup2)

A server that ends TLS itself has an `ssl.SSLSocket`. Its keys can't be had, so the object itself is ours from now on
(`tls_transport.py`), and it is its methods that are made to mean something else:

    before      server's socket object --> send(), recv(), ... of the client's connection
    complete()  server's socket object --> send(), recv(), ... of one end of a socketpair

Either way the server's object is as it was, and what stands behind it is a dummy. The app returns an ordinary empty
answer; the server writes it, shuts down, lingers and closes, all on the dummy, and turns to the next client. Nobody is
deceived further up: debuggers, error trackers and access logs see a request that ended well.

The dummy's far end does two things. It is shut for writing at once, so that a server that lingers until its client has
closed (gunicorn) finds that it has; and it stays open for reading until the server has written its answer, or the log
would tell of a broken pipe. The server says that it has by closing the iterable (PEP 3333).

Refused: an exception to get out of the server's loop (each server takes another one, and debuggers show it); closing
the server's descriptor (its number goes to the next connection, and the server then closes that one).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator, Sequence
from http import HTTPStatus
from typing import Any, cast

from ..protocol.deflate import Deflate
from ..transport.http import Request, Response
from ..transport.picows_link import accept
from ..transport.reading_turns import ReadingTurns
from ..transport.websocket_link import WebSocketListener
from .tls_transport import TlsTransport
from .transfer_pace import LEAST, TransferPace

logger = logging.getLogger("flask_socketio")

#: What servers do with a connection; other methods of an SSLSocket go on meaning the client's.
_METHODS = (
    "fileno", "send", "sendall", "recv", "recv_into", "gettimeout", "settimeout", "setblocking", "shutdown", "close"
)  # fmt: skip


class Takeover:
    """The client's connection while it changes hands; `complete` or `cancel` ends that.

    Args:
        theirs: the server's socket.

    Raises:
        OSError: the process has no descriptor left.
    """

    def __init__(self, theirs: socket.socket) -> None:
        with contextlib.ExitStack() as opened:
            self._theirs = self._ours = theirs
            if not isinstance(theirs, ssl.SSLSocket):
                self._ours = opened.enter_context(socket.socket(fileno=os.dup(theirs.fileno())))
            self._dummy, self._far_end = (opened.enter_context(end) for end in socket.socketpair())
            self._opened = opened.pop_all()

    def complete(self) -> tuple[socket.socket, DummyBody]:
        """The client's connection, not blocking, for our loop; and the body of the answer for the server."""
        if self._ours is self._theirs:
            self._ours.setblocking(False)
            for name in _METHODS:
                setattr(self._theirs, name, getattr(self._dummy, name))
        else:
            with self._dummy:
                os.dup2(self._dummy.fileno(), self._theirs.fileno(), inheritable=False)
            self._ours.setblocking(False)  # it counts for all descriptors of the connection, so not before
        self._far_end.shutdown(socket.SHUT_WR)
        return self._ours, DummyBody(self._far_end)

    def cancel(self) -> None:
        """Leave everything as it was."""
        self._opened.close()


class DummyBody:
    """The empty body of an answer that goes nowhere."""

    def __init__(self, far_end: socket.socket) -> None:
        self._far_end = far_end

    def __iter__(self) -> Iterator[bytes]:
        return iter([b""])

    def close(self) -> None:
        """The server has written the answer."""
        with self._far_end, contextlib.suppress(OSError):
            self._far_end.recv(65536, socket.MSG_DONTWAIT)  # bytes left unread would look like a reset to the server


class Adopted:
    """The connections that came over, while they are being opened or answered. Used on the loop only."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def open_websocket(
        self,
        connection: socket.socket,
        listener: WebSocketListener,
        *,
        key: str,
        max_size: int,
        headers: Sequence[tuple[str, str]],
        deflate: Deflate | None,
        reading_turns: ReadingTurns,
    ) -> None:
        """Answer a handshake and hand the connection to `listener`; see `picows_link.accept`."""

        def open_(transport: asyncio.Transport) -> None:
            protocol = accept(
                transport,
                listener,
                key=key,
                max_size=max_size,
                headers=headers,
                deflate=deflate,
                reading_turns=reading_turns,
            )
            transport.set_protocol(protocol)

        async def adopt() -> None:
            try:
                await _connect(connection, _Opening(open_))
            except OSError:  # the client was faster to leave
                listener.closed(None)

        self._start(adopt())

    def answer(self, connection: socket.socket, request: Request, answer: asyncio.Task[Response]) -> None:
        """Send the answer to a request when it is there; if the client leaves before, it is cancelled.

        The client has to take it at a pace; see `transfer_pace.py`.
        """
        self._start(_answer(connection, request, answer))

    async def answered(self, timeout: float) -> None:
        """Wait, up to `timeout` seconds, until all that are being answered have their answer."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _connect(connection: socket.socket, protocol: asyncio.Protocol) -> asyncio.Transport:
    """Let the loop tell `protocol` of a connection. Raises OSError."""
    if isinstance(connection, ssl.SSLSocket):
        return TlsTransport(connection, protocol)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection)
    return transport


async def _answer(connection: socket.socket, request: Request, answer: asyncio.Task[Response]) -> None:
    waiting = _Waiting()
    try:
        transport = await _connect(connection, waiting)
    except OSError:
        answer.cancel()
        return
    try:
        await asyncio.wait((answer, waiting.left), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.left.done():  # uvloop lets nobody write then
            transport.write(_bytes_of(answer))
            transport.close()
            await _until_taken(transport, request, waiting.left)
    finally:
        answer.cancel()
        transport.close()


async def _until_taken(transport: asyncio.Transport, request: Request, left: asyncio.Future[None]) -> None:
    """Wait until a client has its answer and the connection is gone, or end that because it reads too slowly."""

    def cut_off() -> None:
        logger.warning(
            "refused a request from %s: it takes less than %d bytes a second of the answer", request.address, LEAST
        )
        transport.abort()

    pace = TransferPace(asyncio.get_running_loop(), lambda: -transport.get_write_buffer_size(), cut_off)
    try:
        await left
    finally:
        pace.end()


def _bytes_of(answer: asyncio.Task[Response]) -> bytes:
    error = answer.exception()
    if error is None:
        return answer.result().to_bytes()
    logger.error("a request failed", exc_info=error)
    return Response(HTTPStatus.INTERNAL_SERVER_ERROR, []).to_bytes()


class _Opening(asyncio.Protocol):
    """A connection of which the loop has not told yet."""

    def __init__(self, open_: Callable[[asyncio.Transport], None]) -> None:
        self._open = open_

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._open(cast("asyncio.Transport", transport))


class _Waiting(asyncio.Protocol):
    """A connection whose client waits for an answer.

    Attributes:
        left: done when the client has left.
    """

    def __init__(self) -> None:
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        if not self.left.done():
            self.left.set_result(None)
