"""Flask's own routes on an ASGI server: the bridge from the loop to the worker threads and back.

A WSGI app blocks: while it reads an upload, while it thinks, and while its client takes the answer. So it runs on a
worker thread (`wsgi_call.py`), and the loop keeps the connection. This file is about the line between the two.

The line. Both directions are one-way streets, each with one driver, so there is no lock. The worker *posts* items
(head, bytes, questions, the end) to a deque and wakes the loop if it may be asleep. The loop *replies* through a
queue on which the worker blocks; a worker waits for one thing at a time, and every question gets one reply. When the
loop gives a request up it sets `over` and puts a last None, in this order: a worker that waits wakes up, one that
comes later sees the flag. That one move ends a stream whose client has left, a request at a stop, and one whose task
was cancelled.

What it costs. A small request is one hand-over there, body and all, and one back: head, body and end are posted
together as soon as the promised Content-Length is reached, before the app has closed its iterable. Of a longer answer
the loop takes at each wake-up all that is there and writes it at once, so a generator of many lines is not as many
wake-ups. Yet nothing is held back to fill a block: each piece wakes the loop unless it is already coming.

Back-pressure. A worker runs ahead of its client by `WINDOW` bytes and one piece; then it asks for room, and the reply
comes when the server's `send` has let everything before it through. An upload is received as the app reads it
(`uploads.py`). Small bodies come whole before a worker is taken at all: a client that dawdles over a form holds no
thread.

A client that leaves is heard from the first piece of a longer answer on. The worker learns of it at its next piece:
the iterable is closed on the worker's own thread, a generator ends with GeneratorExit. One that waits inside its own
`next()` can't be reached by anybody; it is closed when it comes back. An app that reads gets Werkzeug's
ClientDisconnected.

When all workers are taken. An endless answer holds one while its client stays. Other requests wait in a line
(`waiting_line.py`) for `start_within` seconds, then get a 503, and their app never runs; nothing is left of them. How
many may wait at a time is not bounded but by that time and by the connections there are: when a thousand clients come
back at once, a worker has served the last of them within a second.

Errors. What the app raises goes on to the ASGI server, which logs it with its traceback and answers 500 if nothing
was sent, else closes the connection, so that half an answer never looks whole. What it raises after its answer, or
when the client is gone, changes nothing for anybody, so it is only logged, here.

Refused: `run_coroutine_threadsafe` for each piece (a task and two wake-ups each); a queue without bounds (the memory
of the server for a client that is slow); a pool of our own (the workers are bounded in one place for handlers and
routes). And the libraries, which were read and measured. a2wsgi does not mark chunked uploads as ended, so Flask
reads none of them; its generators never learn that the client has left; it serves about 0.8 of the requests of
gunicorn. asgiref reads every upload whole before the app runs, and so does uvicorn's own middleware, which gathers
answers without bounds.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from ..transport.http import Request
from .asgi_types import Receive, Scope, Send
from .environ import request_from_scope
from .uploads import Inlet
from .waiting_line import Line, Submit
from .wsgi_call import Head, Posted, Sign, WsgiCall

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Bytes of a body that is received before a worker is asked for.
SMALL_BODY = 65536

#: Types of answers that have no end: a stop ends them at once, where it waits for others.
_ENDLESS = (b"text/event-stream", b"multipart/x-mixed-replace")

_BUSY = "No worker is free; please try again."
_STOPPING = "The server is stopping; please try again."
_ALL_BUSY = (
    "%s %s: refused with 503, no worker was free for %g s. An endless answer (server-sent events) holds one while its"
    " client stays: give the server more threads, or send such events through Socket.IO"
)

logger = logging.getLogger("flask_socketio.http")


class RequestFailed(RuntimeError):
    """The WSGI app raised; the cause is what it raised. For the ASGI server, which logs it and ends the connection."""


class WsgiBridge:
    """An ASGI app, for scopes of type `http`, that is a WSGI app on worker threads.

    Args:
        app: the WSGI app.
        submit: runs a function on one of the server's worker threads, in a while if all are busy.
        start_within: seconds that a request waits for a worker before it is answered with a 503.
    """

    def __init__(self, app: WSGIApplication, submit: Submit, *, start_within: float = 10.0) -> None:
        self._app = app
        self._line = Line(submit)
        self._start_within = start_within
        self._open: set[_Exchange] = set()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises RequestFailed if the app raised before its answer was complete."""
        await self.serve(request_from_scope(scope), receive, send)

    async def serve(self, request: Request, receive: Receive, send: Send, app: WSGIApplication | None = None) -> None:
        """The same for a request that is one already, and perhaps another app on the same threads."""
        if self._stopping:
            await _refuse(send, _STOPPING)
            return
        exchange = _Exchange(app or self._app, request, receive, send)
        self._open.add(exchange)
        try:
            await exchange.serve(self._line, self._start_within)
        finally:
            self._open.discard(exchange)

    async def stop(self, timeout: float) -> None:
        """Refuse new requests, end endless answers now and the others `timeout` seconds from now, whatever they do.

        Clients that have no answer by then get a 503. Workers are told; one that is inside the app's own code comes
        back when that does, which is not waited for.
        """
        self._stopping = True
        for exchange in self._open:
            exchange.stop()
        tasks = [exchange.task for exchange in self._open]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
        for exchange in self._open:
            exchange.cut()


