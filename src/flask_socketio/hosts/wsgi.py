"""Under any WSGI server: `flask run`, gunicorn's sync and gthread workers, waitress, mod_wsgi, uWSGI.

A middleware around `app.wsgi_app` takes what asks for the Socket.IO path. The server has threads and no loop, so the
Socket.IO server runs on a loop of its own in the background, from the first such request on: not before, since threads
do not survive the fork of a server that loads the app first (`gunicorn --preload`). The server's thread brings a
request to the loop and waits until it is clear what becomes of it:

- It can be answered now (a POST, a poll with something to fetch, a refusal): the thread answers it.
- It has to wait, or it is a WebSocket: the connection changes hands (`adoption.py`), and the thread is free.
- It has to wait, and the connection cannot be had: the thread waits with it, but not for long, since there are few of
  them and the app's own routes need them too. A client whose poll ends empty comes again. WebSockets are refused, and
  not offered to clients that begin by polling.

Under `socketio.run` nothing comes by here: there the engine is asked before Flask is.

At the exit of the process clients are told, and disconnect handlers run, as they do under `socketio.run`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from flask import Flask
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from ..server.clustered import ClusteredServer
from ..server.server import Server
from ..transport.engine import Engine
from ..transport.http import Request, Response
from ..transport.polling import ReadBody
from ..transport.refusal import Cause, Refused, too_large
from ..transport.websocket import WebSocketTransport
from . import STOP_TIMEOUT, client_files
from .adoption import Adopted, DummyBody, Takeover
from .environ import SOFTWARE, request_from_environ
from .green_threads import refuse_green_threads
from .middlewares import InnerApp, hand_over
from .sibling_processes import has_siblings, speaks_for_all

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("flask_socketio")

#: Seconds that a poll may hold a thread of the server: those of a lone client, and of one among many. A client always
#: has a poll under way, so the more there are, the longer the queue for the threads; it must not stand still.
LONGEST_WAIT = 0.5
SHORTEST_WAIT = 0.05

_INSTEAD = "For WebSocket use `flask socketio run`, socketio.run(app), or gunicorn -k flask_socketio.gunicorn.Worker"
_GUNICORN = " with threads, or with -k flask_socketio.gunicorn.Worker"
_NOT_FOUND = (
    "this server has not found the SocketIO of an app that is mounted in the one it serves. For WebSocket name it: "
    "socketio.run(app, mounted=[...])"
)


class Extension(Protocol):
    """What is asked of the extension."""

    @property
    def running_server(self) -> Server:
        """The Socket.IO server."""


class SocketIOMiddleware:
    """The WSGI app around the app's own.

    Args:
        socketio: the extension.
        flask_app: the Flask app, which handlers and middlewares find in the environ.
        wsgi_app: what serves all other paths.

    Attributes:
        inside: the same, as what lies between this and the app.
    """

    def __init__(self, socketio: Extension, flask_app: Flask, wsgi_app: WSGIApplication) -> None:
        self.socketio = socketio
        self.flask_app = flask_app
        self.wsgi_app = wsgi_app
        self.inside = InnerApp(flask_app, wsgi_app)
        self._adopted = Adopted()
        self._begun = False
        self._ended = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        environ["flask.app"] = self.flask_app
        server = self.socketio.running_server
        engine = server.engine
        if engine.options.path not in environ.get("PATH_INFO", ""):
            if not self._begun:
                self._begin_for_routes(server, environ)
            return self.wsgi_app(environ, start_response)
        arrived = self.inside.arrive(environ, engine)
        if callable(arrived):
            return arrived(environ, start_response)
        request = request_from_environ(arrived)
        if hand_over(environ, arrived, engine):
            return _respond(request, Response(200, []), start_response)
        if self._ended:
            return _respond(request, server.engine.refuse(request, STOPPING), start_response)
        answer: Response | DummyBody | None = client_files.find(request.path.partition(engine.options.path)[2], request)
        if answer is None:
            self._begin(server, environ)
            answer = self._serve(server, request, environ)
        if isinstance(answer, DummyBody):
            start_response("200 OK", [("Content-Length", "0")])
            return answer
        return _respond(request, answer, start_response)

    # The server in the background

    def _begin_for_routes(self, server: Server, environ: WSGIEnvironment) -> None:
        """Let the server run before the first client comes, where a route must not wait for a message queue.

        A process that serves nobody, a test with Flask's own client say, has no need of that.
        """
        serves = _server_name(environ) is not None and not self._ended
        if serves and not server.running and isinstance(server, ClusteredServer):
            self._begin(server, environ)

    def _begin(self, server: Server, environ: WSGIEnvironment) -> None:
        """Let the server run in this process."""
        if not server.running:
            refuse_green_threads()  # a green worker patches after gunicorn --preload has loaded the app
            server.background.enter()
            atexit.register(self._exit, server)
        if self._begun:
            return
        self._begun = True
        # A thread for disconnect handlers at the exit, when no more can be started.
        server.post(server.run_in_worker, _nothing)
        name = _server_name(environ)
        # Those that only translate, as uvicorn --interface wsgi, say that there are several without knowing.
        if has_siblings(sys.argv, os.environ) if name is None else environ.get("wsgi.multiprocess"):
            server.engine.one_of_many = True
            warn_of_many_processes(server, _GUNICORN if (name or "").startswith("gunicorn") else "")
        _, obstacle = _connection(environ)
        if obstacle is not None:
            logger.warning("clients are served by long polling only, which holds threads: %s", obstacle)

    def _exit(self, server: Server) -> None:
        self._ended = True  # threads of the server may still come with requests
        with contextlib.suppress(RuntimeError):  # who ran the server as well has ended its loop, or does so now
            server.complete(self._stop(server))

    async def _stop(self, server: Server) -> None:
        await server.stop(STOP_TIMEOUT)
        await self._adopted.answered(STOP_TIMEOUT)

    # One request

    def _serve(self, server: Server, request: Request, environ: WSGIEnvironment) -> Response | DummyBody:
        connection, obstacle = _connection(environ)
        request.upgradable = connection is not None
        if "websocket" in (request.header("upgrade") or "").lower():
            if connection is None:
                return server.engine.refuse(request, Refused(Cause.BAD_REQUEST, obstacle or ""))
            return self._accept(server, request, connection)
        read_body = _body_reader(environ, server.engine.options.max_http_buffer_size)
        answer = server.complete(_begin_answer(server.engine, request, read_body))
        if isinstance(answer, Response):
            return answer
        if connection is None:
            return server.complete(_answer_soon(server.engine, request, answer))
        try:
            ours, body = Takeover(connection).complete()
        except OSError:
            server.post(answer.cancel)
            raise
        server.post(self._adopted.answer, ours, request, answer)
        return body

    def _accept(self, server: Server, request: Request, connection: socket.socket) -> Response | DummyBody:
        """Take a WebSocket over, or refuse it."""
        takeover = Takeover(connection)
        try:
            listener, headers = server.ask(_accept, server.engine, request)
        except Refused as refused:
            takeover.cancel()
            return server.engine.refuse(request, refused)
        ours, body = takeover.complete()

        def open_websocket() -> None:
            self._adopted.open_websocket(
                ours,
                listener,
                key=request.header("sec-websocket-key") or "",
                max_size=server.engine.options.max_http_buffer_size,
                headers=headers,
                deflate=server.engine.deflate(request),
                reading_turns=server.engine.reading_turns,
            )

        server.post(open_websocket)
        return body


def warn_of_many_processes(server: Server, how: str = "") -> None:
    """Say what is wrong with several worker processes, if anything is; one of them does. `how` one is enough."""
    wrong = []
    if "polling" in server.engine.options.transports:
        wrong.append("a client's polls may reach another one than its session is in, which answers 400")
    if not isinstance(server, ClusteredServer):
        wrong.append("an emit reaches the clients of one process only")
    if wrong and speaks_for_all():
        logger.warning(
            "this server has several worker processes: %s. Run one%s, which serves thousands of clients",
            "; and ".join(wrong),
            how,
        )


#: What who comes too late is told.
STOPPING = Refused(Cause.STOPPING, "the server is shutting down")


def _respond(request: Request, response: Response, start_response: StartResponse) -> Iterable[bytes]:
    """Let the server answer."""
    length = [("Content-Length", str(len(response.body)))] if response.has_body else []
    start_response(response.status_line, response.headers + length)
    return [b"" if request.method == "HEAD" else response.body]


def _server_name(environ: WSGIEnvironment) -> str | None:
    """What the server calls itself; None if it has no name, as who only makes an environ has none."""
    return environ.get("SERVER_SOFTWARE") or ("uWSGI" if "uwsgi.version" in environ else None)


def _connection(environ: WSGIEnvironment) -> tuple[socket.socket | None, str | None]:
    """The connection that a request came on, if it can be taken over; else the reason why not."""
    connection = environ.get("werkzeug.socket") or environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        name = _server_name(environ) or "an unknown one"
        if name == SOFTWARE:
            return None, _NOT_FOUND
        return None, f"this WSGI server ({name}) does not hand connections over. {_INSTEAD}"
    if not environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
        return None, f"an HTTP/2 connection carries other requests, too, and cannot be handed over. {_INSTEAD}"
    if os.name == "nt":
        return None, f"Windows cannot hand connections over within a process. {_INSTEAD}"
    return connection, None


def _accept(engine: Engine, request: Request) -> tuple[WebSocketTransport, list[tuple[str, str]]]:
    """On the loop: whom to tell of a WebSocket, and what to add to the answer 101. Raises Refused."""
    listener = engine.accept_websocket(request)
    return listener, engine.websocket_headers(listener)


async def _begin_answer(engine: Engine, request: Request, read_body: ReadBody) -> Response | asyncio.Task[Response]:
    """On the loop: the answer, or who works on it if that has to wait."""
    task = asyncio.ensure_future(engine.respond(request, read_body))
    await asyncio.sleep(0)  # its first step
    return await task if task.done() else task


async def _answer_soon(engine: Engine, request: Request, answer: asyncio.Task[Response]) -> Response:
    """On the loop: the answer, if need be one that tells nothing."""
    patience = max(SHORTEST_WAIT, LONGEST_WAIT / max(1, len(engine.connections)))
    await asyncio.wait([answer], timeout=patience)
    if not answer.done():
        engine.end_poll(request)
    return await answer


def _body_reader(environ: WSGIEnvironment, limit: int) -> ReadBody:
    """Reads the body here, in the server's thread, and gives it to the loop; what is too long is not read."""
    body: bytes | Refused = b""
    if environ["REQUEST_METHOD"] == "POST":
        try:
            body = _read_body(environ, limit)
        except ClientDisconnected:
            body = Refused(Cause.BAD_REQUEST, "the client left in the middle of its POST")
        except Refused as refused:
            body = refused

    async def read_body(limit: int) -> bytes:
        if isinstance(body, Refused):
            raise body
        return body

    return read_body


def _read_body(environ: WSGIEnvironment, limit: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length) > limit:
        raise too_large(limit)
    stream = get_input_stream(environ)
    pieces: list[bytes] = []
    room = limit + 1
    while room and (piece := stream.read(room)):
        pieces.append(piece)
        room -= len(piece)
    if not room:
        raise too_large(limit)
    return b"".join(pieces)


def _nothing() -> None:
    pass
