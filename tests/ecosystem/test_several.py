"""Several `SocketIO` in one process: apps that know nothing of each other, and two on one app, at different paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from flask_socketio import SocketIO, disconnect, emit, join_room, request, rooms, send
from tests.memory import running


def write(socketio: SocketIO, name: str) -> None:
    """Handlers that use the functions of the package, which have to find out whose event this is."""

    @socketio.on("join")
    def join() -> list[str]:
        join_room("room")
        emit("joined", name, to="room")
        send(name, broadcast=True)
        return [name, current_app.name, *(room for room in rooms() if room != request.sid)]

    @socketio.on("leave")
    def leave() -> None:
        disconnect()


def test_two_apps() -> None:
    apps = [Flask("one"), Flask("two")]
    extensions = [SocketIO(app) for app in apps]
    for socketio, app in zip(extensions, apps, strict=True):
        write(socketio, f"of {app.name}")
    clients = [socketio.test_client(app) for socketio, app in zip(extensions, apps, strict=True)]
    for client, app in zip(clients, apps, strict=True):
        assert client.emit("join", callback=True) == [f"of {app.name}", app.name, "room"]
    for client, app in zip(clients, apps, strict=True):
        came = [(event["name"], event["args"]) for event in client.get_received()]
        assert came == [("joined", [f"of {app.name}"]), ("message", f"of {app.name}")]
    clients[0].emit("leave")
    assert [client.is_connected() for client in clients] == [False, True]
    with apps[1].app_context():
        emit("from a route", broadcast=True, namespace="/")
    assert [event["name"] for event in clients[1].get_received()] == ["from a route"]


def test_two_of_one_app() -> None:
    app = Flask("app")
    extensions = {path: SocketIO(app, path=path) for path in ("first", "second")}
    for path, socketio in extensions.items():
        write(socketio, path)
    clients = {path: socketio.test_client(app) for path, socketio in extensions.items()}
    for path, client in clients.items():
        assert client.emit("join", callback=True) == [path, "app", "room"]
    for path, client in clients.items():
        came = [(event["name"], event["args"]) for event in client.get_received()]
        assert came == [("joined", [path]), ("message", path)], "whatever app.extensions holds"
    with app.app_context():
        emit("of the last", broadcast=True, namespace="/")
    assert [len(client.get_received()) for client in clients.values()] == [0, 1]


def handshake(browser: FlaskClient | Client, path: str) -> bool:
    """Whether there is Socket.IO at a path; a session that has begun is ended, or the server would wait for it."""
    address = f"{path}?EIO=4&transport=polling"
    answer = browser.get(address)
    if not answer.text.startswith("0"):
        return False
    session = f"{address}&sid={json.loads(answer.text[1:])['sid']}"
    assert browser.post(session, data="1").status_code == 200
    assert browser.get(session).status_code == 200
    return True


@pytest.fixture
def app() -> Iterator[Flask]:
    """An app with two, both running."""
    app = Flask("app")
    app.add_url_rule("/", view_func=lambda: "index")
    with ExitStack() as stack:
        for path in ("first", "/deep/er/second/"):
            stack.enter_context(running(SocketIO(app, path=path)))
        yield app


def test_each_is_found_at_its_path_and_routes_beside_them(app: Flask) -> None:
    browser = app.test_client()
    assert handshake(browser, "/first/")
    assert handshake(browser, "/deep/er/second/")
    assert not handshake(browser, "/socket.io/")
    assert browser.get("/").text == "index"


def test_apps_below_prefixes(app: Flask) -> None:
    """Under Werkzeug's dispatcher each app has its Socket.IO below its own prefix."""
    other = Flask("other")
    with running(SocketIO(other)):
        browser = Client(DispatcherMiddleware(app, {"/other": other}))
        assert handshake(browser, "/first/")
        assert handshake(browser, "/other/socket.io/")
        assert not handshake(browser, "/socket.io/")
        assert not handshake(browser, "/other/first/")
