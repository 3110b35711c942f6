"""How many connections a process may have."""

from __future__ import annotations

import resource


def many_descriptors() -> int:
    """Let this process have as many descriptors as its user may give it; how many these are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
