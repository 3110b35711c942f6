from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import publish
from tests.bench.samples import some_results


def test_a_former_run_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some_results().save(tmp_path / "results.json")
    monkeypatch.setattr(sys, "argv", ["bench", "report", str(tmp_path / "results.json")])
    publish.main()
    assert "| this checkout | 40,000 |" in capsys.readouterr().out


def test_what_a_page_shows_is_written_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, page = tmp_path / "results.json", tmp_path / "page"
    some_results().save(file)
    monkeypatch.setattr(sys, "argv", ["bench", "report", str(file), "--to", str(page)])
    publish.main()
    written = {"results.json", "tables.md", "goals.md", "echo.svg", "cost.svg", "memory.svg"}
    assert {path.name for path in page.iterdir()} == written
    assert (page / "results.json").read_text() == file.read_text()
