"""Results for the tests of what is made of them."""

from __future__ import annotations

from bench.results import Results
from bench.sample import Sample


def echoes(count: int, *, server_cpu: float = 1.0, load_cpu: float = 0.5) -> Sample:
    return Sample(count, seconds=1.0, server_cpu=server_cpu, load_cpu=load_cpu, p50=1.25, p99=4.0)


def idle(kib: float) -> Sample:
    return Sample(count=5000, seconds=1.0, server_cpu=0.02, load_cpu=0.01, kib_per_client=kib)


def some_results() -> Results:
    """A run in which the load was the bottleneck for the floor, and one server failed."""
    results = Results("python -m bench --quick", {"cores": "2"}, {"ours": {"picows": "2.3"}, "picows": {}})
    results.cell("echo-1", "ours").samples += [echoes(50_000), echoes(20_000), echoes(40_000)]
    results.cell("echo-1", "upstream-threading").samples += [echoes(1_000)]
    results.cell("echo-1", "picows").samples += [echoes(40_000, server_cpu=0.5, load_cpu=1.0)]
    results.cell("idle-5000", "ours").samples += [idle(10.0)]
    results.cell("idle-5000", "upstream-gevent").samples += [idle(55.0)]
    results.cell("fan-out", "node").errors += ["it ended with status 1"] * 3
    return results
