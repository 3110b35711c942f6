"""The machine that the figures come from: its cores, its limits, its name."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OTHER_FILES = 200  # the most that a server or the load opens beside its connections


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


def most_connections() -> int:
    """How many connections a process may have: each is an open file.

    The limit is raised as far as it goes without rights of its own, here and for all that is started.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - OTHER_FILES


def too_few_files() -> str:
    """What to tell who wants more of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        f"A process may open {hard:,} files here, and a client is one: raise the hard limit "
        "(`ulimit -Hn` as root, LimitNOFILE of systemd, nofile in limits.conf)."
    )


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
