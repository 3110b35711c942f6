"""What a workload is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from bench.features import Feature
from bench.figures import THROUGHPUT, Figure
from bench.load.client import Target
from bench.load.meter import WARM_UP
from bench.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Workload(ABC):
    """A load, without a server yet."""

    unit: ClassVar[str]
    """What is counted, in the plural: echoes, deliveries, clients."""
    figures: ClassVar[tuple[Figure, ...]] = THROUGHPUT
    """What its table shows; it is about the first."""
    most_rounds: ClassVar[int | None] = None
    """How often a long one is measured at most; None means in every round."""

    clients: int
    """How many are connected at once."""
    needs: Feature = Feature.EVENTS
    """What a peer has to offer."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Heads its table."""

    def takes(self, seconds: float) -> float:
        """About how many seconds a sample of `seconds` takes with connecting and the server's start."""
        return 1.5 + self.clients / 700 + WARM_UP + seconds

    def patience(self, seconds: float) -> float:
        """After how many seconds it is given up."""
        return 60 + 3 * self.takes(seconds)

    @abstractmethod
    async def run(self, target: Target, seconds: float) -> Sample:
        """Put the load on the server and measure for `seconds`.

        Raises:
            LoadFailed: the server did not do its part.
        """
