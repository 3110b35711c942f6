"""What users write type-checks, and what is wrong is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: What `make types` has found out about all that these files import, too: beginning anew takes mypy half a minute.
CACHE = HERE.parents[1] / ".mypy_cache"
PREAMBLE = "from flask_socketio import SocketIO, emit\nsocketio = SocketIO()\n"


def mypy(file: Path) -> str:
    """What mypy says of a file, strictly, and outside of this project's configuration."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-version=3.10"]
    command += [f"--cache-dir={CACHE}", "--no-error-summary", str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=110).stdout


@pytest.mark.timeout(120)
def test_what_users_write_type_checks() -> None:
    assert mypy(HERE / "user_code.py") == ""


@pytest.mark.timeout(120)
def test_what_users_write_type_checks_under_pyright(tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard", "pythonVersion": "3.10"}')
    (tmp_path / "user_code.py").write_text((HERE / "user_code.py").read_text())
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--project", str(tmp_path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.timeout(120)
def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    """One wrong line each, and the number of the line with what mypy says of it."""
    wrong = [
        ("socketio.on(1)", "arg-type"),
        ("socketio.emit()", "call-arg"),
        ("socketio.emit('ev', callback=1)", "arg-type"),
        ("socketio.emit('ev', nonsense=1)", "call-arg"),
        ("emit(b'ev')", "arg-type"),
        ("socketio.on_event('ev', 'no function')", "arg-type"),
        ("socketio.on_namespace('/ns')", "arg-type"),
    ]
    file = tmp_path / "wrong.py"
    file.write_text(PREAMBLE + "".join(line + "\n" for line, _ in wrong))
    complaints = [line for line in mypy(file).splitlines() if ": error:" in line]
    found = [(int(line.split(":")[1]) - 3, line[line.rindex("[") + 1 : -1]) for line in complaints]
    assert found == [(number, code) for number, (_, code) in enumerate(wrong)], "\n".join(complaints)
