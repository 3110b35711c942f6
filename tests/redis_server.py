"""A real Redis for a test, which can be stopped, started again and made to hang."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path

import redis

from tests.e2e.programs import free_port

#: Seconds that a test waits for Redis.
SOON = 20


class RedisServer:
    """Debian's redis-server on a free port of this machine, keeping nothing. It is running once this is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)
        self.start()

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(SOON, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        ready = any("Ready to accept connections" in line for line in self._process.stdout)
        watchdog.cancel()
        assert ready, f"redis-server ended with {self._process.wait()}"

    def stop(self) -> None:
        """End it; its clients see their connections close."""
        self.client.close()
        self.resume()
        self._process.terminate()
        self._process.communicate(timeout=SOON)

    def hang(self) -> None:
        """Let it do nothing, with all connections open."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `hang`."""
        self._process.send_signal(signal.SIGCONT)

    def listeners(self, channel: str) -> int:
        """How many connections are subscribed to a channel."""
        count: int = self.client.pubsub_numsub(channel)[0][1]
        return count

    def wait_for_listeners(self, channel: str, count: int) -> None:
        """Return when so many are subscribed; the time-out of the test ends what never is."""
        while self.listeners(channel) < count:
            time.sleep(0.01)

    def times_called(self, command: str) -> int:
        """How often clients have sent a command."""
        statistics: dict[str, dict[str, int]] = self.client.info("commandstats")
        return statistics.get(f"cmdstat_{command}", {"calls": 0})["calls"]
