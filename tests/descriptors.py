"""Which sockets this process has open."""

from __future__ import annotations

import contextlib
import os
import socket


def descriptors() -> set[str]:
    """The number and the name of each, so that a test sees what was opened and not closed again.

    A mere count would also change when something of an earlier test is closed: loops of clients that were left to the
    garbage collector end in threads of their own, at any moment.
    """
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # it was closed meanwhile, as that of the listing itself
            found.add(_descriptor(int(number)))
    return {each for each in found if "socket:" in each}


def descriptor(connection: socket.socket) -> str:
    """What `descriptors` calls this one."""
    return _descriptor(connection.fileno())


def _descriptor(number: int) -> str:
    return f"{number} {os.readlink(f'/proc/self/fd/{number}')}"
