"""What the middlewares around a Flask app make of a handshake: asked once for each connection, on every host.

Behind a proxy the app is wrapped, `app.wsgi_app = ProxyFix(app.wsgi_app, ...)`, before `SocketIO(app)` or after it, or
around the whole app. The wrapper rewrites the environ: who asks, with which scheme, for which host, below which prefix.
A WebSocket knows nothing of environs, the engine answers polls before Flask is asked, and what was wrapped before
`SocketIO(app)` lies behind it. Still, handlers and the check of the origin are to see what routes see. Nothing here
knows what a middleware does, or trusts a header; there is one rule:

    the request of a handshake is the environ that reaches the app itself, behind all of its middlewares.

To find it, the request is sent through the middlewares with a `Probe` in its environ. Where the app would begin, the
probe keeps the environ and answers `200`; that answer is thrown away. A middleware that answers by itself (a login, a
redirect) has answered: the handshake is refused with that. A middleware that lies behind Socket.IO is asked as well,
but what it says of an address that it has never heard of, or takes for a page of its own (404, 200), is no refusal,
since in Flask-SocketIO 5 it was not asked at all.

What it costs: a middleware may block, so they run on a worker thread, half a millisecond in all. They run once for each
connection: requests that name a session need not be asked about again. An app without any middleware is not asked.

Where "the app itself" begins: at our own middleware if nothing lies behind it, else in Flask's `full_dispatch_request`,
since middlewares that have been handed `app.wsgi_app` keep that and show it to nobody.

Rejected: an exception to get out of there (error trackers would tell of each), and rewriting the attributes of
middlewares (not all have any).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from flask import Flask
from flask import request as current_request
from werkzeug.wrappers import Response as WerkzeugResponse

from ..protocol.errors import excerpt
from ..transport.engine import Engine
from ..transport.http import Request, Response
from ..transport.refusal import Cause, Refused
from .asgi_types import Message, Receive, Send
from .environ import request_from_environ
from .wsgi_bridge import RequestFailed, WsgiBridge

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("flask_socketio")

#: What a request may reach: an engine or, where there are middlewares behind that, the Flask app.
Goal: TypeAlias = "Flask | Engine"

#: The key under which an environ carries its probe.
_KEY = "flask_socketio.probe"

#: Bytes of an answer to a handshake that are passed on; browsers show nothing of it.
_LARGEST_ANSWER = 65536

#: Headers of an answer that belong to the connection it was meant for.
_OF_THE_CONNECTION = (b"connection", b"content-length", b"transfer-encoding")


class Probe:
    """A WSGI app, and the question which environ reaches the Flask app in it.

    Args:
        wsgi_app: an app with middlewares around it.
        goals: who may be reached in it, and the path there on which Socket.IO lives: the Flask app, or the engines
            where these stand before the app.

    Attributes:
        environ: what has reached one of them, None if nothing did.
        goal: which one that is.
    """

    def __init__(self, wsgi_app: WSGIApplication, goals: Mapping[Goal, str]) -> None:
        self._wsgi_app = wsgi_app
        self._goals = goals
        self.environ: WSGIEnvironment | None = None
        self.goal: Goal | None = None
        self._outer: Probe | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send a request on its way; the answer is worth something only if no environ has arrived."""
        self._outer = environ.get(_KEY)
        environ[_KEY] = self
        return self._wsgi_app(environ, start_response)

    def take(self, arrived: WSGIEnvironment, where: Goal) -> bool:
        """Keep the environ that has reached something, if that is one of the goals and the request is for Socket.IO.

        If it is not, an outer probe may be waiting for it: an app with Socket.IO asks what lies behind that, and an app
        with another one may be mounted there.
        """
        path = self._goals.get(where)
        if path is None or not arrived.get("PATH_INFO", "").startswith(path):
            return self._outer is not None and self._outer.take(arrived, where)
        self.environ, self.goal = arrived, where
        return True


def hand_over(environ: WSGIEnvironment, arrived: WSGIEnvironment, where: Goal) -> bool:
    """Whether this environ was sent by a probe, which has its answer now: nothing else is to be done for it."""
    probe: Probe | None = environ.get(_KEY)
    return probe is not None and probe.take(arrived, where)


class InnerApp:
    """What lies behind the middleware of Socket.IO: Flask, with the middlewares that were set before `SocketIO(app)`.

    Attributes:
        bare: whether there is none.
    """

    def __init__(self, flask_app: Flask, wsgi_app: WSGIApplication) -> None:
        self._flask_app = flask_app
        self._wsgi_app = wsgi_app
        method: Any = wsgi_app
        self.bare = (
            getattr(method, "__self__", None) is flask_app and getattr(method, "__func__", None) is Flask.wsgi_app
        )
        if not self.bare:
            _answer_probes(flask_app)

    def arrive(self, environ: WSGIEnvironment, engine: Engine) -> WSGIEnvironment | WSGIApplication:
        """The environ of a request for Socket.IO as it reaches the app; or the WSGI app that is to answer instead."""
        path = engine.options.path
        fits = environ.get("PATH_INFO", "").startswith(path)
        if self.bare:
            return environ if fits else self._wsgi_app
        if dict(parse_qsl(environ.get("QUERY_STRING", ""))).get("sid") in engine.connections:
            return environ
        probe = Probe(self._wsgi_app, {self._flask_app: path})
        answer = WerkzeugResponse.from_app(probe, environ)
        if probe.environ is None and not (fits and _is_no_refusal(answer)):
            return answer
        answer.close()
        return probe.environ or environ


