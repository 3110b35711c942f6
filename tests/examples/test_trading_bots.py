from __future__ import annotations

import random
import time

import pytest

from examples.trading import bots
from examples.trading.bots import DEPTH, Bots
from examples.trading.exchange import CANDLES, Book, Order


@pytest.fixture(autouse=True)
def dice() -> None:
    random.seed(1)


def floor(candles: list[list[int]] | None = None) -> tuple[Book, Bots]:
    book = Book("ACME", 0, candles or [])
    return book, Bots(book, 18_000)


def trade(bots: Bots, book: Book) -> int:
    """A moment of trading; returns how often orders met."""
    met = 0
    for order in bots.orders():
        meetings = book.meet(order)
        book.carry_out(order, meetings)
        met += len(meetings)
    return met


def test_there_is_always_somebody_on_both_sides_and_the_price_stays_near_home() -> None:
    book, acme = floor()
    assert sum(trade(acme, book) for _ in range(500)) > 100
    assert trade(acme, book) >= 0
    bids, asks = book.waiting["buy"], book.waiting["sell"]
    assert len(bids) > DEPTH / 2 < len(asks)
    assert 15_000 < bids[0].price < asks[0].price < 21_000


def test_where_nothing_moves_what_is_taken_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots, "MOVE", 0)
    monkeypatch.setattr(bots, "HURRY", 0)
    book, acme = floor()
    trade(acme, book)
    before = [*book.waiting["sell"]]
    assert [len(side) for side in book.waiting.values()] == [DEPTH, DEPTH]
    order = Order("1", "ACME", "buy", before[1].price, 200, account="ada")
    book.carry_out(order, book.meet(order))
    assert book.waiting["sell"] == before[2:]
    book.take(order, order.quantity)
    trade(acme, book)
    assert [order.price for order in book.waiting["sell"]] == [order.price for order in before]
    assert book.waiting["sell"][2:] == before[2:]


def test_the_orders_of_people_are_left_alone() -> None:
    book, acme = floor()
    book.carry_out(order := Order("1", "ACME", "buy", 100, 5, account="ada"), [])
    for _ in range(20):
        trade(acme, book)
    assert book.waiting["buy"][-1] is order
    assert order.quantity == 5


def test_they_go_on_where_the_candles_end() -> None:
    known = [[0, 17_000, 17_900, 16_900, 17_777]]
    book, acme = floor(known)
    assert book.candles == known
    trade(acme, book)
    assert 17_700 < book.waiting["buy"][0].price < 17_850


def test_they_make_up_candles_that_never_were() -> None:
    book, _ = floor()
    assert len(book.candles) in (CANDLES, CANDLES - 1)
    assert book.candles[-1][0] <= time.time()
