"""Flask-Login: who `current_user` is in handlers, and until when."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from flask_socketio import SocketIO, SocketIOTestClient, disconnect, emit, join_room


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    def __init__(self, name: str, role: str) -> None:
        self.id = name
        self.role = role


class Site:
    """An app with users. `roles` is its database, `asked` who was looked up in it."""

    def __init__(self, **options: Any) -> None:
        self.roles = {"ann": "reader", "bob": "reader"}
        self.asked: list[str] = []
        self.app = Flask("site")
        self.app.secret_key = "secret"
        self.socketio = SocketIO(self.app, **options)
        login = LoginManager(self.app)
        login.user_loader(self.load)
        self.app.add_url_rule("/login/<name>", view_func=self.login)
        self.app.add_url_rule("/logout", view_func=self.logout)
        self.browser: FlaskClient = self.app.test_client()

    def load(self, name: str) -> User | None:
        self.asked.append(name)
        role = self.roles.get(name)
        return None if role is None else User(name, role)

    def login(self, name: str) -> str:
        login_user(User(name, self.roles[name]))
        return "welcome"

    def logout(self) -> str:
        logout_user()
        return "goodbye"

    def connect(self, namespace: str | None = None) -> SocketIOTestClient:
        """A client with the cookies of the browser."""
        return self.socketio.test_client(self.app, namespace, flask_test_client=self.browser)


@pytest.fixture(params=[True, False], ids=["managed", "unmanaged"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(manage_session=request.param)


def who() -> Any:
    return current_user.role if current_user.is_authenticated else "nobody"


async def who_async() -> Any:
    return who()


@pytest.mark.parametrize("handler", [who, who_async])
def test_the_user_of_the_page_is_the_user_of_each_event(site: Site, handler: Callable[[], Any]) -> None:
    site.socketio.on_event("who", handler)
    assert site.connect().emit("who", callback=True) == "nobody"
    site.browser.get("/login/ann")
    assert site.connect().emit("who", callback=True) == "reader"


def test_the_user_is_loaded_for_each_event_that_asks(site: Site) -> None:
    site.socketio.on_event("who", lambda: [who(), who()][0])
    site.socketio.on_event("ping", lambda: "pong")
    site.browser.get("/login/ann")
    client = site.connect()
    site.asked.clear()
    assert client.emit("who", callback=True) == "reader"
    client.emit("ping", callback=True)
    assert site.asked == ["ann"], "once for an event, and not for those that do not ask"
    site.roles["ann"] = "editor"
    assert client.emit("who", callback=True) == "editor"
    del site.roles["ann"]
    assert client.emit("who", callback=True) == "nobody"


def test_the_connect_handler_refuses_who_is_not_logged_in(site: Site) -> None:
    site.socketio.on_event("connect", lambda: current_user.is_authenticated)
    assert not site.connect().is_connected()
    site.browser.get("/login/ann")
    assert site.connect().is_connected()


def authenticated_only(handler: Callable[..., Any]) -> Callable[..., Any]:
    """For events what `login_required` is for routes."""

    @functools.wraps(handler)
    def wrapped(*args: Any) -> Any:
        if not current_user.is_authenticated:
            return disconnect()
        return handler(*args)

    return wrapped


@pytest.mark.parametrize("is_async", [False, True])
def test_a_decorator_puts_out_who_is_not_logged_in(site: Site, is_async: bool) -> None:
    async def shout(text: str) -> str:
        return text.upper()

    site.socketio.on_event("shout", authenticated_only(shout if is_async else str.upper))
    reasons: list[str] = []
    site.socketio.on_event("disconnect", reasons.append)
    stranger = site.connect()
    assert stranger.emit("shout", "hello", callback=True) is None
    assert not stranger.is_connected()
    assert reasons == ["server disconnect"]

    site.browser.get("/login/ann")
    assert site.connect().emit("shout", "hello", callback=True) == "HELLO"


def test_users_are_told_apart_and_emitted_to(site: Site) -> None:
    @site.socketio.on("connect")
    def connect() -> None:
        join_room(f"user {current_user.id}")

    @site.socketio.on("tell")
    def tell(name: str, text: str) -> None:
        emit("told", (current_user.id, text), to=f"user {name}")

    clients = {}
    for name in ("ann", "bob"):
        site.browser.get(f"/login/{name}")
        clients[name] = site.connect()
    clients["ann"].emit("tell", "bob", "hello")
    assert clients["bob"].get_received() == [{"name": "told", "args": ["ann", "hello"], "namespace": "/"}]
    assert clients["ann"].get_received() == []


def test_a_background_task_has_no_user_and_emits_to_one(site: Site) -> None:
    def work(name: str) -> None:
        with site.app.app_context():
            site.socketio.emit("done", bool(current_user), to=f"user {name}")

    @site.socketio.on("work")
    def start() -> None:
        join_room(f"user {current_user.id}")
        site.socketio.start_background_task(work, current_user.id)

    site.browser.get("/login/ann")
    client = site.connect()
    client.emit("work")
    assert client.wait_for("done")["args"] == [False]


def test_login_and_logout_in_a_handler_hold_for_the_connection() -> None:
    """With a session of its own, of which routes see nothing."""
    site = Site(manage_session=True)
    site.socketio.on_event("login", lambda name: login_user(site.load(name)))
    site.socketio.on_event("logout", logout_user)
    for namespace in ("/", "/other"):
        site.socketio.on_event("who", who, namespace)
    client = site.connect()
    client.connect("/other")

    assert client.emit("login", "ann", callback=True) is True
    assert client.emit("who", callback=True) == "reader"
    assert client.emit("who", callback=True, namespace="/other") == "reader"
    assert client.emit("logout", callback=True) is True
    assert client.emit("who", callback=True) == "nobody"
    assert client.emit("who", callback=True, namespace="/other") == "nobody"


def test_a_logout_by_http_is_seen_by_the_next_connection(site: Site) -> None:
    """With sessions in cookies: a connection has those of its handshake until it ends."""
    site.socketio.on_event("who", who)
    site.browser.get("/login/ann")
    client = site.connect()
    site.browser.get("/logout")
    assert client.emit("who", callback=True) == "reader"
    assert site.connect().emit("who", callback=True) == "nobody"


def test_a_logout_by_http_may_put_the_connections_of_the_user_out(site: Site) -> None:
    """What the documentation advises."""
    site.socketio.on_event("connect", lambda: join_room(f"user {current_user.id}"))

    def logout_everywhere() -> str:
        server = site.socketio.server
        assert server is not None
        for sid, _ in list(server.manager.get_participants("/", f"user {current_user.id}")):
            disconnect(sid, "/")
        logout_user()
        return "goodbye"

    site.app.view_functions["logout"] = logout_everywhere
    clients = {}
    for name in ("ann", "bob"):
        site.browser.get(f"/login/{name}")
        clients[name] = site.connect()
    assert site.browser.get("/logout").text == "goodbye"
    assert clients["ann"].is_connected()
    assert not clients["bob"].is_connected()


def test_the_protection_of_sessions_takes_a_handshake_for_what_it_is() -> None:
    """`strong` compares address and browser with those of the login."""
    site = Site()
    site.app.config["SESSION_PROTECTION"] = "strong"
    site.socketio.on_event("who", who)
    site.browser.get("/login/ann")
    assert site.connect().emit("who", callback=True) == "reader"
    thief = site.socketio.test_client(site.app, flask_test_client=site.browser, headers={"User-Agent": "another"})
    assert thief.emit("who", callback=True) == "nobody"
