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
    """Keep a record, with a line for each transcript."""
    parts = [f' "version": {json.dumps(record["version"])}']
    for side, transcripts in (("upstream", record["upstream"]), ("ours", record["ours"])):
        lines = [f"  {_dumps(name)}: {_dumps(transcript)}" for name, transcript in transcripts.items()]
        parts.append(f' "{side}": {{\n' + ",\n".join(lines) + "\n }")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def load() -> Record:
    """The record that was kept last."""
    record: Record = json.loads(FILE.read_text(encoding="utf-8"))
    return record
