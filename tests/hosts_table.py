"""The README's table of servers: what the tests of a whole run showed of each.

A test that starts a server names it, and what it shows of it when it passes:

    @pytest.mark.host("gunicorn -k gthread")
    @pytest.mark.shows("TLS")
    def test_...

`host` takes one of SERVERS, `shows` any of COLUMNS, or "no " and one of them where a test shows what the server says
because it cannot do that. A parameter may carry the marks instead of the test; `on_each` makes such parameters. A test
over all `transports` shows them by itself. `make hosts-table` writes the table after a change.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Final

import pytest

SERVERS: Final = (
    "socketio.run(app)",
    "flask socketio run",
    "gunicorn -k flask_socketio.gunicorn.Worker",
    "gunicorn -k gthread",
    "gunicorn -k sync",
    "flask run",
    "uvicorn",
    "hypercorn",
    "granian",
    "gunicorn -k asgi",
    "uwsgi",
    "waitress",
)
COLUMNS: Final = (
    "long polling",
    "WebSocket",
    "TLS",
    "Unix socket",
    "ProxyFix",
    "behind nginx",
    "told of the stop",
    "reloader",
)

#: What a test shows whose clients use these transports.
TRANSPORTS: Final = {
    "polling": ["long polling"],
    "websocket": ["WebSocket"],
    "upgrade": ["long polling", "WebSocket"],
}

README: Final = Path(__file__).parent.parent / "README.md"
BEGIN: Final = "<!-- hosts: begin, written by `make hosts-table` -->"
END: Final = "<!-- hosts: end -->"


def on_each(servers: Iterable[str]) -> list[Any]:
    """Parameters for tests that are about these servers, one after the other."""
    return [pytest.param(server, marks=pytest.mark.host(server)) for server in servers]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-hosts-table", action="store_true", help="write the README's table of servers")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "host(server): the server of a test, a line of the README's table")
    config.addinivalue_line("markers", "shows(*columns): what a test shows of its server when it passes")
    config.addinivalue_line("markers", "hosts_table: compares the table, after all other tests")
    config.pluginmanager.register(Witness(), "hosts-table")


class Witness:
    """Sees the tests of servers, and how they went."""

    def __init__(self) -> None:
        self._claims: dict[str, set[tuple[str, str]]] = {}
        self._passed: set[str] = set()

    def table(self) -> str:
        """What all tests together showed, as Markdown. Raises AssertionError unless all of them passed."""
        failed = self._claims.keys() - self._passed
        assert not failed, f"no table without {', '.join(sorted(failed))}"
        shown = set().union(*self._claims.values())
        lines = ["| server | " + " | ".join(COLUMNS) + " |", "| --- |" + " --- |" * len(COLUMNS)]
        for server in SERVERS:
            cells = [cell(server, column, shown) for column in COLUMNS]
            if any(cells):
                lines.append(f"| `{server}` | " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Take the claims down; compare the table last, and only where all tests of servers run."""
        self._claims = {item.nodeid: claims for item in items if (claims := claims_of(item))}
        is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
        yield
        is_whole &= self._claims.keys() <= {item.nodeid for item in items}
        comparing = [item for item in items if item.get_closest_marker("hosts_table")]
        items[:] = [item for item in items if item not in comparing]
        if is_whole:
            items += comparing
        elif comparing:
            config.hook.pytest_deselected(items=comparing)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)
        elif not report.passed:
            self._passed.discard(report.nodeid)


def claims_of(item: pytest.Item) -> set[tuple[str, str]]:
    """The servers a test is about, each with what the test shows of it."""
    servers = [server for mark in item.iter_markers("host") for server in mark.args]
    columns = [column for mark in item.iter_markers("shows") for column in mark.args]
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    is_of_one = any(mark.args[0] == "transports" for mark in item.iter_markers("parametrize"))
    if servers and "transports" in parameters and not is_of_one:
        columns += TRANSPORTS[str(parameters["transports"])]
    unknown = {column.removeprefix("no ") for column in columns} - set(COLUMNS) | set(servers) - set(SERVERS)
    if unknown:
        raise pytest.UsageError(f"{item.nodeid} is marked with what tests/hosts_table.py does not know: {unknown}")
    return {(server, column) for server in servers for column in columns}


def cell(server: str, column: str, shown: set[tuple[str, str]]) -> str:
    can, cannot = (server, column) in shown, (server, f"no {column}") in shown
    assert not (can and cannot), f"tests contradict each other about {column} under {server}"
    return "yes" if can else "no" if cannot else ""


def in_readme(table: str) -> str:
    """The README with this table."""
    head, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert end, "README.md has lost the marks around its table of servers"
    return f"{head}{BEGIN}\n\n{table}\n{END}{tail}"
