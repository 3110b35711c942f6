"""The Python in the documentation runs: each page's blocks in order, in one namespace, as a reader types them in.

Those of the first page are files, of which tests/examples/test_first_page.py makes an app and its test.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import flask_socketio
from flask_socketio import SocketIO
from flask_socketio.server.options import ServerOptions
from flask_socketio.transport.options import EngineOptions

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FIRST_PAGE = ROOT / "docs" / "index.md"
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHER_FENCE_OF_PYTHON = re.compile(r"^```(?:py|python3|\{code-block\}.*)$", re.MULTILINE)


def blocks_of(page: Path) -> Iterator[CodeType]:
    """The page's blocks, compiled so that a traceback names the page and the line in it."""
    text = page.read_text(encoding="utf-8")
    for block in PYTHON_BLOCK.finditer(text):
        lines_above = text.count("\n", 0, block.start(1))
        yield compile("\n" * lines_above + block[1], page, "exec", dont_inherit=True)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != FIRST_PAGE and any(blocks_of(page))], ids=lambda page: page.name
)
def test_the_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SocketIO, "run", lambda *args, **options: None)  # a page may end in it; here nothing serves
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page):
        exec(block, namespace)


def test_no_page_hides_python_from_this_test() -> None:
    for page in PAGES:
        fences = OTHER_FENCE_OF_PYTHON.findall(page.read_text(encoding="utf-8"))
        assert not fences, f"{page.name}: Python blocks begin with ```python, so that they are run"


@pytest.mark.parametrize("name", sorted(set(flask_socketio.__all__) - {"__version__"}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert re.search(rf"^\.\. (?:auto\w+|py:data):: flask_socketio\.{name}$", reference, re.MULTILINE)


SEARCHED = """\
from flask_socketio import SocketIO
from app import socketio
import gevents
# monkey patching is not needed
import socketio
    from engineio.payload import Payload
eventlet.monkey_patch()
monkey.patch_all(ssl=False)
socketio = SocketIO(app, client_manager=manager)
socketio.server.instrument(auth=False)
"""


def test_the_search_of_the_migration_page_finds_what_has_to_change(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
    command = re.search(r"^    (grep .*)$", page, re.MULTILINE)
    assert command
    (tmp_path / "app.py").write_text(SEARCHED)
    search = subprocess.run(command[1], shell=True, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert [line.split(":")[1] for line in search.stdout.splitlines()] == ["5", "6", "7", "8", "9", "10"]


@pytest.mark.parametrize("option", [*dataclasses.fields(EngineOptions), *dataclasses.fields(ServerOptions)])
def test_every_option_is_documented_with_its_default(option: dataclasses.Field[Any]) -> None:
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    row = re.search(rf"^\|[^|]*`{option.name}`[^|]*\| ([^|]*) \|", page, re.MULTILINE)
    assert row, f"docs/options.md has no row for {option.name}"
    if isinstance(option.default, int | float | None):  # the others are written in another form by users
        assert ast.literal_eval(row[1].strip("`")) == option.default


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_what_a_page_outside_of_docs_links_to_is_there(name: str) -> None:
    """Sphinx sees to the others."""
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r'(?:\]\(|src="|srcset=")(?!https?:|[#/])([^)"#]+)', text)
    assert not [link for link in links if not (ROOT / link).is_file()]
