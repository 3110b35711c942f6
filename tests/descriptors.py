"""How many files and sockets this process has open."""

from __future__ import annotations

import gc
import os


def descriptors() -> int:
    """Count them, without what earlier tests left to the garbage collector: it would close that at any moment."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
