"""What /proc says about a server, its CPU time and its memory, and about how the load got on.

A server is started as the leader of a session of its own (server.py), and a session holds all descendants, those
whose parent has gone too. So its processes are found by their session.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

# Positions in /proc/<pid>/stat, counted after the command's name, which may hold anything and ends with the last ")".
SESSION = 3
UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME = 11, 12, 13, 14


def cpu_seconds(leader: int) -> float:
    """CPU time that the session's processes used so far, with that of their ended children; user and system."""
    ticks = sum(int(stat[field]) for stat in _stats(leader) for field in range(UTIME, CHILDREN_STIME + 1))
    return ticks / TICKS_PER_SECOND


def resident_bytes(leader: int) -> int:
    """Memory that the session's processes hold in RAM now."""
    resident_pages = 21
    return sum(int(stat[resident_pages]) for stat in _stats(leader)) * PAGE_BYTES


def waited_seconds() -> float:
    """How long the calling process wanted to run and could not, because another one had its core."""
    _, waited_ns, _ = Path("/proc/self/schedstat").read_text().split()
    return int(waited_ns) / 1e9


def _stats(leader: int) -> Iterator[list[str]]:
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            stat = (process / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if int(stat[SESSION]) == leader:
            yield stat
