"""The machine that the figures come from: its cores, its limits, its name."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def two_cores() -> tuple[int, int]:
    """One core for the server and another for the load.

    Raises:
        SystemExit: only one core is to be had; on a shared one neither side could be told from the other.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("bench: needs two cores, one for the server and one for the load; this process may use one")
    return cores[0], cores[1]


@contextmanager
def pinned_to(core: int) -> Iterator[None]:
    """Processes started inside stay on `core`: a child inherits where its parent may run."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_files() -> None:
    """Raise the limit of open files as far as it goes, here and for all that is started: a client is a file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def describe() -> dict[str, str]:
    """What a reader of the figures needs to know of the machine."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
