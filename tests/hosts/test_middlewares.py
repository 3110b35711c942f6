"""The middlewares around an app have their say about every handshake, wherever they were set, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import redirect

from flask_socketio import SocketIO
from tests.hosts.native_serving import HANDSHAKE as WEBSOCKET
from tests.hosts.serving import read_head
from tests.hosts.sites import HANDSHAKE, HOSTS, PATIENCE, NativeSite, Poller, Site, native

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Wrap = Callable[[Any], Any]

FORWARDED = {
    "X_Forwarded_For": "203.0.113.9",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "shop.example",
    "X_Forwarded_Prefix": "/shop",
}
BELIEVED = ["203.0.113.9", "https", "shop.example", "/shop"]


def fix(app: WSGIApplication) -> WSGIApplication:
    return ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_prefix=1)


def closure(app: WSGIApplication) -> WSGIApplication:
    """A middleware without any attribute, which answers piece by piece."""
    fixed = fix(app)

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        yield from fixed(environ, start_response)

    return middleware


def same(app: Any) -> Any:
    return app


@contextmanager
def served(host: str, before: Wrap = same, after: Wrap = same, **options: Any) -> Iterator[tuple[Site, Flask]]:
    """An app with middlewares set before and after `SocketIO(app)`."""
    app: Any = Flask("app")
    app.wsgi_app = before(app.wsgi_app)
    socketio = SocketIO(app, **options)
    app.wsgi_app = after(app.wsgi_app)

    app.before_request(lambda: ("only for routes", 418))

    @socketio.on("facts")
    def facts() -> list[Any]:
        return [request.remote_addr, request.scheme, request.host, request.root_path]

    @socketio.on("environ")
    def environ() -> list[str]:
        return sorted(request.environ)

    with HOSTS[host](socketio, app) as site:
        yield site, app


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class Counter:
    """A middleware that counts what passes."""

    def __init__(self, app: WSGIApplication) -> None:
        self.paths: list[str] = []
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.paths.append(environ["PATH_INFO"])
        return self._app(environ, start_response)


def upgrade(site: Site, target: str = "/socket.io/?EIO=4&transport=websocket", headers: str = "") -> bytes:
    """The first line of the answer to a WebSocket's handshake."""
    assert isinstance(site, NativeSite)
    with site.connect() as client:
        client.sendall(f"GET {target} HTTP/1.1\r\n{WEBSOCKET}{headers}\r\n".encode())
        return read_head(client).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("before", "after"), [(fix, same), (same, fix), (closure, same), (same, closure), (fix, Counter), (Counter, fix)]
)
def test_what_a_middleware_says_counts_wherever_it_stands(host: str, before: Wrap, after: Wrap) -> None:
    with served(host, before, after) as (site, _):
        assert Poller(site, **FORWARDED).ask("facts") == BELIEVED
        assert Poller(site, **FORWARDED, Origin="https://shop.example").ask("facts") == BELIEVED
        assert site.ask(HANDSHAKE, "GET", "", **FORWARDED, Origin="http://localhost").status == 403


def test_without_middlewares_no_header_counts(host: str) -> None:
    with served(host) as (site, _):
        address, scheme, host_seen, root = Poller(site, **FORWARDED).ask("facts")
        assert (address, scheme, root) == ("127.0.0.1", "http", "") and "shop" not in host_seen


@pytest.mark.parametrize(("before", "after"), [(Counter, same), (same, Counter)])
def test_they_are_asked_once_for_each_connection(before: Wrap, after: Wrap) -> None:
    counters: list[Counter] = []

    def count(wrap: Wrap) -> Wrap:
        def wrapped(app: Any) -> Any:
            counters.append(wrap(app))
            return counters[-1]

        return wrapped

    with served("native", *(count(wrap) if wrap is Counter else wrap for wrap in (before, after))) as (site, _):
        poller = Poller(site)
        for _ in range(3):
            poller.ask("facts")
        assert counters[0].paths == ["/socket.io/"]


def test_an_app_without_any_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with served("native") as (site, app):
        monkeypatch.setattr(app, "wsgi_app", app.wsgi_app)  # still the same
        asked: list[Any] = []
        monkeypatch.setattr(type(app), "__call__", lambda *args: asked.append(args))
        Poller(site).ask("facts")
        assert upgrade(site) == b"HTTP/1.1 101 Switching Protocols"
        assert asked == []


def test_nothing_of_the_app_itself_runs(host: str) -> None:
    with served(host, Counter) as (site, app):
        ran: list[Any] = []

        def process(response: Any) -> Any:
            ran.append(response)
            return response

        app.after_request(process)
        Poller(site).ask("facts")
        assert ran == []
        assert site.ask("/").status == 418 and len(ran) == 1


def test_the_environ_that_is_kept_holds_nothing_of_the_way(host: str) -> None:
    with served(host, Counter, fix) as (site, _):
        kept = Poller(site).ask("environ")
        assert "werkzeug.proxy_fix.orig" in kept
        assert not {"flask_socketio.probe", "wsgi.file_wrapper"} & set(kept)


# Middlewares that answer themselves


def answering(status: int) -> Wrap:
    """A middleware that lets nobody through to whom it has not given a token."""
    answers: dict[int, Any] = {
        200: lambda *args: (args[1]("200 OK", [("Content-Type", "text/html")]), [b"a page"])[1],
        302: redirect("/login"),
        401: Unauthorized("who are you?"),
        404: NotFound("nothing here"),
    }

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            answer: WSGIApplication = app if environ.get("HTTP_TOKEN") else answers[status]
            if isinstance(answer, HTTPException):
                answer = answer.get_response(environ)
            return answer(environ, start_response)

        return middleware

    return wrap


