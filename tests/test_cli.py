"""`flask socketio run`, as a command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificate import CERTIFICATE
from tests.e2e.hosting import flask
from tests.e2e.programs import Program


@pytest.fixture(params=[[], ["--debug"], ["--reload", "--no-debugger"]], ids=" ".join)
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    server = flask("socketio", "run", *request.param)
    server.start()
    yield server
    server.stop()


def test_the_app_is_served(server: Program) -> None:
    assert server.ask("/").status == 200
    assert server.ask("/socket.io/?EIO=4&transport=polling").body.startswith('0{"sid":')


def test_with_a_certificate() -> None:
    server = flask("socketio", "run", "--cert", str(CERTIFICATE))
    server.start()
    try:
        assert server.url.startswith("https:")
        assert server.ask("/").status == 200
    finally:
        server.stop()


def test_an_app_without_socketio_is_no_app_for_it(tmp_path: Path) -> None:
    program = tmp_path / "bare.py"
    program.write_text("from flask import Flask\napp = Flask('bare')\n")
    command = [sys.executable, "-m", "flask", "--app", str(program), "socketio", "run"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "the app 'bare' has no SocketIO: add `socketio = SocketIO(app)`" in ended.stderr
