"""The server in a process of somebody else's WSGI server: when it begins, and what it says then."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_socketio import SocketIO
from flask_socketio.exceptions import MessageQueueError
from tests.buses import Channel, MemoryBus

#: Asks the app for a page, as a WSGI server does.
Get = Callable[..., TestResponse]

MakeApp = Callable[..., Get]


class AwayBus(MemoryBus):
    """A bus that takes only what can wait."""

    def publish_now(self, body: bytes) -> None:
        raise MessageQueueError("away")


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def make_app(channel: Channel) -> Iterator[MakeApp]:
    made: list[SocketIO] = []

    def make_app(**options: Any) -> Get:
        app = Flask("app")
        app.testing = True
        socketio = SocketIO(app, message_queue="redis://127.0.0.1:1/0", **options)
        socketio.server_options["client_manager"].bus = AwayBus(channel)
        made.append(socketio)

        @app.get("/emit")
        def emit() -> str:
            socketio.emit("news")
            return "emitted"

        def get(path: str, **environ: Any) -> TestResponse:
            answer = app.test_client().get(path, environ_overrides={"SERVER_SOFTWARE": "a server", **environ})
            socketio.running_server.ask(int)  # what was posted to the loop is done
            return answer

        return get

    yield make_app
    for socketio in made:
        if socketio.running_server.running:
            socketio.running_server.background.leave_and_wait()


def test_routes_never_wait_for_the_message_queue_even_before_the_first_client(
    make_app: MakeApp, channel: Channel
) -> None:
    assert make_app()("/emit").text == "emitted"
    assert b'"news"' in channel.said[0]


def test_a_test_client_of_flask_is_no_server(make_app: MakeApp) -> None:
    with pytest.raises(MessageQueueError):
        make_app()("/emit", SERVER_SOFTWARE="")


def test_who_only_translates_does_not_know_of_several_processes(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    """As uvicorn --interface wsgi: it gives itself no name."""
    get = make_app()
    with caplog.at_level(logging.WARNING, "flask_socketio"):
        get("/socket.io/?EIO=4&transport=polling", SERVER_SOFTWARE="", **{"wsgi.multiprocess": True})
    assert not any("several worker processes" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    ("name", "how"), [("a server", "Run one, which"), ("gunicorn/27", "or with -k flask_socketio")]
)
def test_gunicorn_alone_is_told_of_a_worker_for_gunicorn(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, name: str, how: str
) -> None:
    get = make_app()
    with caplog.at_level(logging.WARNING, "flask_socketio"):
        get("/emit", SERVER_SOFTWARE=name, **{"wsgi.multiprocess": True})
    assert how in caplog.text


@pytest.mark.parametrize(
    ("transports", "warnings"), [(["polling", "websocket"], 1), (["polling"], 1), (["websocket"], 0)]
)
def test_of_several_processes_is_warned_where_clients_poll(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, transports: list[str], warnings: int
) -> None:
    get = make_app(transports=transports)
    with caplog.at_level(logging.WARNING, "flask_socketio"):
        for _ in range(2):
            get("/emit", **{"wsgi.multiprocess": True})
    assert sum("several worker processes" in record.message for record in caplog.records) == warnings


def test_a_loop_that_checks_who_calls_it_finds_nothing_wrong(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    assert make_app()("/emit").text == "emitted"


def test_the_process_exits_in_silence_where_the_loop_has_ended_before() -> None:
    """As where a test had the server in the background as well, and its loop ends in the same moment."""
    program = (
        "from flask import Flask\n"
        "from flask_socketio import SocketIO\n"
        "app = Flask('app')\n"
        "socketio = SocketIO(app)\n"
        "app.test_client().get('/socket.io/?EIO=4&transport=polling')\n"
        "socketio.running_server.background._exit()\n"
    )
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", program]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    complaints = [line for line in ended.stderr.splitlines() if "does not hand connections over" not in line]
    assert (ended.returncode, complaints) == (0, [])
