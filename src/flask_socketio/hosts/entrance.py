"""What the middlewares around a Flask app make of a request: asked once for each connection, on every host.

Behind a proxy the app is wrapped, `app.wsgi_app = ProxyFix(app.wsgi_app, ...)`, before `SocketIO(app)` or after it, or
around the whole app. The wrapper rewrites the environ: who asks, with which scheme, for which host, below which prefix.
A WebSocket knows nothing of environs, the engine answers polls before Flask is asked, and what was wrapped before
`SocketIO(app)` lies behind it. Still, handlers and the check of the origin are to see what routes see. Nothing here
knows what a middleware does, or trusts a header; there is one rule:

    the request of a handshake is the environ that reaches the app itself, behind all of its middlewares.

To find it, the request is sent on its way through them with an `Arrival` in its environ. Where the app would begin, the
arrival keeps the environ instead and answers `200`, and that answer is thrown away. A middleware that answers itself
(a login, a redirect) has answered: the handshake is refused with that. One that lies behind Socket.IO is asked the
same, but what it says of an address that it has never heard of, or takes for a page of its own (404, 200), is no
refusal, since in Flask-SocketIO 5 it was not asked at all.

What it costs: a middleware may block, so the way through them runs on a worker thread, half a millisecond in all. It
is gone once for each connection: requests that name a session need not be asked about again. An app without any
middleware is not asked at all.

Where "the app itself" begins: at our own middleware if nothing lies behind it, else in Flask's `full_dispatch_request`,
since middlewares that have been handed `app.wsgi_app` keep that and show it to nobody. Refused: an exception to get out
of there (error trackers would tell of each), and rewriting the attributes of middlewares (not all have any).
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
from werkzeug.wrappers import Response as Answer

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

#: Where a request may arrive: at an engine, or where there are middlewares behind it, at the Flask app.
Goal: TypeAlias = "Flask | Engine"

#: The key under which an environ carries its arrival.
_KEY = "flask_socketio.arrival"

#: Bytes of an answer to a handshake that are passed on; browsers show nothing of it.
_LARGEST_ANSWER = 65536

#: Headers of an answer that belong to the connection it was meant for.
_OF_THE_CONNECTION = (b"connection", b"content-length", b"transfer-encoding")


class Arrival:
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
        self._outer: Arrival | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send a request on its way; the answer is worth something only if no environ has arrived."""
        self._outer = environ.get(_KEY)
        environ[_KEY] = self
        return self._wsgi_app(environ, start_response)

    def take(self, arrived: WSGIEnvironment, where: Goal) -> bool:
        """Take what has arrived somewhere, if that is one of the goals, and the request one for Socket.IO.

        What is not ours may be of who has asked before us: an app with Socket.IO asks what lies behind that, and an app
        with another one may be mounted there.
        """
        path = self._goals.get(where)
        if path is None or not arrived.get("PATH_INFO", "").startswith(path):
            return self._outer is not None and self._outer.take(arrived, where)
        self.environ, self.goal = arrived, where
        return True


def hand_over(environ: WSGIEnvironment, arrived: WSGIEnvironment, where: Goal) -> bool:
    """Whether whoever has sent an environ wanted to know only what of it arrives here, and now does."""
    arrival: Arrival | None = environ.get(_KEY)
    return arrival is not None and arrival.take(arrived, where)


class Inside:
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
            _hand_over_what_arrives(flask_app)

    def arrive(self, environ: WSGIEnvironment, engine: Engine) -> WSGIEnvironment | WSGIApplication:
        """What arrives at the app of a request for Socket.IO; else who is to answer it."""
        path = engine.options.path
        fits = environ.get("PATH_INFO", "").startswith(path)
        if self.bare:
            return environ if fits else self._wsgi_app
        if dict(parse_qsl(environ.get("QUERY_STRING", ""))).get("sid") in engine.connections:
            return environ
        arrival = Arrival(self._wsgi_app, {self._flask_app: path})
        answer = Answer.from_app(arrival, environ)
        if arrival.environ is None and not (fits and _is_no_refusal(answer)):
            return answer
        answer.close()
        return arrival.environ or environ


def _is_no_refusal(answer: Answer) -> bool:
    return answer.status_code < 300 or answer.status_code == HTTPStatus.NOT_FOUND


def _hand_over_what_arrives(flask_app: Flask) -> None:
    """Let nothing of a Flask app run for those who want to know only what arrives there."""
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


class Entrance:
    """The way in on hosts with a loop.

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
        return isinstance(inside, Inside) and inside.bare

    async def ask(self, request: Request, receive: Receive, send: Send) -> Arrived | None:
        """Send a request through the middlewares: what of it reaches the app, None if it has been answered.

        Raises RequestFailed as the bridge does.
        """
        arrival = Arrival(self._wsgi_app, {engine: engine.options.path for engine in self._engines})

        async def send_answer(message: Message) -> None:
            if arrival.environ is None:
                await send(message)

        await self._bridge.serve(request, receive, send_answer, arrival)
        if arrival.environ is None or not isinstance(arrival.goal, Engine):
            return None
        return Arrived(request_from_environ(arrival.environ), arrival.goal)

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
