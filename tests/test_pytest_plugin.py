"""The fixtures for users' test suites, in a test suite as users write it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

SUITE = """
import threading

import pytest
from flask import Flask
from flask_socketio import SocketIO, emit

gone = []

@pytest.fixture
def app():
    app = Flask("app")
    socketio = SocketIO(app)
    socketio.on_event("say", lambda *words: emit("said", words, broadcast=True))
    socketio.on_event("disconnect", gone.append)
    return app

def test_one_client(socketio_client):
    socketio_client.emit("say", "hello")
    assert socketio_client.receive()["args"] == ["hello"]

def test_several_clients(socketio_connect):
    a, b = socketio_connect(), socketio_connect("/", query_string="a=1")
    a.emit("say", 1, 2)
    assert b.wait_for("said")["args"] == [1, 2]

def test_nothing_is_left():
    assert gone == ["transport close"] * 3
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    for thread in others:
        thread.join(10)
    assert not any(thread.is_alive() for thread in others)
"""


def test_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    plugin = [] if installed() else ["-p", "flask_socketio.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugin, "."]
    ended = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


def installed() -> bool:
    """Whether pytest finds the plugin by itself: not where the package was installed before it had one."""
    return any(point.value == "flask_socketio.pytest_plugin" for point in entry_points(group="pytest11"))
