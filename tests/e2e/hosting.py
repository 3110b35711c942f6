"""The app of tests/apps/hosting.py under the servers of others."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.e2e.clients import PATIENCE, Client
from tests.e2e.programs import Program, free_port

APP = "tests.apps.hosting:app"
ASGI_APP = "tests.apps.hosting:socketio.asgi_app"
#: The same, for servers that take nothing but the name of a module's attribute.
ASGI = "tests.apps.hosting:asgi"

OUR_WORKER = "gunicorn -k flask_socketio.gunicorn.Worker"
#: The workers of gunicorn that serve WSGI apps, each with its arguments.
WORKERS = {
    "gunicorn -k sync": ("-k", "sync"),
    "gunicorn -k gthread": ("-k", "gthread", "--threads", "4"),
    OUR_WORKER: ("-k", "flask_socketio.gunicorn.Worker"),
}


class Server(Program):
    """A server that ends its workers itself.

    gunicorn's gthread worker may lock up when a signal comes from the terminal and one from its master right after it.
    """

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        try:
            if self._process is not None:
                self._process.send_signal(how)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(PATIENCE)
        finally:  # also when the test's clock ends the waiting
            seconds = super().stop(signal.SIGKILL)
        return seconds


def hosting(*command: str, **options: Any) -> Program:
    """A server for the app, with the options of `SocketIO`."""
    return Server("-m", *command, environment={"SOCKETIO_OPTIONS": json.dumps(options)})


def flask(*arguments: str, **options: Any) -> Program:
    """`flask run`, or another command of it."""
    return hosting("flask", "--app", "tests.apps.hosting", *arguments, "--port", "0", **options)


def gunicorn(*arguments: str, app: str = APP, bind: str = "127.0.0.1:0", **options: Any) -> Program:
    return hosting("gunicorn", "--no-control-socket", "--bind", bind, *arguments, app, **options)


def uwsgi(*arguments: str, app: str = APP, **environment: str) -> Program:
    address = f"127.0.0.1:{free_port()}"
    tell = f"--hook-accepting1-once=print:Running on http://{address}"
    start = "import sys, pyuwsgi; pyuwsgi.run(sys.argv[1:])"
    command = ("-c", start, "--master", "--http-socket", address, tell, "--module", app, *arguments)
    return Server(*command, environment=environment)


class Granian(Server):
    """A server that tells its address before it listens there."""

    def __init__(self, app: str = ASGI, *arguments: str, **environment: str) -> None:
        command = ("-m", "granian", "--interface", "asgi", "--port", str(free_port()), *arguments, app)
        super().__init__(*command, environment=environment)

    def start(self) -> None:
        super().start()
        while True:  # the time-out of the test ends what never listens
            with suppress(ConnectionRefusedError):
                self.ask("/")
                return
            time.sleep(0.01)


def talk(server: Program, client: Client) -> None:
    """Events go both ways, also while the client changes its transport, until it leaves."""
    assert client.ask("echo", "hello", 1, b"\x00\xff", {"deep": [b"x"]}) == ["hello", 1, b"\x00\xff", {"deep": [b"x"]}]
    client.wait_for_transport()
    assert client.ask("echo on the loop", "again") == ["again"]
    assert server.ask("/news/today", "POST").body == "emitted"
    client.expect_event("news", "today")
    client.disconnect()
    client.expect_disconnect("io client disconnect")
    server.expect(client.sid, "client disconnect")


def opens_a_websocket(path: Path) -> None:
    """See that a server at a Unix socket takes a client."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        client.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        answer = b""
        while b'"sid"' not in answer:
            answer += client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 ")


def stop_and_tell(server: Program, clients: list[Client], how: signal.Signals, status: int = 0) -> None:
    """End the server by a signal: clients and handlers are told, and it ends well, with this exit status.

    A poll that is on its way while the server stops listening meets a closed door, which the client calls an error.
    And gunicorn's gthread worker locks up if SIGINT or SIGQUIT comes while it passes a connection to a thread, which it
    does even with one that is only closed: so it is left to the server to close the last one.
    """
    for client in clients:
        client.wait_for_transport()
        client.expect_silence()
    assert server.ask("/", Connection="close").status == 200
    server.send_signal(how)
    for client in clients:
        client.expect_disconnect("transport close")
        server.expect(client.sid, "server shutting down")
    assert server.wait() == status
