"""What holds for every test."""

from __future__ import annotations

import signal

import pytest
from flask import Flask
from hypothesis import settings

from flask_socketio import SocketIO

pytest_plugins = ["tests.hosts_table"]

# The same examples in every run, so that a failure is the change's and not the day's; no deadline on busy machines.
settings.register_profile("project", derandomize=True, deadline=None, database=None)
settings.load_profile("project")

# A background job of a shell ignores Ctrl-C, and so would servers that tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def app() -> Flask:
    """An app with nothing but sessions."""
    app = Flask("app")
    app.secret_key = "secret"
    return app


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    """The Socket.IO of the app."""
    return SocketIO(app)
