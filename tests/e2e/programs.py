"""Servers as the tests see them: programs of their own, from tests/apps, that are started, killed and watched."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakSet

from tests.certificate import CERTIFICATE
from tests.e2e.clients import PATIENCE

ROOT: Final = Path(__file__).parents[2]

#: Seconds that a stop may take, however busy the machine is.
SOON: Final = 5.0

#: How servers say where they listen: ours, Werkzeug, uvicorn and hypercorn, gunicorn and granian, waitress.
_ADDRESS: Final = re.compile(r"(?:[Rr]unning on|Listening at:|Serving on) ((?:https?://|unix:)[^\s\"]+)")


class Answer(NamedTuple):
    """An answer to an HTTP request."""

    status: int
    headers: http.client.HTTPMessage
    body: str


#: All there are, so that a test that fails can show what they printed.
PROGRAMS: WeakSet[Program] = WeakSet()


class Program:
    """A program that prints an address and what it has to tell.

    Args:
        *command: what Python is to run.
        environment: variables for it, besides those of the test.

    Attributes:
        url: where it serves, once it is started.
        output: all it printed, line by line.
    """

    def __init__(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        self.url = ""
        self.output: list[str] = []
        self._command = command
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._seen = 0
        PROGRAMS.add(self)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._told: defaultdict[str, queue.SimpleQueue[list[Any]]] = defaultdict(queue.SimpleQueue)

    def start(self) -> None:
        """Start it, and return when it says where it listens."""
        self.url = ""
        self._listens = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, *self._command],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=[self._process])
        self._reader.start()
        try:
            assert self._listens.wait(PATIENCE) and self.url, "".join(self.output)
        except BaseException:  # of the test's clock, too: who could not start it does not stop it either
            self.stop(signal.SIGKILL)
            raise

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        """End it, and its children, by a signal: Ctrl-C unless another is given.

        Returns the seconds it took. If it has been stopped before, this does nothing.
        """
        if self._process is None:
            return 0.0
        process, self._process = self._process, None
        began = time.monotonic()
        try:
            _signal_group(process, how)
            process.wait(PATIENCE)
            return time.monotonic() - began
        finally:
            _signal_group(process, signal.SIGKILL)
            process.wait()
            self._reader.join()

    def wait(self) -> int:
        """Its exit status, when it has ended by itself."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def send_signal(self, signum: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(signum)

    def expect(self, about: str, *facts: Any) -> list[Any]:
        """What the app tells next about something, which has to begin like this; returns it whole."""
        told = self._told[about].get(timeout=PATIENCE)
        assert told[: len(facts)] == list(facts), f"told {told}, expected {list(facts)}"
        return told

    def told_nothing(self, about: str) -> bool:
        return self._told[about].empty()

    def expect_line(self, *texts: str) -> None:
        """Return when lines have been printed that contain these texts, after what was expected before.

        Several may come in any order, as those of several processes do.
        """
        missing = list(texts)
        while missing:
            line = self._lines.get(timeout=PATIENCE)
            missing = [text for text in missing if text not in line]

    def news(self) -> str:
        """What it has printed since this was asked last."""
        begin, self._seen = self._seen, len(self.output)
        return "".join(self.output[begin : self._seen])

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One HTTP request. Underscores in the names of headers are hyphens."""
        connection = self.open_connection()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def open_connection(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url)
        assert address.hostname is not None
        if address.scheme == "http":
            return http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        trust = ssl.create_default_context(cafile=str(CERTIFICATE))
        return http.client.HTTPSConnection(address.hostname, address.port, timeout=PATIENCE, context=trust)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if line.startswith('["told", '):
                    _, about, *facts = json.loads(line)
                    self._told[about].put(facts)
                    continue
                self.output.append(line)
                self._lines.put(line)
                address = _ADDRESS.search(line)
                if address:
                    self.url = address[1]
                    self._listens.set()
        self._listens.set()


class App(Program):
    """An app of tests/apps/e2e.

    Args:
        name: the module.
        run: arguments for `SocketIO.run`.
        **options: of `SocketIO`.
    """

    def __init__(self, name: str, *, run: Mapping[str, Any] | None = None, **options: Any) -> None:
        arguments = {"socketio": options, "run": dict(run or {})}
        super().__init__("-m", f"tests.apps.e2e.{name}", json.dumps(arguments))


def _signal_group(process: subprocess.Popen[str], signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may be gone, with all its children
        os.killpg(process.pid, signum)


def free_port() -> int:
    """A port nobody listens on, outside the range from which outgoing connections take theirs.

    So it stays free while the server that had it is stopped and started again.
    """
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