@pytest.mark.parametrize("status", [200, 302, 401, 404])
def test_a_middleware_before_socketio_answers_for_it(host: str, status: int) -> None:
    with served(host, after=answering(status)) as (site, _):
        assert site.ask(HANDSHAKE).status == status
        Poller(site, token="t").ask("facts")


@pytest.mark.parametrize(("status", "refused"), [(200, False), (302, True), (401, True), (404, False)])
def test_one_behind_it_may_only_refuse(host: str, status: int, refused: bool) -> None:
    with served(host, before=answering(status)) as (site, _):
        if refused:
            assert site.ask(HANDSHAKE).status == status
        else:
            Poller(site).ask("facts")
        Poller(site, token="t").ask("facts")


@pytest.mark.parametrize(("before", "after"), [(answering(401), same), (same, answering(401))])
def test_a_websocket_is_refused_in_the_same_way(before: Wrap, after: Wrap, caplog: pytest.LogCaptureFixture) -> None:
    with served("native", before, after) as (site, _):
        assert upgrade(site) == b"HTTP/1.1 401 Unauthorized"
        assert "the app itself has answered 401" in caplog.text
        assert upgrade(site, headers="Token: t\r\n") == b"HTTP/1.1 101 Switching Protocols"


def test_one_that_fails_is_an_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    def failing(app: WSGIApplication) -> WSGIApplication:
        def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            raise ValueError("broken")

        return middleware

    with served("native", after=failing) as (site, _):
        assert site.ask(HANDSHAKE).status == 500
        assert upgrade(site) == b"HTTP/1.1 500 Internal Server Error"
    assert caplog.text.count("ValueError: broken") >= 2


def test_an_answer_without_end_is_cut_off() -> None:
    def endless(app: WSGIApplication) -> WSGIApplication:
        def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            while True:
                yield b"x" * 1000

        return middleware

    with served("native", after=endless) as (site, _):
        assert upgrade(site) == b"HTTP/1.1 200 OK"


# Prefixes


def below_shop(app: WSGIApplication) -> WSGIApplication:
    return DispatcherMiddleware(NotFound(), {"/shop": app})


@pytest.mark.parametrize(("before", "after"), [(below_shop, same), (same, below_shop)])
def test_a_middleware_may_take_a_prefix_away(host: str, before: Wrap, after: Wrap) -> None:
    with served(host, before, after) as (site, _):
        assert Poller(site, f"/shop{HANDSHAKE}").ask("facts")[3] == "/shop"
        assert "Socket.IO" in site.ask("/shop/socket.io/socket.io.js").body
        assert site.ask("/shop/socket.io/?EIO=4&transport=polling&sid=unknown").status == 400
        assert site.ask("/elsewhere/socket.io/").status == 404
        if host == "native":
            websocket = "/shop/socket.io/?EIO=4&transport=websocket"
            assert upgrade(site, websocket) == b"HTTP/1.1 101 Switching Protocols"


def test_a_prefix_that_only_routes_know_leaves_socketio_where_it_was(host: str) -> None:
    with served(host, before=below_shop) as (site, _):
        assert Poller(site).ask("facts")[3] == ""


def test_routes_may_have_the_path_in_theirs(host: str) -> None:
    for wrap in (same, Counter):
        with served(host, wrap) as (site, app):
            app.before_request_funcs.clear()
            app.add_url_rule("/docs/socket.io/<name>", "docs", lambda name: f"about {name}")
            assert site.ask("/docs/socket.io/rooms").body == "about rooms"


# While a middleware blocks


def test_other_clients_are_served_while_a_middleware_blocks(caplog: pytest.LogCaptureFixture) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def blocking(app: WSGIApplication) -> WSGIApplication:
        def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ.get("HTTP_SLOW"):
                reached.set()
                assert go_on.wait(PATIENCE)
            return app(environ, start_response)

        return middleware

    with served("native", after=blocking) as (site, _):
        assert isinstance(site, NativeSite)
        for leaves in (True, False):
            reached.clear()
            with site.connect() as client:
                target = "/socket.io/?EIO=4&transport=websocket"
                client.sendall(f"GET {target} HTTP/1.1\r\n{WEBSOCKET}Slow: 1\r\n\r\n".encode())
                assert reached.wait(PATIENCE)
                Poller(site).ask("facts")
                if leaves:
                    continue
                client.sendall(b"\x81\x82\0\0\0\x0040")  # too early, yet it is not taken for HTTP
                go_on.set()
                assert read_head(client).startswith(b"HTTP/1.1 101")
                with client.makefile("rb") as incoming:
                    opened, connected = (incoming.read(incoming.read(2)[1]) for _ in range(2))
                assert opened.startswith(b"0{") and connected.startswith(b"40{")
    assert "ERROR" not in [record.levelname for record in caplog.records]


def test_several_socketio_on_one_app() -> None:
    app: Any = Flask("app")
    first, second = SocketIO(app, path="first"), SocketIO(app, path="second")
    for socketio, path in ((first, "first"), (second, "second")):
        socketio.on_event("path", lambda: request.path)
        with native(socketio, app) as site:
            assert Poller(site, f"/{path}/?EIO=4&transport=polling").ask("path") == f"/{path}/"
