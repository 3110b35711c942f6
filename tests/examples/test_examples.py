"""What holds for each of the examples."""

from __future__ import annotations

import pytest

from tests.e2e.programs import ROOT


@pytest.mark.parametrize("example", ["chat", "game"])
def test_it_can_be_read_in_one_sitting(example: str) -> None:
    files = (ROOT / "examples" / example).glob("*.py")
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) < 400
