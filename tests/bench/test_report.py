from __future__ import annotations

from bench.report import goals, report
from bench.results import Results
from tests.bench.samples import some_results


def rows(markdown: str, title: str) -> list[list[str]]:
    """The rows of the table below a title, without its head."""
    _, _, below = markdown.partition(title)
    lines = [line for line in below.partition("#")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_row_is_the_median_of_the_rounds_and_what_ours_is_to_it() -> None:
    ours, upstream, _ = rows(report(some_results()), "### Echo of JSON of 80 bytes")
    assert ours == [
        "flask_socketio 6", "40,000", "20,000 to 50,000", "1.00", "25.0", "1.00", "1.25", "4.00", "100%, 50%"
    ]  # fmt: skip
    assert upstream[3] == upstream[5] == "40.0"


def test_where_the_load_was_the_bottleneck_only_the_cost_is_told() -> None:
    markdown = report(some_results())
    *_, floor = rows(markdown, "### Echo of JSON of 80 bytes")
    assert floor[1:] == ["load-bound", "-", "-", "12.5", "0.50", "load-bound", "load-bound", "50%, 100%"]
    assert "Rate and latency of 1 of 5 samples are not counted" in markdown


def test_a_table_is_about_the_figure_of_its_workload() -> None:
    ours, upstream = rows(report(some_results()), "### 5,000 idle clients")
    assert ours[1:5] == ["10.0", "10.0 to 10.0", "1.00", "2.0%"]
    assert upstream[3] == "5.50"


def test_a_failure_is_told_once_and_remarks_are_kept() -> None:
    results = some_results()
    results.remarks.append("Interrupted.")
    markdown = report(results)
    assert markdown.count("**Failed**: Node socket.io in fan-out: it ended with status 1") == 1
    assert "Interrupted." in markdown


def test_goals_are_reached_missed_or_not_measured() -> None:
    results = some_results()
    results.cell("idle-15000", "ours").samples += results.cell("idle-5000", "upstream-gevent").samples
    table = rows("### Goals\n" + goals(results), "### Goals")
    told = {row[0]: row[1:] for row in table}
    echo = "Echo of JSON of 80 bytes, `def` handler, 50 clients, 1 in flight: echoes a second, against "
    assert told[f"{echo}Flask-SocketIO 5, threading"] == ["at least 25 times as good", "40 times as good", "yes"]
    assert told[f"{echo}Node socket.io"][1:] == ["-", "not measured"]
    assert told["5,000 idle clients: KiB each"] == ["at most 12.5", "10.0", "yes"]
    assert told["15,000 idle clients, all of whom get their heartbeats: KiB each"][2] == "**no**"


def test_goals_that_the_run_is_not_about_are_not_told() -> None:
    assert "Connect storm" not in goals(some_results())
    assert "not measured" not in report(Results("python -m bench", {}, {}))
