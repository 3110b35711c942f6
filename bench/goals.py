"""What this server wants to reach. A report says of each goal whether the run at hand reached it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from bench.figures import COST, IDLE_SHARE, LATENESS, MEMORY, P99, RATE, Figure
from bench.load.workloads import WORKLOADS
from bench.peers import GUNICORN, OURS, PEERS, UPSTREAM
from bench.results import Results


@dataclass(frozen=True)
class Goal:
    """A figure of this server: so many times better than a peer's, or, without a peer, at most `bound`."""

    workload: str
    figure: Figure
    bound: float
    peer: str | None = None

    @property
    def title(self) -> str:
        """What is looked at."""
        workload = WORKLOADS[self.workload]
        against = f", against {PEERS[self.peer].title}" if self.peer else ""
        return f"{workload.title}: {self.figure.head.format(unit=workload.unit)}{against}"

    @property
    def wanted(self) -> str:
        """The bound as text."""
        return f"at least {self.show(self.bound)}" if self.peer else f"at most {self.show(self.bound)}"

    def show(self, value: float) -> str:
        """A measured value, or the bound, as text."""
        return f"{value:.3g} times as good" if self.peer else self.figure.show(value)

    def measure(self, results: Results) -> float | None:
        """What is compared with the bound; None if a side was not measured or cannot be told."""
        ours = results.values(self.workload, OURS, self.figure)
        if not ours or self.peer is None:
            return median(ours) if ours else None
        theirs = results.values(self.workload, self.peer, self.figure)
        return self.figure.gain(median(ours), median(theirs)) if theirs else None

    def is_reached(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        return value >= self.bound if self.peer else value <= self.bound


GEVENT, NODE, BUN, FLOOR = "upstream-gevent", "node", "bun", "picows"

GOALS = (
    Goal("echo-1", RATE, 25, UPSTREAM),
    Goal("echo-1", RATE, 15, GEVENT),
    Goal("echo-1", RATE, 2, NODE),
    Goal("echo-async-1", RATE, 2.2, NODE),
    Goal("echo-16", RATE, 40, UPSTREAM),
    Goal("echo-16", RATE, 1.6, NODE),
    Goal("fan-out", RATE, 18, UPSTREAM),
    Goal("fan-out", RATE, 1.4, NODE),
    Goal("fan-out", RATE, 1, BUN),
    Goal("fan-out", COST, 1 / 1.25, FLOOR),
    Goal("idle-5000", MEMORY, 12.5),
    Goal("idle-15000", MEMORY, 12.5),
    Goal("idle-15000", LATENESS, 1000),
    Goal("idle-15000", IDLE_SHARE, 0.05),
    Goal("storm", COST, 2, NODE),
    Goal("storm-polling", COST, 1, NODE),
    Goal("routes", RATE, 1, GUNICORN),
    Goal("blocking", P99, 10),
)
