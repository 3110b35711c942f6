"""What came of the runs: a table, and the page of the documentation."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

_HEADER = ["| what happens | what comes of it | |", "| --- | --- | --- |"]
_WRONG = "**not as it must be:** "

_INTRODUCTION = """Networks fail, servers are restarted, and some clients mean harm. Here is what comes of it, measured
between processes: a server with its default options, unless others are named, and clients that do what the official one
does.

Made by `make faults` and `make soak`, last on {today} ({machine}); the runs are in `tools/faults`. A cut is a TCP reset
without a word of WebSocket or Socket.IO before it."""

#: What is to be known about the runs of a section, by the section's name.
_NOTES = {
    "Clients that mean harm": """The others are 100 clients, each of which asks for an echo twice a second, and waits
for it; a `def` handler in a thread answers. Attackers run on the same cores as the server. What they compute is
bounded, as it would be by their network: they open up to 1,000 connections a second, and those that flood have a line
of 10 Mbit/s each, and send on it as fast as the server takes it."""
}


@dataclass(frozen=True)
class Row:
    """What came of one run.

    Attributes:
        result: that in short.
        details: with how many, and what else was counted.
        fine: whether it was as it must be.
    """

    result: str
    details: str
    fine: bool


def table(rows: Mapping[str, Row]) -> str:
    """What came of runs, by what was done, in Markdown."""
    lines = [f"| {name} | {'' if row.fine else _WRONG}{row.result} | {row.details} |" for name, row in rows.items()]
    return "\n".join([*_HEADER, *lines])


def read(text: str) -> dict[str, Row]:
    """The rows of all tables in a text, as `table` writes them."""
    rows = {}
    for line in text.splitlines():
        if line.startswith("| ") and line not in _HEADER:
            name, result, details = line.removeprefix("| ").removesuffix(" |").split(" | ")
            rows[name] = Row(result.removeprefix(_WRONG), details, fine=not result.startswith(_WRONG))
    return rows


def page(sections: Mapping[str, Mapping[str, Row]]) -> str:
    """The page of the documentation."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores shared by server and clients"
    today = datetime.datetime.now(datetime.timezone.utc)
    parts = ["# What it survives", _INTRODUCTION.format(today=f"{today:%d %B %Y}", machine=machine)]
    for name, rows in sections.items():
        parts += [f"## {name}", *([_NOTES[name]] if name in _NOTES else []), table(rows)]
    return "\n\n".join(parts) + "\n"


def publish(rows: Mapping[str, Row], sections: Mapping[str, list[str]], path: Path = PAGE) -> None:
    """Put what came of some runs on the page; of the others it keeps what is there.

    Args:
        rows: what came of them, by what was done.
        sections: what there is to be done, by section.
        path: the page.
    """
    known = {**(read(path.read_text("utf-8")) if path.exists() else {}), **rows}
    found = {section: {name: known[name] for name in names if name in known} for section, names in sections.items()}
    path.write_text(page({section: rows for section, rows in found.items() if rows}), "utf-8")