def _is_no_refusal(answer: WerkzeugResponse) -> bool:
    return answer.status_code < 300 or answer.status_code == HTTPStatus.NOT_FOUND


def _answer_probes(flask_app: Flask) -> None:
    """Let a Flask app answer probes before anything of its own runs."""
    dispatch: Callable[..., Any] = flask_app.full_dispatch_request

    def full_dispatch_request(*args: Any) -> Any:
        environ = current_request.environ
        return flask_app.response_class() if hand_over(environ, environ, flask_app) else dispatch(*args)

    flask_app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


class Arrived(NamedTuple):
    """A request as it reaches the app, and the engine that it is for."""

    request: Request
    engine: Engine


#: What comes of asking about a WebSocket: the request as it reaches the app, or the answer of a middleware.
Asked: TypeAlias = "Awaitable[Arrived | Response]"


class HandshakeRouter:
    """Finds the engine of a request, and asks the middlewares, on hosts with a loop.

    Args:
        engines: to whose paths this leads.
        bridge: the way to the worker threads.
        wsgi_app: all that is served.
        part_of_app: whether the engines' middlewares are in there, so that those around them have a say.
    """

    def __init__(
        self, engines: Sequence[Engine], bridge: WsgiBridge, wsgi_app: WSGIApplication, part_of_app: bool
    ) -> None:
        self._engines = engines
        self._bridge = bridge
        self._wsgi_app = wsgi_app
        self._part_of_app = part_of_app

    def find(self, request: Request) -> Engine | Literal[False] | None:
        """The engine that a request is for, False for none; None if only the middlewares know."""
        possible = [engine for engine in self._engines if engine.options.path in request.path]
        if not possible:
            return False
        if self._is_bare():
            engine = possible[0]
            return engine if request.path[len(request.root_path) :].startswith(engine.options.path) else False
        return next((engine for engine in possible if engine.knows(request)), None)

    def _is_bare(self) -> bool:
        if not self._part_of_app:
            return True
        inside = getattr(self._wsgi_app.wsgi_app, "inside", None) if isinstance(self._wsgi_app, Flask) else None
        return isinstance(inside, InnerApp) and inside.bare

    async def ask(self, request: Request, receive: Receive, send: Send) -> Arrived | None:
        """Send a request through the middlewares: what of it reaches the app, None if it has been answered.

        Raises RequestFailed as the bridge does.
        """
        probe = Probe(self._wsgi_app, {engine: engine.options.path for engine in self._engines})

        async def send_answer(message: Message) -> None:
            if probe.environ is None:
                await send(message)

        await self._bridge.serve(request, receive, send_answer, probe)
        if probe.environ is None or not isinstance(probe.goal, Engine):
            return None
        return Arrived(request_from_environ(probe.environ), probe.goal)

    def websocket(self, request: Request) -> Arrived | Asked:
        """The handshake of a WebSocket as it reaches the app, now or when that is known. Raises Refused."""
        engine = self.find(request)
        if engine is None:
            return self._ask_about_websocket(request)
        if not engine:
            paths = " or ".join(engine.options.path for engine in self._engines)
            raise Refused(Cause.BAD_REQUEST, f"got a WebSocket for another path, expected it for {paths}")
        return Arrived(request, engine)

    def refuse(self, request: Request, refused: Refused) -> Response:
        """The answer to a handshake that is for no engine."""
        return self._engines[0].refuse(request, refused)

    async def _ask_about_websocket(self, request: Request) -> Arrived | Response:
        answer = Response(HTTPStatus.INTERNAL_SERVER_ERROR, [])

        async def keep_answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in message["headers"]
                    if name not in _OF_THE_CONNECTION
                ]
            else:
                answer.body = (answer.body + message["body"])[:_LARGEST_ANSWER]
                if len(answer.body) == _LARGEST_ANSWER:
                    raise OSError("nobody reads the rest")

        try:
            arrived = await self.ask(request, _nothing_more, keep_answer)
        except RequestFailed:
            logger.exception("a middleware has failed")
            arrived = None
        if arrived is not None:
            return arrived
        logger.warning(
            "refused a WebSocket for %s: the app itself has answered %s", excerpt(request.path), answer.status
        )
        return answer


async def _nothing_more() -> NoReturn:
    """What comes from the client of a handshake."""
    await asyncio.Future()
    raise AssertionError
