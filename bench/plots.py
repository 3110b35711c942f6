"""Results as pictures: for each workload a bar for every server, with a line from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.figures import COST, IDLE_SHARE, MEMORY, P99, RATE, Figure
from bench.load.workloads import WORKLOADS
from bench.peers import OURS, PEERS
from bench.report import LOAD_BOUND, is_load_bound
from bench.results import Results
from bench.svg import Drawing

WIDTH = 760
BARS_FROM, BARS_TO = 250, 620
ROW, BAR, PANEL, TOP, BOTTOM = 24, 14, 48, 20, 16


@dataclass(frozen=True)
class Plot:
    """One picture: a figure in some workloads, each with a scale of its own."""

    name: str
    title: str
    figure: Figure
    workloads: tuple[str, ...]


PLOTS = (
    Plot("echo", "Echoes a second: more is better", RATE, ("echo-1", "echo-async-1", "echo-16", "echo-async-16")),
    Plot("payloads", "Echoes a second: more is better", RATE, ("echo-2k", "echo-bytes", "echo-polling")),
    Plot("rooms", "Deliveries a second: more is better", RATE, ("fan-out", "rooms", "mixed")),
    Plot("cost", "Server CPU in µs for each echo or delivery: less is better", COST, ("echo-1", "echo-16", "fan-out")),
    Plot("storm", "Server CPU in µs for each connection: less is better", COST, ("storm", "storm-polling")),
    Plot(
        "memory", "Memory in KiB for each idle client: less is better", MEMORY, ("idle-1000", "idle-5000", "idle-15000")
    ),
    Plot("idle", "Share of a core while clients are idle: less is better", IDLE_SHARE, ("idle-15000",)),
    Plot("blocking", "p99 of the other clients' echoes in ms: less is better", P99, ("blocking",)),
    Plot("routes", "Requests a second: more is better", RATE, ("routes",)),
)


@dataclass(frozen=True)
class _Row:
    label: str
    kind: str
    values: list[float]
    note: str
    """Stands where there is no bar."""


def plots(results: Results) -> Iterator[tuple[str, str]]:
    """File name and content of each picture that the results have something for."""
    for plot in PLOTS:
        panels = {name: rows for name in plot.workloads if (rows := _rows(results, name, plot.figure))}
        if panels:
            yield f"{plot.name}.svg", str(_draw(plot, panels))


def _rows(results: Results, workload: str, figure: Figure) -> list[_Row]:
    cells = results.cells.get(workload, {})
    rows = []
    for peer in PEERS:
        if peer in cells and cells[peer].samples:
            values = cells[peer].values(figure)
            note = LOAD_BOUND if is_load_bound(cells[peer], figure) else ""
            rows.append(_Row(PEERS[peer].title, "ours" if peer == OURS else "other", values, note))
    return rows


def _draw(plot: Plot, panels: dict[str, list[_Row]]) -> Drawing:
    height = TOP + BOTTOM + sum(PANEL + ROW * len(rows) for rows in panels.values())
    drawing = Drawing(f"plot-{plot.name}", WIDTH, height, title=plot.title, description=_describe(plot.figure, panels))
    drawing.text(0, TOP - 4, plot.title, "title")
    top = TOP
    for name, rows in panels.items():
        drawing.text(0, top + PANEL - 12, WORKLOADS[name].title.replace("`", ""), "panel")
        top += PANEL
        scale = (BARS_TO - BARS_FROM) / (max((value for row in rows for value in row.values), default=0) or 1)
        for row in rows:
            _draw_row(drawing, row, plot.figure, top, scale)
            top += ROW
    return drawing


def _draw_row(drawing: Drawing, row: _Row, figure: Figure, top: float, scale: float) -> None:
    base = top + BAR - 2
    drawing.text(BARS_FROM - 10, base, row.label, anchor="end")
    if not row.values:
        drawing.text(BARS_FROM, base, row.note)
        return
    drawing.bar(BARS_FROM, top, median(row.values) * scale, BAR, row.kind)
    drawing.line(BARS_FROM + min(row.values) * scale, BARS_FROM + max(row.values) * scale, top + BAR / 2)
    drawing.text(BARS_FROM + max(row.values) * scale + 8, base, figure.show(median(row.values)), "number")


def _describe(figure: Figure, panels: dict[str, list[_Row]]) -> str:
    sentences = []
    for name, rows in panels.items():
        told = (f"{row.label} {figure.show(median(row.values)) if row.values else row.note}" for row in rows)
        sentences.append(f"{WORKLOADS[name].title.replace('`', '')}: {', '.join(told)}.")
    return " ".join(sentences)
