"""`socketio.run`: what it prints, the browser client it serves, the debugger and the reloader."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_socketio.hosts.native import listen
from tests.e2e.conftest import TRANSPORTS, Connect
from tests.e2e.hosting import flask, opens_a_websocket
from tests.e2e.programs import ROOT, SOON, App, Program
from tests.e2e.reloading import Source, comes_back
from tests.hosts_table import on_each

SERVER = App("connecting")


@pytest.fixture
def transports() -> list[str]:
    return TRANSPORTS["upgrade"]


def test_it_says_what_it_serves_and_where(server: Program) -> None:
    name, debug, address = server.output[:3]
    assert name.startswith(" * Serving Flask app 'e2e' with Flask-SocketIO 6.")
    assert debug == " * Debug mode: off\n"
    assert address == f" * Running on {server.url} (Press CTRL+C to quit)\n"


@pytest.mark.parametrize("debug", [False, True])
def test_a_port_in_use_is_told_in_one_sentence(server: Program, debug: bool) -> None:
    port = int(server.url.rpartition(":")[2])
    options = json.dumps({"run": {"port": port, "debug": debug}})
    command = [sys.executable, "-m", "tests.apps.e2e.connecting", options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"Cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Is another program using it? Try another port.\n"
    )


@pytest.mark.parametrize(
    "name", ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"]
)
def test_the_browser_client_is_served_once(server: Program, name: str) -> None:
    answer = server.ask(f"/socket.io/{name}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Socket.IO v4" in answer.body
    again = server.ask(f"/socket.io/{name}", if_none_match=answer.headers["ETag"])
    assert (again.status, again.body) == (304, "")
    assert again.headers["ETag"] == answer.headers["ETag"]
    head = server.ask(f"/socket.io/{name}", "HEAD")
    assert (head.status, head.body) == (200, "")
    assert server.ask(f"/socket.io/{name}.map").status == 200


def test_the_debugger_shows_exceptions_of_routes() -> None:
    server = App("flask_side", run={"debug": True, "use_reloader": False})
    server.start()
    try:
        answer = server.ask("/fail")
        assert answer.status == 500
        assert "LookupError: a secret of the route" in answer.body
        assert "__debugger__" in answer.body
        script = server.ask("/?__debugger__=yes&cmd=resource&f=debugger.js")
        assert script.status == 200
        server.expect_line('"GET /fail HTTP/1.1" 500')
    finally:
        server.stop()


@pytest.mark.shows("Unix socket")
@pytest.mark.parametrize("reloader", [False, True])
@pytest.mark.parametrize("command", on_each(["socketio.run(app)", "flask socketio run"]))
def test_a_unix_socket(tmp_path: Path, command: str, reloader: bool) -> None:
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))  # and left over
    host = f"unix://{path}"
    if command == "socketio.run(app)":
        server: Program = App("connecting", run={"host": host, "use_reloader": reloader})
    else:
        server = flask("socketio", "run", "--host", host, "--reload" if reloader else "--no-reload")
    server.start()
    try:
        assert server.url == host
        opens_a_websocket(path)
    finally:
        server.stop()
    assert not path.exists()


def test_a_unix_socket_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    file, taken = tmp_path / "file", tmp_path / "taken"
    file.touch()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(taken))
        other.listen()
        for path in (file, taken):
            with pytest.raises(SystemExit, match=f"Cannot listen at {path}: Address already in use"):
                listen(f"unix://{path}", 0)
            assert path.exists()


@pytest.mark.shows("reloader")
@pytest.mark.parametrize("command", on_each(["socketio.run(app)", "flask run", "flask socketio run"]))
def test_the_reloader_restarts_the_app_and_clients_come_back(
    serve: Callable[[Program], Connect], tmp_path: Path, command: str
) -> None:
    source = Source(tmp_path)
    if command == "socketio.run(app)":
        server = Program(str(source.path))
    else:
        program, *run = command.split()
        server = Program("-m", program, "--app", str(source.path), *run, "--debug", "--port", "0")
    client = serve(server)(reconnection=True, reconnectionDelay=10, reconnectionDelayMax=100)
    comes_back(client, source)
    assert sum("Running on" in line for line in server.output) == 1
    assert server.stop() < SOON
    client.expect_disconnect("transport close")
    assert not [line for line in server.output if line.startswith("Traceback")]
