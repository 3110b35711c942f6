"""Runs the tests on each Python and each Flask that the package is for, one combination after the other.

    python -m tools.matrix                                     # all of them: `make test-matrix`
    python -m tools.matrix 3.12 3.10-minimum                   # those of one Python, and a single one
    python -m tools.matrix 3.10-minimum -- tests/protocol -x   # with arguments for pytest

A file beside this one holds the versions of a combination that are not simply the newest. The package is installed
as users have it, from a wheel. Environments are kept, and brought up to date each time, in $MATRIX_CACHE, or in
`flask-socketio-matrix` in the user's cache folder. Left out are tests for which the versions make no difference: pages
in Chromium, type checkers, the benchmark.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "matrix"
LEFT_OUT = [f"--ignore=tests/{folder}" for folder in ("bench", "examples", "typing")]

#: Of one combination, how many tests that failed are named.
SHOWN = 20

# Seconds that one combination may take: to be installed, to run, and to end when it has taken too long.
INSTALLING = 600
RUNNING = 1800
ENDING = 60


class NotRun(Exception):
    """A combination came to no result."""


@dataclass(frozen=True)
class Combination:
    """A Python, and the versions of what is installed on it."""

    python: str
    pins: str = "newest"

    def __str__(self) -> str:
        return f"{self.python}-{self.pins}"

    @property
    def constraints(self) -> Path:
        """The file with versions. There is none for the newest."""
        return Path(__file__).resolve().with_name(f"{self.pins}.txt")


COMBINATIONS = [
    Combination("3.10"),
    Combination("3.11"),
    Combination("3.12"),
    Combination("3.13"),
    Combination("3.10", "minimum"),
    Combination("3.11", "flask-2.3"),
    Combination("3.11", "flask-3.0"),
    Combination("3.11", "flask-3.1"),
]


@dataclass(frozen=True)
class Result:
    """How the tests went with one combination."""

    flask: str
    werkzeug: str
    passed: int
    failed: list[str]
    seconds: float


def main() -> None:
    """Run what the command line asks for, and tell how it went. The exit status is 1 unless all tests passed."""
    wanted, arguments = sys.argv[1:], LEFT_OUT
    if "--" in wanted:
        at = wanted.index("--")
        wanted, arguments = wanted[:at], wanted[at + 1 :]
    unknown = set(wanted) - {name for each in COMBINATIONS for name in (each.python, str(each))}
    if unknown:
        sys.exit(f"tools/matrix: no {', '.join(unknown)}, but {', '.join(map(str, COMBINATIONS))}")
    LOGS.mkdir(parents=True, exist_ok=True)
    results = {}
    for combination in COMBINATIONS:
        if wanted and not {combination.python, str(combination)} & set(wanted):
            continue
        interpreter = find_python(combination.python)
        if interpreter is None:
            print(f"{combination}: there is no Python {combination.python} here", flush=True)
        else:
            results[combination] = result_of(combination, interpreter, arguments)
    print_table(results)
    sys.exit(not results or any(isinstance(result, NotRun) or bool(result.failed) for result in results.values()))


def result_of(combination: Combination, interpreter: str, arguments: list[str]) -> Result | NotRun:
    """Run the tests with one combination."""
    log = LOGS / f"{combination}.txt"
    print(f"{combination}: {log}", flush=True)
    try:
        with log.open("w") as output:
            environment = install(combination, interpreter, output.fileno())
            return run(combination, environment, arguments, output.fileno())
    except NotRun as reason:
        return reason


def find_python(version: str) -> str | None:
    """An interpreter that runs: the one in the path, or one that pyenv or asdf has."""
    home = Path.home()
    installed = [
        path
        for folder in (home / ".pyenv/versions", home / ".asdf/installs/python")
        for path in sorted(folder.glob(f"{version}*/bin/python{version}"), reverse=True)
    ]
    for candidate in [shutil.which(f"python{version}"), *map(str, installed)]:
        if candidate and is_usable(candidate):
            return candidate
    return None


def is_usable(interpreter: str) -> bool:
    """Whether it makes environments. pyenv has commands that run nothing, Debian leaves ensurepip out."""
    command = [interpreter, "-c", "import venv, ensurepip"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def install(combination: Combination, interpreter: str, output: int) -> Path:
    """Make the environment, or bring it up to date; returns its interpreter."""
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("MATRIX_CACHE") or users / "flask-socketio-matrix") / str(combination)
    python = folder / "bin" / "python"
    pins = ["--constraint", str(combination.constraints)] if combination.constraints.exists() else []
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    newest = ["--upgrade", "--upgrade-strategy=eager", "--quiet", "--quiet"]
    for command in (
        [interpreter, "-m", "venv", str(folder)],
        [*pip, "install", *newest, *pins, f"{ROOT}[matrix]"],
        [*pip, "check"],
    ):
        if finish(command, output, INSTALLING):
            raise NotRun(f"{' '.join(command)} failed")
    return python


def run(combination: Combination, python: Path, arguments: list[str], output: int) -> Result:
    """Run the tests."""
    report = LOGS / f"{combination}.xml"
    report.unlink(missing_ok=True)
    versions = "from importlib.metadata import version; print(version('flask'), version('werkzeug'))"
    flask, werkzeug = subprocess.check_output([str(python), "-c", versions], text=True).split()
    began = time.monotonic()
    pytest = [str(python), "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}"]
    status = finish([*pytest, *arguments], output, RUNNING)
    if not report.exists():
        raise NotRun("pytest did not come to its end")
    cases = ElementTree.parse(report).getroot().findall(".//testcase")
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    passed = sum(case not in failed and case.find("skipped") is None for case in cases)
    if status and not failed:
        raise NotRun(f"pytest ended with status {status}")
    names = [f"{case.get('classname')}::{case.get('name')}" for case in failed]
    return Result(flask, werkzeug, passed, names, time.monotonic() - began)


def finish(command: list[str], output: int, seconds: float) -> int:
    """The status of a command that ends in this time. What it started ends with it."""
    with subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotRun(f"{' '.join(command)} took more than {seconds:.0f} s") from None
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command as Ctrl-C does, so that it ends the servers that it has started; at last by force."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def print_table(results: dict[Combination, Result | NotRun]) -> None:
    """The tests that failed, and a line for each combination."""
    for combination, result in results.items():
        names = result.failed if isinstance(result, Result) else []
        for name in names[:SHOWN]:
            print(f"{combination}: FAILED {name}")
        if len(names) > SHOWN:
            print(f"{combination}: and {len(names) - SHOWN} more")
    print(f"\n{'':16}{'Flask':>8}{'Werkzeug':>10}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for combination, result in results.items():
        if isinstance(result, Result):
            counts = f"{result.passed:>8}{len(result.failed):>8}{result.seconds:>9.0f}"
            print(f"{combination!s:16}{result.flask:>8}{result.werkzeug:>10}{counts}")
        else:
            print(f"{combination!s:16}  {result}")


if __name__ == "__main__":
    main()
