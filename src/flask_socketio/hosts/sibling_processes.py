"""Processes that share one address: whether this one has such siblings, and which of them speaks for all."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath

#: Programs that serve an ASGI app in as many processes as they are told to, and tell the app nothing of it.
_PROGRAMS = {"uvicorn", "hypercorn", "granian", "gunicorn"}

_WORKERS = re.compile(r"(?:--workers|-w)(?:=?(\d+))?")

_claim: socket.socket | None = None


def has_siblings(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether the command of this process asked for several.

    Args:
        argv: the command, which processes that are spawned inherit.
        environ: the environment, in which uvicorn and gunicorn look for the number, too.
    """
    program = PurePath(argv[0]) if argv else PurePath()
    if _PROGRAMS.isdisjoint((program.name, program.parent.name)):  # `python -m uvicorn` is uvicorn/__main__.py
        return False
    wanted = environ.get("UVICORN_WORKERS") or environ.get("WEB_CONCURRENCY") or "1"
    for arg, following in zip(argv, [*argv[1:], ""], strict=True):
        match = _WORKERS.fullmatch(arg)
        if match is not None:
            wanted = match[1] or following
    return wanted.isdecimal() and int(wanted) > 1


def speaks_for_all() -> bool:
    """Whether this process is the one that says what concerns all processes of its parent.

    The first that asks has it as long as it lives: it takes a name that the system gives to one process only. Where
    there are no such names (they are Linux's), each speaks.
    """
    global _claim  # noqa: PLW0603  # there is one process
    if _claim is None and sys.platform == "linux":
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0flask-socketio-{os.getuid()}-{os.getppid()}")
        except OSError:
            claim.close()
            return False
        _claim = claim
    return True
