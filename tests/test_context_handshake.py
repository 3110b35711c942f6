"""What belongs to a connection, when several threads ask for it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import flask
import pytest
from flask import Flask, session

from flask_socketio import SocketIO
from tests.memory import SOON, running

NAMESPACES = ("/a", "/b")


@pytest.fixture
def app() -> Flask:
    app = Flask("the app")
    app.secret_key = "secret"
    return app


def test_namespaces_that_are_joined_at_once_share_the_handshake(app: Flask) -> None:
    """Flask's request for it, which is slow to make here, and the session."""
    together = threading.Barrier(len(NAMESPACES))

    class SlowRequest(flask.Request):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            with suppress(threading.BrokenBarrierError):
                together.wait(SOON)

    app.request_class = SlowRequest
    socketio = SocketIO(app)

    def join(namespace: str) -> Callable[[], None]:
        def connect() -> None:
            session[namespace] = "in"

        return connect

    for namespace in NAMESPACES:
        socketio.on_event("connect", join(namespace), namespace)
        socketio.on_event("look", lambda: sorted(session), namespace)
    with running(socketio) as server:
        client = server.client()
        for namespace in NAMESPACES:
            client.send(f"40{namespace},")
        assert sorted(str(client.next())[:4] for _ in NAMESPACES) == ["40/a", "40/b"]
        for namespace in NAMESPACES:
            client.send(f'42{namespace},1["look"]')
            assert client.next() == f'43{namespace},1[["/a","/b"]]'


@pytest.mark.parametrize("managed", [True, False])
def test_the_environ_does_not_grow_when_the_session_is_opened(app: Flask, managed: bool) -> None:
    """Another thread may be in the middle of a loop over it."""
    socketio = SocketIO(app, manage_session=managed)

    @socketio.on("look")
    def look() -> bool:
        keys = iter(flask.request.environ)
        session.get("user")
        return "HTTP_HOST" in keys

    with running(socketio) as server:
        client = server.joined()
        client.emit("look", ack=1)
        assert client.next() == "431[true]"
