"""The server as a process that is started, stopped, killed and looked at."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0

#: How many rooms the server publishes to.
ROOMS = 10


class Server:
    """`app.py`, with these options for `SocketIO`; always on the same port.

    Args:
        log: where its output goes.
        **options: of `SocketIO`.

    Attributes:
        port: where it listens.
        journal: the file in which it notes what it emits.
    """

    def __init__(self, log: Path, **options: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._log = log
        self.journal = log.with_suffix(".journal")
        self.journal.unlink(missing_ok=True)
        self._settings = json.dumps({"port": self.port, "journal": str(self.journal), "socketio": options})
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, and return when it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tools.faults.app", self._settings], cwd=ROOT, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the server did not start: see {self._log}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait until it has ended."""
        self._process.send_signal(how)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"the server did not end: see {self._log}") from None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def ask(self, path: str, method: str = "GET") -> Any:
        """Its answer to a request: JSON, or None."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path)
            body = connection.getresponse().read()
        finally:
            connection.close()
        return json.loads(body) if body else None

    def state(self) -> dict[str, int]:
        """What it holds; see `app.state`."""
        found: dict[str, int] = self.ask("/state?collect")
        return found
