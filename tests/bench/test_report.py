from __future__ import annotations

from bench.peers import BASELINE
from bench.report import report
from bench.results import Results
from bench.sample import Sample


def echoes(count: int, *, server_cpu: float = 1.0, load_cpu: float = 0.5) -> Sample:
    return Sample(count, seconds=1.0, server_cpu=server_cpu, load_cpu=load_cpu, p50=1.25, p99=4.0)


def rows(results: Results) -> list[list[str]]:
    lines = [line for line in report(results).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_row_is_the_median_of_the_rounds_beside_the_baseline() -> None:
    results = Results({"cores": "2"}, {"ours": {}, BASELINE: {}})
    results.cell("echo-1", "ours").samples += [echoes(50_000), echoes(20_000), echoes(40_000)]
    results.cell("echo-1", BASELINE).samples += [echoes(1_000)]
    _, _, ours, upstream = rows(results)
    assert ours == [
        "this checkout", "40,000", "20,000 to 50,000", "40.0", "25.0", "40.0", "1.25", "4.00", "100%, 50%"
    ]  # fmt: skip
    assert upstream[3] == upstream[5] == "1.0"


def test_where_the_load_was_the_bottleneck_only_the_cost_is_told() -> None:
    results = Results({})
    results.cell("echo-1", "picows").samples += [echoes(40_000, server_cpu=0.5, load_cpu=1.0)]
    assert rows(results)[-1][1:] == ["-", "-", "-", "12.5", "-", "-", "-", "50%, 100%"]
    assert "Rate and latency of 1 of 1 samples are not counted" in report(results)


def test_memory_has_a_table_of_its_own() -> None:
    results = Results({})
    for peer, kib in (("ours", 10.0), (BASELINE, 110.0)):
        idle = Sample(count=1000, seconds=1.0, server_cpu=0.01, load_cpu=0.01, kib_per_client=kib)
        results.cell("idle", peer).samples.append(idle)
    _, _, ours, upstream = rows(results)
    assert ours[1:4] == ["10.0", "10.0 to 10.0", "11.0"]
    assert upstream[3] == "1.0"


def test_a_failure_is_told_once() -> None:
    results = Results({})
    results.cell("fan-out", "node").errors += ["it ended with status 1"] * 3
    assert report(results).count("**Failed**: Node socket.io in fan-out: it ended with status 1") == 1
    assert results.failed
