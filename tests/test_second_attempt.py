"""Who gets a second attempt (conftest.py), and how long it may take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

SUITE = """
import time
import pytest

attempts = []

def test_late():
    attempts.append(1)
    assert len(attempts) == 2, "it was late"

@pytest.mark.timeout(0.2)
def test_that_hangs():
    time.sleep(60)
"""


def test_tests_of_programs_run_twice_if_they_fail_each_time_by_the_clock(tmp_path: Path) -> None:
    for folder in ("e2e", "hub"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "--rerun-show-tracebacks", "tests"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert "3 failed, 1 passed, 2 rerun" in ended.stdout, ended.stdout + ended.stderr
    again = ended.stdout.partition("rerun test summary info")[2]
    assert "RERUN tests/e2e/test_e2e.py::test_late" in again and "it was late" in again
    assert "RERUN tests/hub" not in again
