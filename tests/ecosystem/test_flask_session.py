"""Flask-Session: sessions on the server, which handlers and routes share, or each connection has a copy of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from cachelib import FileSystemCache
from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_session import Session

from flask_socketio import SocketIO, SocketIOTestClient
from tests.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(params=["cachelib", "redis"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app with `/set/<key>/<value>` and `/get`, whose sessions are kept in files or in Redis."""
    app = Flask("app")
    app.config["SESSION_TYPE"] = request.param
    connection = None
    if request.param == "redis":
        connection = redis.Redis.from_url(request.getfixturevalue("redis_server").url)
        app.config["SESSION_REDIS"] = connection
    else:
        app.config["SESSION_CACHELIB"] = FileSystemCache(str(tmp_path))
    Session(app)

    @app.get("/set/<key>/<value>")
    def set_value(key: str, value: str) -> str:
        session[key] = value
        return "set"

    @app.get("/get")
    def get() -> dict[str, Any]:
        return dict(session)

    @app.get("/clear")
    def clear() -> str:
        session.clear()
        return "cleared"

    yield app
    if connection is not None:
        connection.close()


class Site:
    """A browser with a session, and a connection that it has opened. Handlers `set` and `get` have it, too."""

    def __init__(self, app: Flask, *, manage_session: bool) -> None:
        self.app = app
        self.socketio = SocketIO(app, manage_session=manage_session)
        for namespace in ("/", "/other"):
            self.socketio.on_event("set", self._set, namespace)
            self.socketio.on_event("get", self._get, namespace)
        self.browser = app.test_client()
        self.browser.get("/set/name/ann")
        self.client = self.connect()

    def connect(self) -> SocketIOTestClient:
        client = self.socketio.test_client(self.app, flask_test_client=self.browser)
        client.connect("/other")
        return client

    async def _set(self, key: str, value: str) -> None:
        session[key] = value

    def _get(self) -> dict[str, Any]:
        return dict(session)

    def by_http(self) -> dict[str, Any]:
        return self._plain(self.browser.get("/get").json)

    def by_event(self, client: SocketIOTestClient | None = None, namespace: str | None = None) -> dict[str, Any]:
        return self._plain((client or self.client).emit("get", callback=True, namespace=namespace))

    @staticmethod
    def _plain(found: Any) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "_permanent"}


def test_unmanaged_all_see_what_any_of_them_has_set(app: Flask) -> None:
    site = Site(app, manage_session=False)
    other = site.connect()
    assert site.by_event() == {"name": "ann"}
    site.client.emit("set", "color", "green")
    site.browser.get("/set/size/big")
    site.client.emit("set", "shape", "round", namespace="/other")
    everything = {"name": "ann", "color": "green", "size": "big", "shape": "round"}
    assert site.by_http() == everything
    assert site.by_event() == site.by_event(namespace="/other") == site.by_event(other) == everything


def test_unmanaged_a_session_that_is_cleared_is_gone_for_all(app: Flask) -> None:
    site = Site(app, manage_session=False)
    site.browser.get("/clear")
    assert site.by_event() == {}


def test_managed_each_connection_has_its_own_copy(app: Flask) -> None:
    site = Site(app, manage_session=True)
    other = site.connect()
    assert site.by_event() == site.by_event(other) == {"name": "ann"}
    site.client.emit("set", "color", "green")
    site.browser.get("/set/size/big")
    assert site.by_event() == site.by_event(namespace="/other") == {"name": "ann", "color": "green"}
    assert site.by_event(other) == {"name": "ann"}
    assert site.by_http() == {"name": "ann", "size": "big"}


def test_what_connect_and_disconnect_set_is_kept(app: Flask) -> None:
    site = Site(app, manage_session=False)
    site.socketio.on_event("connect", lambda: session.update(connect="seen"))
    site.socketio.on_event("disconnect", lambda: session.update(disconnect="seen"))
    site.connect().close()
    assert site.by_http() == {"name": "ann", "connect": "seen", "disconnect": "seen"}


def test_what_a_handler_has_set_before_it_fails_is_kept_as_that_of_a_view(app: Flask) -> None:
    site = Site(app, manage_session=False)

    @site.socketio.on("fail")
    def fail() -> None:
        session["color"] = "green"
        raise LookupError

    with pytest.raises(LookupError):
        site.client.emit("fail")
    assert site.by_http() == {"name": "ann", "color": "green"}


def test_events_that_do_not_change_the_session_do_not_write_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(app, manage_session=False)
    site.socketio.on_event("nothing", lambda: None)
    written: list[Any] = []
    monkeypatch.setattr(app.session_interface, "save_session", lambda *args: written.append(args))
    site.by_event()
    site.client.emit("nothing")
    assert not written


def test_unmanaged_a_logout_by_http_is_seen_by_the_next_event(app: Flask) -> None:
    """Flask-Login on top, whose user is a key of the session."""

    class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
        id = "ann"

    login = LoginManager(app)
    login.user_loader(lambda name: User())
    app.add_url_rule("/login", "login", view_func=lambda: str(login_user(User())))
    app.add_url_rule("/logout", "logout", view_func=lambda: str(logout_user()))
    site = Site(app, manage_session=False)
    site.socketio.on_event("known", lambda: current_user.is_authenticated)
    site.socketio.on_event("logout", logout_user)

    site.browser.get("/login")
    assert site.client.emit("known", callback=True) is True
    site.browser.get("/logout")
    assert site.client.emit("known", callback=True) is False
    site.browser.get("/login")
    site.client.emit("logout")
    assert "_user_id" not in site.by_http()