class _Exchange:
    """The loop's side of one request, served within one task.

    The task ends when the answer is complete or of no more use; the worker may still be closing its iterable then.
    """

    def __init__(self, app: WSGIApplication, request: Request, receive: Receive, send: Send) -> None:
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        self._loop = asyncio.get_running_loop()
        self._news = self._loop.create_future()
        self._request = request
        self._send = send
        self._call = WsgiCall(app, request, self._wake)
        self._inlet = Inlet(receive, self._call.replies.put, self._give_up)
        self._refusal: str | None = None  # what the client is told when the request is given up before its answer
        self._head_sent = False
        self._endless = False
        self._stopping = False

    async def serve(self, line: Line, start_within: float) -> None:
        """Serve the request. Raises RequestFailed if the app raised before its answer was complete."""
        try:
            await self._serve(line, start_within)
        except OSError:  # some servers raise it from `send` when the client has left (ASGI 2.4)
            return
        except asyncio.CancelledError:
            if self._refusal is None:  # it was not ours
                raise
        finally:
            line.leave(self._call)
            self._call.abandon()
            self._inlet.close()
        if self._refusal is not None and not self._head_sent:
            await _refuse(self._send, self._refusal)

    async def _serve(self, line: Line, start_within: float) -> None:
        size = _small_size(self._request)
        if size is not None:
            body = await self._inlet.whole(size)
            if body is None:
                return
            self._call.body = body
        line.join(self._call)
        timer = self._loop.call_later(start_within, self._stop_waiting, line, start_within)
        try:
            await self._relay()
        finally:
            timer.cancel()

    async def _relay(self) -> None:
        """Pass on what the worker posts until the answer is complete or given up."""
        call = self._call
        while not call.over:
            await self._news
            self._news = self._loop.create_future()
            call.awake = False
            while call.posted and not call.over:
                await self._pass_on(call.posted.popleft())

    async def _pass_on(self, item: Posted) -> None:
        if isinstance(item, Head):
            await self._start(item)
        elif isinstance(item, bytes):
            await self._send_body(item)
        elif item is Sign.END:
            await self._send({"type": "http.response.body", "body": b""})
            self._call.over = True
        elif item is Sign.MORE:
            self._inlet.ask()
        elif item is Sign.ROOM:
            self._call.replies.put(b"")  # what was posted before has gone through `send`
        else:
            raise RequestFailed(f"{self._request.method} {self._request.path} failed") from item.error

    async def _start(self, head: Head) -> None:
        self._head_sent = True
        self._endless = any(name == b"content-type" and value.startswith(_ENDLESS) for name, value in head.headers)
        await self._send({"type": "http.response.start", "status": head.status, "headers": head.headers})
        if self._stopping:
            self.stop()

    async def _send_body(self, piece: bytes) -> None:
        """Send a piece, and all that is there behind it, at once."""
        posted = self._call.posted
        pieces = [piece]
        while posted and isinstance(item := posted[0], bytes):
            pieces.append(item)
            posted.popleft()
        last = bool(posted) and posted[0] is Sign.END
        body = piece if len(pieces) == 1 else b"".join(pieces)
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})
        if last:
            self._call.over = True
        else:
            self._inlet.listen()

    def stop(self) -> None:
        """The server stops: end the answer if it would not end by itself."""
        self._stopping = True
        if self._endless:
            self._call.posted.append(Sign.END)
            self._notify()

    def cut(self) -> None:
        """End the request now, even if the client does not take what it is sent."""
        self._refusal = _STOPPING
        self.task.cancel()

    def _give_up(self) -> None:
        self._call.abandon()
        self._notify()

    def _stop_waiting(self, line: Line, waited: float) -> None:
        if line.leave(self._call):
            self._refusal = _BUSY
            self._give_up()
            logger.warning(_ALL_BUSY, self._request.method, self._request.path, waited)

    def _notify(self) -> None:
        if not self._news.done():
            self._news.set_result(None)

    def _wake(self) -> None:
        """Called on the worker thread."""
        try:
            self._loop.call_soon_threadsafe(self._notify)
        except RuntimeError:  # the loop was closed over this request
            self._call.abandon()


def _small_size(request: Request) -> int | None:
    """Bytes of the body to wait for before a worker is asked; None for a body that is received as the app reads it."""
    headers = dict(request.headers)
    if b"expect" in headers or b"transfer-encoding" in headers:
        return None  # to receive is to say "100 Continue"; and who sends in chunks may wait for an answer in between
    length = headers.get(b"content-length")
    if length is None:
        return 0 if request.http_version < "2" else None  # HTTP/2 has an end of its own
    return int(length) if length.isdigit() and int(length) <= SMALL_BODY else None


async def _refuse(send: Send, why: str) -> None:
    """Answer with a 503 that says why, and close the connection."""
    body = why.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"5"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
