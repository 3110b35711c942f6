"""Results as Markdown: a table for each workload, with the median of the rounds and how far they lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from bench.figures import COST, RATE, Figure
from bench.goals import GOALS, Goal
from bench.load.workloads import WORKLOADS
from bench.peers import OURS, PEERS
from bench.results import Cell, Results
from bench.sample import Sample

MISSING = "-"
LOAD_BOUND = "load-bound"


def report(results: Results) -> str:
    """The whole report."""
    return "\n\n".join([*_conditions(results), *_workloads(results), goals(results), *_remarks(results)]) + "\n"


def tables(results: Results) -> str:
    """The part of it that goes into the documentation beside the goals."""
    return "\n\n".join([*_conditions(results), *_workloads(results), *_remarks(results)]) + "\n"


def goals(results: Results) -> str:
    """What this server wants to reach in the workloads of the run, and whether it did."""
    rows = [_goal_row(results, goal) for goal in GOALS if goal.workload in results.cells]
    return _table(["goal", "wanted", "measured", "reached"], rows, numbers_from=1)


def _goal_row(results: Results, goal: Goal) -> list[str]:
    reached = goal.measure(results)
    if reached is None:
        return [goal.title, goal.wanted, MISSING, "not measured"]
    return [goal.title, goal.wanted, goal.show(reached), "yes" if goal.is_reached(reached) else "**no**"]


def _conditions(results: Results) -> Iterator[str]:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    yield f"One core for the server, one for the load: {machine}. Command: `{results.command}`."
    yield "\n".join(
        f"- {PEERS[peer].title}: " + ", ".join(f"{name} {version}" for name, version in versions.items())
        for peer, versions in results.versions.items()
    )
    if OURS in results.versions:
        yield (
            f"The figures are medians. *{PEERS[OURS].title} is* tells how many times better it is than the server of "
            "that row, more or less being better as the figure has it: above 1 it is better, below 1 worse."
        )


def _workloads(results: Results) -> Iterator[str]:
    for name, cells in results.cells.items():
        workload = WORKLOADS[name]
        yield f"### {workload.title}"
        yield _workload(workload.figures, workload.unit, cells)


def _workload(figures: tuple[Figure, ...], unit: str, cells: dict[str, Cell]) -> str:
    head, columns = ["server"], [[PEERS[peer].title for peer in cells]]
    for position, figure in enumerate(figures):
        head.append(figure.head.format(unit=unit))
        columns.append([_shown(cell, figure) for cell in cells.values()])
        if position == 0:
            head.append("lowest to highest")
            columns.append([_spread(cell, figure) for cell in cells.values()])
        if position == 0 or figure is COST:
            head.append(f"{PEERS[OURS].title} is")
            columns.append([_gain(cells.get(OURS, Cell()), cell, figure) for cell in cells.values()])
    head.append("busy: server, load")
    columns.append([_busy(cell) for cell in cells.values()])
    return _table(head, [list(row) for row in zip(*columns, strict=True)], numbers_from=1)


def _shown(cell: Cell, figure: Figure) -> str:
    if values := cell.values(figure):
        return figure.show(median(values))
    return LOAD_BOUND if is_load_bound(cell, figure) else MISSING


def is_load_bound(cell: Cell, figure: Figure) -> bool:
    """Whether the figure cannot be told because the load was the bottleneck in every round."""
    return bool(cell.samples) and figure.spoilt_by_load and all(s.load_was_bottleneck for s in cell.samples)


def _spread(cell: Cell, figure: Figure) -> str:
    values = cell.values(figure)
    return f"{figure.show(min(values))} to {figure.show(max(values))}" if values else MISSING


def _gain(ours: Cell, theirs: Cell, figure: Figure) -> str:
    mine, other = ours.values(figure), theirs.values(figure)
    gain = figure.gain(median(mine), median(other)) if mine and other else None
    return MISSING if gain is None else times(gain)


def times(gain: float) -> str:
    """A ratio as text, with as many digits as mean something."""
    return f"{gain:,.1f}" if gain >= 10 else f"{gain:.2f}"


def _busy(cell: Cell) -> str:
    if not cell.samples:
        return MISSING
    return ", ".join(f"{median(getattr(s, side) for s in cell.samples):.0%}" for side in ("server_share", "load_share"))


def _remarks(results: Results) -> Iterable[str]:
    yield from results.remarks
    samples = [s for name, s in _samples(results) if s.p50 is not None]
    if refused := sum(sample.load_was_bottleneck for sample in samples):
        yield f"Rate and latency of {refused} of {len(samples)} samples are not counted: the load was the bottleneck."
    full = [sample for name, sample in _samples(results) if WORKLOADS[name].figures[0] is RATE]
    if shared := sum(sample.core_was_shared for sample in full):
        yield (
            f"In {shared} of {len(full)} samples of a full load something else ran on the two cores, so rates and "
            "latencies are too bad. The CPU time of a message suffers less."
        )
    for workload, cells in results.cells.items():
        for peer, cell in cells.items():
            for error in dict.fromkeys(cell.errors):
                yield f"**Failed**: {PEERS[peer].title} in {workload}: {error}"


def _samples(results: Results) -> Iterator[tuple[str, Sample]]:
    for name, cells in results.cells.items():
        for cell in cells.values():
            for sample in cell.samples:
                yield name, sample


def _table(head: list[str], rows: list[list[str]], *, numbers_from: int) -> str:
    rule = ["---:" if position >= numbers_from else "---" for position in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *rows])
