"""The result of a run, as it is kept beside the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

FILE = Path(__file__).parent / "recorded.json"


class Transcript(TypedDict):
    """What an observation wrote down: the lines of the wire, and what handlers saw."""

    wire: list[str]
    seen: list[str]


class Record(TypedDict):
    """The transcripts of both packages by the names of the observations, and the version of the other one."""

    version: str
    upstream: dict[str, Transcript]
    ours: dict[str, Transcript]


def save(record: Record) -> None:
    """Keep a record."""
    FILE.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load() -> Record:
    """The record that was kept last."""
    record: Record = json.loads(FILE.read_text(encoding="utf-8"))
    return record
