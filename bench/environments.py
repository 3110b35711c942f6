"""Where each peer runs: in this checkout, in a virtual environment, or beside a folder of npm packages.

Peers are installed by name into a cache outside the repository: $BENCH_CACHE, or `flask-socketio-bench` in the user's
cache folder. A folder's name holds a digest of what it was made from, so a changed requirement makes a new one, and a
stamp written last tells a whole install from one that broke off.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parent.parent
STAMP = "installed"


@dataclass(frozen=True)
class Runtime:
    """An interpreter ready to run a peer's app."""

    interpreter: str
    variables: dict[str, str]
    """The environment variables that it needs, beside those of this process."""
    versions: dict[str, str]


class Environment(Protocol):
    """A recipe for a Runtime."""

    def prepare(self) -> Runtime:
        """Install what is missing, and tell how to run it.

        Raises:
            InstallFailed: a package could not be had.
        """


class InstallFailed(Exception):
    """A peer could not be installed; the text holds what the installer said last."""


@dataclass(frozen=True)
class Checkout:
    """The interpreter that runs the benchmark, with the package of this checkout."""

    shown: tuple[str, ...]

    def prepare(self) -> Runtime:
        """Install nothing: the package is imported from `src`."""
        return Runtime(sys.executable, {"PYTHONPATH": str(ROOT / "src")}, _python_versions(self.shown, sys.path))


@dataclass(frozen=True)
class VirtualEnvironment:
    """A virtual environment of its own, made by the interpreter that runs the benchmark."""

    name: str
    requirements: tuple[str, ...]
    shown: tuple[str, ...]
    """The distributions whose versions the report names."""

    def prepare(self) -> Runtime:
        """Install with pip, unless a former run did."""
        folder = _installed(self.name, (sys.version, *self.requirements), self._install)
        return Runtime(
            str(folder / "bin/python"),
            {},
            _python_versions(self.shown, [str(path) for path in folder.glob("lib/python*/site-packages")]),
        )

    def _install(self, folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *self.requirements])


@dataclass(frozen=True)
class NodeModules:
    """A folder of npm packages, and what runs JavaScript with them: `node`, or a command of one of the packages."""

    name: str
    packages: tuple[str, ...]
    interpreter: str = "node"

    def prepare(self) -> Runtime:
        """Install with npm, unless a former run did."""
        modules = _installed(self.name, self.packages, self._install) / "node_modules"
        of_package = modules / ".bin" / self.interpreter
        interpreter = str(of_package) if of_package.exists() else self.interpreter
        versions = {
            name: _npm_version(modules, name) for name in (package.rpartition("@")[0] for package in self.packages)
        }
        versions[self.interpreter] = _run([interpreter, "--version"]).strip().removeprefix("v")
        return Runtime(interpreter, {"NODE_PATH": str(modules), "NODE_ENV": "production"}, versions)

    def _install(self, folder: Path) -> None:
        (folder / "package.json").write_text("{}")
        _run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *self.packages])


def commit() -> str:
    """Which state of this checkout is measured: the last commit, and whether files differ from it."""
    try:
        return _run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]).strip()
    except InstallFailed:  # no git, or an unpacked archive
        return "unknown"


def _cache() -> Path:
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("BENCH_CACHE") or users / "flask-socketio-bench")


def _installed(name: str, made_from: tuple[str, ...], install: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:8]
    folder = _cache() / f"{name}-{digest}"
    if not (folder / STAMP).exists():
        print(f"bench: installing {name} into {folder}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        (folder / STAMP).touch()
    return folder


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise InstallFailed(f"a peer needs the command {command[0]!r}, which is not there") from error
    if done.returncode:
        raise InstallFailed(f"{' '.join(command)}: {(done.stderr or done.stdout)[-500:].strip()}")
    return done.stdout


def _python_versions(names: Iterable[str], path: list[str]) -> dict[str, str]:
    wanted = {name.lower() for name in names}
    return {found.name: found.version for found in distributions(path=path) if found.name.lower() in wanted}


def _npm_version(modules: Path, package: str) -> str:
    return str(json.loads((modules / package / "package.json").read_text())["version"])
