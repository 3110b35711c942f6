"""All samples of a run, and the file that keeps them: tables and plots are made from it, now or later."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from bench.sample import Sample


@dataclass
class Cell:
    """What one peer did in one workload, round after round."""

    samples: list[Sample] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Why rounds have no sample."""

    def values(self, figure: Figure) -> list[float]:
        """The figure in every round in which it can be told."""
        return [value for sample in self.samples if (value := figure.read(sample)) is not None]

    def entries(self) -> Iterator[Mapping[str, float | str]]:
        """What the file keeps of it."""
        yield from map(_compact, self.samples)
        yield from ({"error": error} for error in self.errors)


@dataclass
class Results:
    """What a run found."""

    command: str
    machine: dict[str, str]
    versions: dict[str, dict[str, str]]
    """By peer and package."""
    remarks: list[str] = field(default_factory=list)
    """What a reader of the figures needs to know beside them."""
    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """By workload and peer."""

    def cell(self, workload: str, peer: str) -> Cell:
        """The place for what `peer` does in `workload`."""
        return self.cells.setdefault(workload, {}).setdefault(peer, Cell())

    def values(self, workload: str, peer: str, figure: Figure) -> list[float]:
        """The figure in every round; empty if it was not measured or cannot be told."""
        return self.cells.get(workload, {}).get(peer, Cell()).values(figure)

    @property
    def failed(self) -> bool:
        """Whether any sample could not be taken."""
        return any(cell.errors for cells in self.cells.values() for cell in cells.values())

    def save(self, file: Path) -> None:
        """Write everything as JSON, one line for each sample."""
        measured = [
            {"workload": workload, "peer": peer, **entry}
            for workload, cells in self.cells.items()
            for peer, cell in cells.items()
            for entry in cell.entries()
        ]
        head = json.dumps({name: getattr(self, name) for name in HEAD}, indent=1).removesuffix("\n}")
        lines = ",\n".join(f"  {json.dumps(entry)}" for entry in measured)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'{head},\n "measured": [\n{lines}\n ]\n}}\n')

    @classmethod
    def load(cls, file: Path) -> Results:
        """Read what `save` wrote."""
        stored = json.loads(file.read_text())
        results = cls(**{name: stored[name] for name in HEAD})
        for entry in stored["measured"]:
            cell = results.cell(entry.pop("workload"), entry.pop("peer"))
            if "error" in entry:
                cell.errors.append(entry["error"])
            else:
                cell.samples.append(Sample(**entry))
        return results


HEAD = ("command", "machine", "versions", "remarks")


def _compact(sample: Sample) -> dict[str, float | str]:
    """Without what it does not have, and no digits that mean nothing."""
    return {
        name: value if isinstance(value, int) else float(f"{value:.6g}")
        for name, value in dataclasses.asdict(sample).items()
        if value is not None
    }
