"""`python -m bench report RESULTS.json`: tables and plots of a former run, on standard output or in a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.plots import plots
from bench.report import goals, report, tables
from bench.results import Results


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench report", description="Tables and plots of a former run.")
    parser.add_argument("results", type=Path, help="the file that a run left in build/bench")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write what docs/performance.md shows there")
    options = parser.parse_args(sys.argv[2:])
    results = Results.load(options.results)
    if options.to is None:
        print(report(results))
    else:
        publish(results, options.to)


def publish(results: Results, folder: Path) -> None:
    """Write all that a page shows, and the samples that it was made from."""
    for former in [*folder.glob("*.svg"), *folder.glob("*.md")]:
        former.unlink()
    results.save(folder / "results.json")
    pictures = list(plots(results))
    pages = [("goals.md", goals(results) + "\n"), ("tables.md", tables(results)), ("plots.md", _shown(pictures))]
    for file, content in [*pages, *pictures]:
        (folder / file).write_text(content)


def _shown(pictures: list[tuple[str, str]]) -> str:
    """Markdown for Sphinx that puts the pictures into the page itself, where they have its colours."""
    return "\n".join(f"```{{raw}} html\n:file: performance/{file}\n```\n" for file, _ in pictures)
