"""One measurement of one server, and what may be concluded from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """What one window of time showed."""

    count: int
    """How many messages came back, or deliveries arrived, or clients were held."""
    seconds: float
    """How long the window was."""
    server_cpu: float
    """CPU seconds that the server used in it."""
    load_cpu: float
    """CPU seconds that the load generator used in it."""
    load_waited: float = 0.0
    """Seconds for which the load generator wanted its core and another program had it."""
    p50: float | None = None
    """Median latency in milliseconds, from before the client's write until its reading of the answer."""
    p99: float | None = None
    """The latency in milliseconds that one of a hundred messages exceeds."""
    kib_per_client: float | None = None
    """How much the server's memory grew for each further client."""
    heartbeats: int | None = None
    """How many of the server's pings arrived."""
    latest_heartbeat: float | None = None
    """By how many milliseconds the latest of them, or one that is due and did not come, missed its time."""

    def __str__(self) -> str:
        if self.kib_per_client is not None:
            late = "" if self.latest_heartbeat is None else f", latest heartbeat {self.latest_heartbeat:,.0f} ms late"
            return f"{self.kib_per_client:,.1f} KiB per client, busy: server {self.server_share:.1%}{late}"
        return (
            f"{self.rate:,.0f} a second, {self.server_us:,.1f} us of server CPU each, p99 {self.p99 or 0:,.2f} ms, "
            f"busy: server {self.server_share:.0%}, load {self.load_share:.0%}"
        )

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.count / self.seconds

    @property
    def server_us(self) -> float:
        """The server's CPU time for one message, in microseconds. A slow load cannot make it look better."""
        return self.server_cpu / self.count * 1e6 if self.count else float("inf")

    @property
    def server_share(self) -> float:
        """How much of its core the server used: 1 is all."""
        return self.server_cpu / self.seconds

    @property
    def load_share(self) -> float:
        """How much of its core the load used: 1 is all."""
        return self.load_cpu / self.seconds

    @property
    def load_was_bottleneck(self) -> bool:
        """The load could do no more while the server could: rate and latency then tell about the load alone."""
        return self.load_cpu + self.load_waited > 0.95 * self.seconds and self.server_share < 0.90

    @property
    def core_was_shared(self) -> bool:
        """Another program used the load's core, or neither side used its own up, so that something held them back."""
        return self.load_waited > 0.05 * self.seconds or (self.load_share < 0.90 and self.server_share < 0.90)


def percentile(ordered: list[float], share: float) -> float | None:
    """The value below which `share` of the ascending values lie; None of an empty list."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
