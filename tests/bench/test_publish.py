from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import publish
from bench.environments import ROOT
from bench.results import Results
from tests.bench.samples import some_results

PAGE = ROOT / "docs" / "performance"


def test_a_former_run_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some_results().save(tmp_path / "results.json")
    monkeypatch.setattr(sys, "argv", ["bench", "report", str(tmp_path / "results.json")])
    publish.main()
    assert "| flask_socketio 6 | 40,000 |" in capsys.readouterr().out


def test_what_a_page_shows_is_written_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, page = tmp_path / "results.json", tmp_path / "page"
    some_results().save(file)
    monkeypatch.setattr(sys, "argv", ["bench", "report", str(file), "--to", str(page)])
    publish.main()
    written = {"results.json", "tables.md", "goals.md", "plots.md", "echo.svg", "cost.svg", "memory.svg"}
    assert {path.name for path in page.iterdir()} == written
    assert (page / "results.json").read_text() == file.read_text()


def test_the_page_shows_what_the_committed_results_hold(tmp_path: Path) -> None:
    """`python -m bench report docs/performance/results.json --to docs/performance` makes it so."""
    publish.publish(Results.load(PAGE / "results.json"), tmp_path)
    assert {file.name: file.read_text() for file in PAGE.iterdir()} == {
        file.name: file.read_text() for file in tmp_path.iterdir()
    }
