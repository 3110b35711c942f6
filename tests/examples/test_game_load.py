"""A small crowd in the game; `python -m tools.crowd.game` sends a large one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tools.crowd.game.__main__ import judge, play, rows
from tools.crowd.game.page import Tally


def test_all_of_a_match_see_the_same(tmp_path: Path) -> None:
    tally, costs = asyncio.run(play(tmp_path, matches=2, players=3, seconds=3))
    assert judge(tally) == []
    assert rows(tally)["states that differ"] == "0" and costs


def test_what_is_wrong_is_told() -> None:
    tally = Tally()
    tally.states["match 1", 30] |= {1, 2}
    tally.counts["states that could not be read"] = 3
    assert judge(tally) == [
        "3 states that could not be read",
        "1 states that differ",
        "too little happened to say anything",
    ]
