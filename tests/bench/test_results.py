from __future__ import annotations

from pathlib import Path

from bench.figures import COST, MEMORY, RATE
from tests.bench.samples import some_results


def test_a_saved_run_is_read_back_whole(tmp_path: Path) -> None:
    results, file = some_results(), tmp_path / "new" / "results.json"
    results.save(file)
    assert type(results).load(file) == results


def test_the_file_has_a_line_for_each_sample(tmp_path: Path) -> None:
    some_results().save(tmp_path / "results.json")
    lines = (tmp_path / "results.json").read_text().splitlines()
    assert sum('"peer": "ours"' in line for line in lines) == 4


def test_values_are_those_that_can_be_told() -> None:
    results = some_results()
    assert results.values("echo-1", "picows", RATE) == []
    assert results.values("echo-1", "picows", COST) == [12.5]
    assert results.values("echo-1", "ours", MEMORY) == []
    assert results.values("mixed", "ours", RATE) == []
    assert "mixed" not in results.cells, "a look adds nothing"


def test_a_run_with_errors_failed() -> None:
    results = some_results()
    assert results.failed
    del results.cells["fan-out"]
    assert not results.failed
