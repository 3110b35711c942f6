"""Flask-CORS, Flask-Limiter and Flask-Talisman act on routes; Socket.IO beside them has rules of its own."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask_cors import CORS
from flask_limiter import Limiter, RateLimitExceeded
from flask_talisman import Talisman
from werkzeug.test import TestResponse

from flask_socketio import SocketIO, SocketIOTestClient, request
from tests.memory import running

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def app() -> Flask:
    app = Flask("app", static_folder=None)
    app.add_url_rule("/", view_func=lambda: "index")
    return app


def handshake(app: Flask, origin: str | None = None) -> TestResponse:
    """The answer to a handshake; a session that has begun is ended, or the server would wait for its client."""
    browser = app.test_client()
    answer = browser.get(HANDSHAKE, headers={"Origin": origin} if origin else {})
    if answer.text.startswith("0"):
        session = f"{HANDSHAKE}&sid={json.loads(answer.text[1:])['sid']}"
        assert browser.post(session, data="1").status_code == 200
        assert browser.get(session).status_code == 200
    return answer


def index(app: Flask, origin: str | None = None) -> TestResponse:
    return app.test_client().get("/", headers={"Origin": origin} if origin else {})


def test_flask_cors_and_ours_each_allow_their_own(app: Flask) -> None:
    routes, events = "https://routes.example", "https://events.example"
    CORS(app, origins=[routes], supports_credentials=True)
    with running(SocketIO(app, cors_allowed_origins=[events])):
        for ask, allowed, other in ((index, routes, events), (handshake, events, routes)):
            answer = ask(app, allowed)
            assert answer.status_code == 200
            assert answer.headers.getlist("Access-Control-Allow-Origin") == [allowed]
            assert answer.headers.getlist("Access-Control-Allow-Credentials") == ["true"]
            assert "Access-Control-Allow-Origin" not in ask(app, other).headers
        assert handshake(app, routes).status_code == 403


def test_flask_talisman_sends_routes_to_https_and_lets_handshakes_be(app: Flask) -> None:
    Talisman(app, force_https=True)
    with running(SocketIO(app)):
        assert index(app).status_code == 302
        assert handshake(app).text.startswith("0{")


def test_flask_limiter_counts_routes_and_no_polls(app: Flask) -> None:
    Limiter(lambda: "everybody", app=app, default_limits=["1 per hour"], storage_uri="memory://")
    with running(SocketIO(app)):
        assert [index(app).status_code for _ in range(2)] == [200, 429]
        assert [handshake(app).status_code for _ in range(3)] == [200] * 3


@pytest.fixture
def limiter(app: Flask) -> Limiter:
    """Counts for each client. Events have no endpoint: what is counted has to get a name."""
    return Limiter(
        lambda: request.sid,
        app=app,
        request_identifier=lambda: request.endpoint or request.event["message"],
        storage_uri="memory://",
    )


@pytest.fixture(params=["def", "async def"])
def limited(app: Flask, limiter: Limiter, request: pytest.FixtureRequest) -> SocketIO:
    """Two events in an hour for each client."""
    socketio = SocketIO(app)

    @limiter.limit("2 per hour")
    def handle(text: str) -> str:
        return text

    async def handle_async(text: str) -> str:
        with limiter.limit("2 per hour"):
            return text

    socketio.on_event("say", handle if request.param == "def" else handle_async)
    return socketio


def say(client: SocketIOTestClient) -> object:
    return client.emit("say", "hello", callback=True)


def test_flask_limiter_limits_an_event(app: Flask, limited: SocketIO) -> None:
    first, second = limited.test_client(app), limited.test_client(app)
    assert [say(first), say(first), say(second)] == ["hello"] * 3
    with pytest.raises(RateLimitExceeded, match="2 per 1 hour"):
        say(first)
    assert say(second) == "hello"


def test_an_error_handler_tells_who_is_limited(app: Flask, limited: SocketIO) -> None:
    limited.on_error()(lambda error: {"error": error.description})
    client = limited.test_client(app)
    assert [say(client), say(client), say(client)] == ["hello", "hello", {"error": "2 per 1 hour"}]
