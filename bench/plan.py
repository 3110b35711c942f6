"""The order of a run, and how long it takes.

A round measures every workload on every peer, each on a server just started. Peers take turns within a workload, so
that a machine that grows slower or faster does so for all of them, and who begins changes from round to round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.load.workloads import WORKLOADS
from bench.peers import PEERS

#: What a run may take, as a multiple of what it is expected to.
PATIENCE = 2.0


@dataclass(frozen=True)
class Plan:
    """What is measured, how often and how long."""

    workloads: list[str]
    peers: list[str]
    rounds: int
    seconds: float

    def order(self) -> Iterator[tuple[int, str, str]]:
        """Number of the round, workload and peer of each measurement."""
        for number in range(self.rounds):
            first = number % len(self.peers)
            for workload in self.workloads:
                if number >= (WORKLOADS[workload].most_rounds or self.rounds):
                    continue
                for peer in self.peers[first:] + self.peers[:first]:
                    if not PEERS[peer].refuses(WORKLOADS[workload]):
                        yield number, workload, peer

    @property
    def expected(self) -> float:
        """Seconds that the run takes, about."""
        return sum(WORKLOADS[workload].takes(self.seconds) for _, workload, _ in self.order())

    @property
    def bound(self) -> float:
        """Seconds after which no further measurement is begun."""
        return PATIENCE * self.expected + 60

    def without_more_clients_than(self, most: int) -> tuple[Plan, list[str]]:
        """The plan for a machine that allows so many connections, and what was left out."""
        fits = [workload for workload in self.workloads if WORKLOADS[workload].clients <= most]
        return Plan(fits, self.peers, self.rounds, self.seconds), [name for name in self.workloads if name not in fits]
