"""A small crowd at the exchange; `python -m tools.crowd.trading` sends a large one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tools.crowd.trading.__main__ import judge, rows, trade
from tools.crowd.trading.trader import Tally


def test_books_are_right_everywhere_and_orders_are_carried_out_once(tmp_path: Path) -> None:
    tally, costs = asyncio.run(trade(tmp_path, clients=20, seconds=4, pause=0.3))
    assert judge(tally, tmp_path) == []
    assert tally.counts["orders repeated"] > 0
    assert tally.counts["sums checked"] > 100
    assert rows(tally)["books wrong"] == "0" and costs


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    tally = Tally()
    tally.counts.update({"books wrong": 2, "gaps made": 3, "gaps noticed": 2, "books compared": 1, "sums checked": 1})
    tally.counts["orders"] = 1
    tally.answers = [("ada", "key", {"id": 1, "filled": 1})]
    assert judge(tally, tmp_path) == [
        "2 books wrong",
        "3 gaps were made, 2 noticed",
        "ada was told {'id': 1, 'filled': 1}, and the file says {}",
        "1 orders were acknowledged, 0 are in the file",
    ]
