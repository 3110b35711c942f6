"""`flask socketio run`, as a command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flask_socketio.cli import cli
from tests.certificate import CERTIFICATE
from tests.e2e.hosting import flask
from tests.e2e.programs import Program
from tests.e2e.reloading import Source


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


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--key", str(CERTIFICATE)], "Invalid value for --key: it goes with a --cert that is a file"),
        (
            ["--cert", "adhoc", "--key", str(CERTIFICATE)],
            "Invalid value for --key: it goes with a --cert that is a file",
        ),
        (["--cert", "nowhere.pem"], "'nowhere.pem' does not exist"),
        (["--cert", str(CERTIFICATE), "--key", "nowhere.pem"], "'nowhere.pem' does not exist"),
        (["--cert", __file__], f"Invalid value for --cert: {__file__}: "),
        (["--cert", str(CERTIFICATE), "--key", __file__], f"Invalid value for --cert: {CERTIFICATE} and {__file__}: "),
    ],
)
def test_wrong_certificates_are_wrong_usage(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(cli, ["run", *arguments])
    assert result.exit_code == 2
    assert complaint in result.output.splitlines()[-1]


def test_an_app_that_is_broken_while_it_is_served_comes_back_when_it_is_mended(tmp_path: Path) -> None:
    source = Source(tmp_path)
    server = Program("-m", "flask", "--app", str(source.path), "socketio", "run", "--debug", "--port", "0")
    server.start()
    try:
        for broken, error in (("import nowhere_at_all", "ModuleNotFoundError"), ("this is no Python", "SyntaxError")):
            source.write_text(broken)
            server.expect_line(error)
            for path in ("/", "/socket.io/?EIO=4&transport=polling"):
                answer = server.ask(path)
                assert answer.status == 500
                assert error in answer.body
        source.write(2)
        server.expect_line("Restarting")
        while server.ask("/socket.io/?EIO=4&transport=polling").status != 200:
            pass
    finally:
        server.stop()
