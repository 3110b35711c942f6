"""What came of the runs, as a table."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        name: what was done.
        result: what came of it.
        details: with how many, and what else was counted.
        fine: whether it was as it must be.
    """

    name: str
    result: str
    details: str
    fine: bool


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| what happens | what comes of it | |", "| --- | --- | --- |"]
    lines += [f"| {row.name} | {row.result} | {row.details} |" for row in rows]
    return "\n".join(lines)


def page(rows: Iterable[Row]) -> str:
    """The page of the documentation."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores shared by server and clients"
    today = datetime.datetime.now(datetime.timezone.utc)
    return f"""# What it survives

Made by `make faults` on {today:%d %B %Y} ({machine}); the runs are in `tools/faults`. A cut is a TCP reset without a
word of WebSocket or Socket.IO before it.

{table(rows)}
"""
