"""The server as a process that is started, stopped, killed and looked at."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0

#: Seconds that it has to start, on a machine with much else to do.
STARTING = 60.0

#: How many rooms the server publishes to.
ROOMS = 10

#: What is to be as it was when all is over.
HOLDINGS = ("connections", "sockets", "sessions", "tasks", "descriptors")


class Server:
    """`app.py`, with these options for `SocketIO`; always on the same port.

    Args:
        log: where its output goes.
        host: its address.
        within: the command that starts its own, where it is to run in other surroundings.
        **options: of `SocketIO`.

    Attributes:
        address: where it listens.
        journal: the file in which it notes what it emits.
        rate: how many messages a second it was last asked to publish.
    """

    def __init__(self, log: Path, *, host: str = "127.0.0.1", within: Sequence[str] = (), **options: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.address: tuple[str, int] = (host, probe.getsockname()[1])
        self._log = log
        self.journal = log.with_suffix(".journal")
        self.journal.unlink(missing_ok=True)
        settings = {"host": host, "port": self.address[1], "journal": str(self.journal), "socketio": options}
        self._command = [*within, sys.executable, "-m", "tools.faults.app", json.dumps(settings)]
        self.rate = 0.0
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it, and return when it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(self.address, timeout=1).close()
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

    def errors(self) -> int:
        """How many exceptions have got as far as its log."""
        return self._log.read_text("utf-8", errors="replace").count("Traceback (most recent call last)")

    def forget_peak(self) -> None:
        """Let `peak` count from now on."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", "ascii")

    def memory(self) -> int:
        """Bytes of memory that it holds."""
        return self._memory("VmRSS")

    def peak(self) -> int:
        """Bytes of memory that it held at the most."""
        return self._memory("VmHWM")

    def _memory(self, kind: str) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(kind))

    def ask(self, path: str, method: str = "GET") -> Any:
        """Its answer to a request: JSON, or None."""
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request(method, path)
            body = connection.getresponse().read()
        finally:
            connection.close()
        return json.loads(body) if body else None

    def publish(self, rate: float, *, rooms: int = ROOMS, size: int = 0) -> None:
        """Let it emit to one room after the other, so many messages a second, with texts of so many characters."""
        self.rate = rate
        self.ask(f"/publish/{rate:.1f}?rooms={rooms}&size={size}", "POST")

    def state(self) -> dict[str, int]:
        """What it holds when garbage is collected; see `app.state`."""
        found: dict[str, int] = self.ask("/state?collect")
        return found

    def when(self, condition: Callable[[dict[str, int]], bool], patience: float) -> dict[str, int]:
        """What it holds as soon as that is so, or when the seconds are over."""
        deadline = time.monotonic() + patience
        while True:
            state: dict[str, int] = self.ask("/state")
            if condition(state) or time.monotonic() > deadline:
                return state
            time.sleep(0.1)

    def settled(self, before: dict[str, int], patience: float, *more: str) -> dict[str, tuple[int, int]]:
        """What it holds more than before, then and now, in spite of the seconds it had to let go of it.

        It keeps the threads of its pool, which grows as it is needed; who has filled that names `threads`, too.
        """
        deadline = time.monotonic() + patience
        while True:
            now = self.state()
            left = {name: (before[name], now[name]) for name in (*HOLDINGS, *more) if now[name] > before[name]}
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.2)
