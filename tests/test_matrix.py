"""tools/matrix: what it says is the oldest of everything is what pyproject.toml allows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def oldest(name: str, text: str) -> dict[str, str]:
    """The lower bounds in one list of pyproject.toml, without the zeros at the end."""
    found = re.search(rf"^{name} = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL)
    assert found
    return {package.lower(): bound for package, bound in re.findall(r'"([\w-]+)[>~]=([\d.]+)', found[1])}


def test_the_oldest_versions_are_those_of_the_project() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pins, _, _ = (ROOT / "tools" / "matrix" / "minimum.txt").read_text(encoding="utf-8").partition("\n\n")
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", pins, re.MULTILINE))
    assert pinned.pop("werkzeug") == "2.3"  # the oldest that Flask 2.3 takes
    assert pinned == {**oldest("dependencies", pyproject), **oldest("redis", pyproject)}
