"""What holds for each of the examples."""

from __future__ import annotations

import pytest

from tests.e2e.programs import ROOT
from tools.crowd.example import served


@pytest.mark.parametrize("example", ["chat", "game", "trading"])
def test_it_is_read_in_one_sitting(example: str) -> None:
    """Less than 400 lines of Python, its comments and docstrings too; those with nothing on them are not to be read."""
    files = [file.read_text(encoding="utf-8") for file in (ROOT / "examples" / example).glob("*.py")]
    assert 0 < sum(bool(line.strip()) for file in files for line in file.splitlines()) < 400


def test_a_crowd_is_told_that_its_example_has_died_at_its_start() -> None:
    with pytest.raises(RuntimeError, match=r"^examples\.none has ended at its start, with exit status 1$"):
        served("none").__enter__()
