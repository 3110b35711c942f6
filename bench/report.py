"""Results as Markdown: a table for each workload, with the median of the rounds and how far they lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median

from bench.load.workloads import WORKLOADS
from bench.peers import BASELINE, PEERS
from bench.results import Cell, Results
from bench.sample import Sample

MISSING = "-"


def report(results: Results) -> str:
    """The whole report."""
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    parts = [f"One core for the server, one for the load: {machine}.", _versions(results)]
    for workload, cells in results.cells.items():
        table = (
            _memory if any(sample.kib_per_client for cell in cells.values() for sample in cell.samples) else _traffic
        )
        parts += [f"### {WORKLOADS[workload].title}", table(WORKLOADS[workload].unit, cells)]
    return "\n\n".join([*parts, *_remarks(results)]) + "\n"


def _versions(results: Results) -> str:
    return "\n".join(
        f"- {PEERS[peer].title}: " + ", ".join(f"{name} {version}" for name, version in versions.items())
        for peer, versions in results.versions.items()
    )


def _traffic(unit: str, cells: dict[str, Cell]) -> str:
    head = [
        f"{unit} a second",
        "lowest to highest",
        "rate ratio",
        "server CPU us each",
        "CPU ratio",
        "p50 ms",
        "p99 ms",
    ]
    baseline = cells.get(BASELINE, Cell())
    rows = []
    for peer, cell in cells.items():
        rates, costs = _values(cell.trusted, _rate), _values(cell.samples, _cost)
        rows.append(
            [
                PEERS[peer].title,
                _show(rates, ",.0f"),
                f"{min(rates):,.0f} to {max(rates):,.0f}" if rates else MISSING,
                _ratio(rates, _values(baseline.trusted, _rate)),
                _show(costs, ",.1f"),
                _ratio(_values(baseline.samples, _cost), costs),
                _show(_values(cell.trusted, lambda sample: sample.p50), ",.2f"),
                _show(_values(cell.trusted, lambda sample: sample.p99), ",.2f"),
                _busy(cell),
            ]
        )
    return _table(["server", *head, "busy: server, load"], rows)


def _memory(unit: str, cells: dict[str, Cell]) -> str:
    baseline = _values(cells.get(BASELINE, Cell()).samples, _memory_of)
    rows = []
    for peer, cell in cells.items():
        memory = _values(cell.samples, _memory_of)
        spread = f"{min(memory):,.1f} to {max(memory):,.1f}" if memory else MISSING
        rows.append([PEERS[peer].title, _show(memory, ",.1f"), spread, _ratio(baseline, memory), _busy(cell)])
    return _table(["server", f"KiB per {unit}", "lowest to highest", "memory ratio", "busy: server, load"], rows)


def _remarks(results: Results) -> Iterable[str]:
    samples = [s for cells in results.cells.values() for cell in cells.values() for s in cell.samples if s.p50]
    refused = sum(sample.load_was_bottleneck for sample in samples)
    shared = sum(sample.core_was_shared for sample in samples)
    if BASELINE in results.versions:
        yield f"Ratios are to {PEERS[BASELINE].title}; above 1 is better, in every column."
    if refused:
        yield f"Rate and latency of {refused} of {len(samples)} samples are not counted: the load was the bottleneck."
    if shared:
        yield (
            f"In {shared} of {len(samples)} samples neither server nor load used its core up: something else ran there,"
            " so rates and latencies are too bad. The CPU time of a message suffers less."
        )
    for workload, cells in results.cells.items():
        for peer, cell in cells.items():
            for error in dict.fromkeys(cell.errors):
                yield f"**Failed**: {PEERS[peer].title} in {workload}: {error}"


def _rate(sample: Sample) -> float:
    return sample.rate


def _cost(sample: Sample) -> float:
    return sample.server_us


def _memory_of(sample: Sample) -> float | None:
    return sample.kib_per_client


def _values(samples: list[Sample], value: Callable[[Sample], float | None]) -> list[float]:
    return [found for found in map(value, samples) if found is not None]


def _show(values: list[float], form: str) -> str:
    return format(median(values), form) if values else MISSING


def _ratio(values: list[float], to: list[float]) -> str:
    return f"{median(values) / median(to):,.1f}" if values and to and median(to) else MISSING


def _busy(cell: Cell) -> str:
    return ", ".join(_show([getattr(s, side) for s in cell.samples], ".0%") for side in ("server_share", "load_share"))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
