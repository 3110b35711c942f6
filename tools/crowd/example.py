"""An example as a process of its own, and a table of what a crowd has seen there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.load.client import Target


@contextmanager
def served(example: str, **environment: str) -> Iterator[Target]:
    """`examples/NAME` on a free port, with these variables in its environment, until the end of the block.

    Raises RuntimeError if it ends before it has told its address; what it says of that is on stderr.
    """
    with subprocess.Popen(
        [sys.executable, "-m", f"examples.{example}"],
        env={**os.environ, "PORT": "0", "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            assert server.stdout is not None
            ports = (found[1] for line in server.stdout if (found := re.search(r"http://[\d.]+:(\d+)", line)))
            port = next(ports, None)
            if port is None:
                raise RuntimeError(f"examples.{example} has ended at its start, with exit status {server.wait()}")
            yield Target("127.0.0.1", int(port), server.pid)
        finally:
            server.terminate()


def table(*parts: Mapping[str, str]) -> str:
    """All numbers by what they are, in Markdown."""
    rows = {"what": "how much", "---": "---"}
    for part in parts:
        rows.update(part)
    return "\n".join(f"| {what} | {value} |" for what, value in rows.items())
