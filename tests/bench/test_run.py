from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from bench import machine, run
from bench.peers import PEERS
from bench.results import Results


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a run leaves its results."""
    monkeypatch.setattr(run, "BUILD", tmp_path)
    return tmp_path


def bench(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """The exit status of a run."""
    monkeypatch.setattr(sys, "argv", ["bench", "--quick", "--peers", "picows", *options])
    with pytest.raises(SystemExit) as ended:
        run.main()
    return int(ended.value.code or 0)


def results(build: Path) -> Results:
    (file,) = build.glob("*.json")
    return Results.load(file)


def test_a_run_says_how_long_it_takes_and_leaves_its_samples(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(monkeypatch, "--workloads", "echo-1") == 0
    told = capsys.readouterr()
    assert "1 measurements, about 3 s, at most 66 s" in told.err
    assert "| raw picows, no protocol: the floor |" in told.out
    found = results(build)
    assert found.command == "python -m bench --quick --peers picows --workloads echo-1"
    assert len(found.cells["echo-1"]["picows"].samples) == 1


def test_a_server_that_fails_fails_the_run(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEERS, "picows", dataclasses.replace(PEERS["picows"], app="missing.py"))
    assert bench(monkeypatch, "--workloads", "echo-1") == 1
    assert "ended with status 2" in results(build).cells["echo-1"]["picows"].errors[0]


def test_what_the_machine_does_not_allow_is_left_out_and_told(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "most_connections", lambda: 4000)
    assert bench(monkeypatch, "--workloads", "idle-5000") == 0
    (remark,) = results(build).remarks
    assert remark.startswith("Left out: idle-5000. A process may open")
    assert "raise the hard limit" in remark


def test_a_run_that_takes_too_long_ends_with_what_it_has(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.plan.PATIENCE", -100)
    assert bench(monkeypatch, "--workloads", "echo-1") == 0
    assert results(build).remarks[0].startswith("Ended in round 1 of 1")
