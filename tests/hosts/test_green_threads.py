"""Green threads are found, and the way out is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.hosting import gunicorn
from tests.e2e.programs import Program

APP = """
from flask import Flask
from flask_socketio import SocketIO
SocketIO(Flask(__name__))
"""

PATCHED = f"from gevent import monkey\nmonkey.patch_all()\n{APP}app = None\n"


def run(tmp_path: Path, source: str) -> str:
    program = tmp_path / "program.py"
    program.write_text(source)
    return subprocess.run([sys.executable, program], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    ("library", "begin", "line"),
    [
        ("gevent", "from gevent import monkey", "monkey.patch_all()"),
        ("eventlet", "import eventlet", "eventlet.monkey_patch()"),
    ],
)
def test_the_line_that_patches_is_named(tmp_path: Path, library: str, begin: str, line: str) -> None:
    complaint = run(tmp_path, f"{begin}\n{line}  # early\n{APP}")
    assert f"RuntimeError: {library} has replaced Python's threads and sockets" in complaint
    assert f"{tmp_path / 'program.py'}:2: {line}" in complaint


def test_a_line_that_cannot_be_found_is_described(tmp_path: Path) -> None:
    complaint = run(tmp_path, "from gevent import monkey\ngetattr(monkey, 'patch_' + 'all')()\n" + APP)
    assert "Delete the call of monkey.patch_all()" in complaint


@pytest.mark.parametrize("module", ["gevent.monkey", "eventlet.patcher"])
def test_a_library_alone_does_no_harm(tmp_path: Path, module: str) -> None:
    assert "Error" not in run(tmp_path, f"import {module}\n{APP}")


def complaint(server: Program) -> str:
    server.start()
    assert server.wait() == 3
    server.stop()
    return "".join(server.output)


def test_a_green_worker_is_told_the_command_to_use() -> None:
    text = complaint(gunicorn("-k", "gevent", "--worker-connections=500", "-w", "1"))
    assert "Replace this command" in text
    command = "-k flask_socketio.gunicorn.Worker --no-control-socket --bind 127.0.0.1:0 -w 1 tests.apps.hosting:app"
    assert f"    gunicorn {command}\n" in text
    assert "Delete" not in text


@pytest.mark.parametrize("worker", ["gthread", "flask_socketio.gunicorn.Worker"])
def test_another_worker_is_told_the_line_that_patches_alone(tmp_path: Path, worker: str) -> None:
    (tmp_path / "program.py").write_text(PATCHED)
    text = complaint(gunicorn("-k", worker, "--chdir", str(tmp_path), app="program:app"))
    assert f"{tmp_path / 'program.py'}:2: monkey.patch_all()" in text
    assert "Replace this command" not in text


def test_a_green_worker_of_an_app_that_patches_is_told_both(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PATCHED)
    text = complaint(gunicorn("-k", "gevent", "--chdir", str(tmp_path), app="program:app"))
    assert f"{tmp_path / 'program.py'}:2: monkey.patch_all()" in text
    assert "    gunicorn -k flask_socketio.gunicorn.Worker " in text
