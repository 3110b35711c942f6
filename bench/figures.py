"""The figures that a sample holds: how each is written, which way is better, and whether the load may spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.sample import Sample


@dataclass(frozen=True)
class Figure:
    """One number of a sample."""

    head: str
    """Heads its column; `{unit}` stands for what the workload counts."""
    value: Callable[[Sample], float | None]
    """None where the sample has no such number."""
    form: str
    """How it is written, in `format`'s language."""
    higher_is_better: bool = False
    spoilt_by_load: bool = True
    """A load that used its core up spoils it: rates and latencies are then the load's own."""

    def read(self, sample: Sample) -> float | None:
        """The number, or None where there is none to be told."""
        if self.spoilt_by_load and sample.load_was_bottleneck:
            return None
        return self.value(sample)

    def show(self, value: float) -> str:
        """The number as text."""
        return format(value, self.form)

    def gain(self, ours: float, theirs: float) -> float | None:
        """How many times better `ours` is; below 1 it is worse. None of nothing."""
        better, worse = (ours, theirs) if self.higher_is_better else (theirs, ours)
        return better / worse if worse else None


RATE = Figure("{unit} a second", lambda sample: sample.rate, ",.0f", higher_is_better=True)
COST = Figure("server CPU µs each", lambda sample: sample.server_us, ",.1f", spoilt_by_load=False)
P50 = Figure("p50 ms", lambda sample: sample.p50, ",.2f")
P99 = Figure("p99 ms", lambda sample: sample.p99, ",.2f")
MEMORY = Figure("KiB each", lambda sample: sample.kib_per_client, ",.1f", spoilt_by_load=False)
IDLE_SHARE = Figure("of a core while idle", lambda sample: sample.server_share, ".1%", spoilt_by_load=False)
HEARTBEATS = Figure("heartbeats seen", lambda sample: sample.heartbeats, ",.0f", True, spoilt_by_load=False)
LATENESS = Figure("the latest one late by ms", lambda sample: sample.latest_heartbeat, ",.0f")

# What a workload's table shows, the figure that it is about first.
THROUGHPUT = (RATE, COST, P50, P99)
PRICE = (COST, RATE, P50, P99)
LATENCY = (P99, P50, RATE, COST)
IDLENESS = (MEMORY, IDLE_SHARE, HEARTBEATS, LATENESS)
