from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench import procfs
from bench.server import ServerFailed, serving

LISTENER = """
import socket, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
server = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
print(child.pid, flush=True)
while True:
    server.accept()
"""


def test_a_server_is_measured_and_ended_with_its_children(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    core = min(os.sched_getaffinity(0))
    with serving([sys.executable, "-c", LISTENER], dict(os.environ), core=core, log=log) as server:
        child = int(log.read_text())
        assert os.sched_getaffinity(server.pid) == os.sched_getaffinity(child) == {core}
        assert procfs.cpu_seconds(server.pid) > 0
        assert procfs.resident_bytes(server.pid) > 2**20
    assert procfs.resident_bytes(server.pid) == 0
    assert os.sched_getaffinity(0) != {core} or os.cpu_count() == 1


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such module')"]
    with (
        pytest.raises(ServerFailed, match=r"ended with status 1; the last line of .* is: no such module"),
        serving(command, dict(os.environ), core=0, log=tmp_path / "server.log"),
    ):
        pass
