"""Starts one server, waits until it answers, and ends it with everything that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.machine import pinned_to

START_TIMEOUT = 20.0
STOP_TIMEOUT = 3.0


@dataclass(frozen=True)
class Server:
    """A server that runs: `pid` leads the session of all its processes."""

    pid: int
    port: int


class ServerFailed(Exception):
    """A server ended, or did not answer in time; the text tells where its output is, and how it ends."""


@contextmanager
def serving(command: list[str], variables: dict[str, str], *, core: int, log: Path) -> Iterator[Server]:
    """Run `command` with `--port N` on one core, its output in `log`, for as long as the block lasts.

    Raises:
        ServerFailed: nothing listened within START_TIMEOUT seconds.
    """
    port = _free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, pinned_to(core):
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(process, port, log)
        yield Server(process.pid, port)
    finally:
        _end(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    state = "did not listen" if process.poll() is None else f"ended with status {process.returncode}"
    *_, last = ["(nothing)", *log.read_text(errors="replace").strip().splitlines()]
    raise ServerFailed(f"it {state}; the last line of {log} is: {last}")


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal_session(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    _signal_session(process, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + STOP_TIMEOUT
    while _signal_session(process, signal.SIGKILL) and time.monotonic() < deadline:
        time.sleep(0.01)  # its children are no children of ours, so nobody tells when they have ended


def _signal_session(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Whether there was anybody to get the signal."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True
