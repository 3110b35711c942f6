"""All samples of a run, by workload and peer, and the file that keeps them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from bench.sample import Sample


@dataclass
class Cell:
    """What one peer did in one workload, round after round."""

    samples: list[Sample] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Why rounds have no sample."""

    @property
    def trusted(self) -> list[Sample]:
        """The samples whose rate and latency are the server's, not the load's."""
        return [sample for sample in self.samples if not sample.load_was_bottleneck]


@dataclass
class Results:
    """What a run found."""

    machine: dict[str, str]
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    """By peer and package."""
    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """By workload and peer."""

    def cell(self, workload: str, peer: str) -> Cell:
        """The place for what `peer` does in `workload`."""
        return self.cells.setdefault(workload, {}).setdefault(peer, Cell())

    @property
    def failed(self) -> bool:
        """Whether any sample could not be taken."""
        return any(cell.errors for cells in self.cells.values() for cell in cells.values())

    def save(self, file: Path) -> None:
        """Write everything as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")
