"""How orders meet: nothing is lost, nothing comes from nowhere, and who was there first is first."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.trading.exchange import CANDLE, CANDLES, MOST_ORDERS, OTHER, Book, Order, check
from examples.trading.store import START_CASH, Store
from flask_socketio import EventError

BOTS = ""


class Floor:
    """One symbol, and people who trade it as the server lets them: check, write, do."""

    def __init__(self) -> None:
        self.book = Book("ACME", 0, [])
        self.store = Store(Path(":memory:"))
        self.met: list[tuple[str, str, int, int]] = []  # who has bought from whom, at which price, how many shares
        self._keys = itertools.count(1)

    def place(self, who: str, side: str, quantity: int, price: int | None = None) -> Order:
        """An order; one without a price is a market order."""
        any_price = 1_000_000 if side == "buy" else 1
        order = Order(str(next(self._keys)), "ACME", side, price or any_price, quantity, price is not None, who)
        meetings = self.book.meet(order)
        if who != BOTS:
            check(order, meetings, self.store.account(who))
        self.store.write(order, meetings)
        self.book.carry_out(order, meetings)
        for resting, shares in meetings:
            pair = (who, resting.account) if side == "buy" else (resting.account, who)
            self.met.append((*pair, resting.price, shares))
        return order

    def cancel(self, order: Order) -> None:
        self.store.cancel(order)
        self.book.take(order, order.quantity)

    def refusal(self, who: str, side: str, quantity: int, price: int | None = None) -> str:
        with pytest.raises(EventError) as refused:
            self.place(who, side, quantity, price)
        return refused.value.code

    def shares(self, who: str) -> list[int]:
        """How many somebody has, what they paid for them, and how many are free."""
        shares: list[int] = self.store.account(who)["shares"].get("ACME", [0, 0, 0])
        return shares

    def free_cash(self, who: str) -> int:
        cash: int = self.store.account(who)["free"]
        return cash


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_the_best_price_comes_first_and_at_the_same_price_who_was_there_first(floor: Floor) -> None:
    floor.place(BOTS, "sell", 5, 102)
    floor.place("ada", "buy", 5, 102)
    floor.met.clear()
    floor.place("ada", "sell", 5, 101)
    floor.place(BOTS, "sell", 5, 101)
    floor.place(BOTS, "sell", 5, 100)
    floor.place("bob", "buy", 12)
    assert floor.met == [("bob", BOTS, 100, 5), ("bob", "ada", 101, 5), ("bob", BOTS, 101, 2)]


def test_what_is_left_of_a_limit_order_waits_and_of_a_market_order_does_not(floor: Floor) -> None:
    floor.place(BOTS, "sell", 5, 100)
    waiting = floor.place("ada", "buy", 8, 101)
    assert floor.met == [("ada", BOTS, 100, 5)]
    assert waiting.quantity == 3
    assert floor.book.waiting["buy"] == [waiting]
    floor.place(BOTS, "sell", 9)
    assert floor.met[1:] == [("ada", BOTS, 101, 3)]
    assert floor.book.waiting == {"buy": [], "sell": []}
    assert floor.store.account("ada")["orders"] == []


def test_whom_an_order_would_meet_changes_nothing(floor: Floor) -> None:
    floor.place(BOTS, "sell", 5, 100)
    floor.book.delta(0)
    assert len(floor.book.meet(Order("9", "ACME", "buy", 100, 3, account="ada"))) == 1
    assert floor.book.delta(0) is None


def test_who_cancels_has_the_money_and_the_shares_back(floor: Floor) -> None:
    floor.place(BOTS, "sell", 5, 100)
    floor.place("ada", "buy", 5, 100)
    buying, selling = floor.place("ada", "buy", 10, 90), floor.place("ada", "sell", 4, 110)
    assert floor.free_cash("ada") == START_CASH - 500 - 900
    assert floor.shares("ada") == [5, -500, 1]
    floor.cancel(buying)
    floor.cancel(selling)
    assert floor.free_cash("ada") == START_CASH - 500
    assert floor.shares("ada") == [5, -500, 5]
    assert floor.book.waiting == {"buy": [], "sell": []}


def test_refusals_have_a_code(floor: Floor) -> None:
    assert floor.refusal("ada", "sell", 1, 100) == "insufficient_shares"
    assert floor.refusal("ada", "buy", 1, START_CASH + 1) == "insufficient_funds"
    floor.place(BOTS, "sell", 10, START_CASH // 5)
    assert floor.refusal("ada", "buy", 6) == "insufficient_funds"
    floor.place("ada", "buy", 5)
    assert floor.refusal("ada", "buy", 1, 1) == "insufficient_funds"
    for _ in range(MOST_ORDERS):
        floor.place("bob", "buy", 1, 1)
    assert floor.refusal("bob", "buy", 1, 1) == "too_many_orders"
    floor.place("bob", "buy", 1)


def test_what_is_promised_to_one_order_is_not_there_for_another(floor: Floor) -> None:
    floor.place("ada", "buy", 1, START_CASH)
    assert floor.refusal("ada", "buy", 1, 1) == "insufficient_funds"
    floor.place(BOTS, "sell", 5, 100)
    floor.place("bob", "buy", 5)
    floor.place("bob", "sell", 4, 200)
    assert floor.refusal("bob", "sell", 2, 200) == "insufficient_shares"


def test_a_delta_tells_what_changed_under_the_next_number(floor: Floor) -> None:
    book = floor.book
    assert book.delta(0) is None
    floor.place(BOTS, "sell", 5, 100)
    floor.place(BOTS, "buy", 2, 100)
    floor.place(BOTS, "buy", 7, 90)
    assert book.snapshot() == {"sequence": 0, "levels": [], "trades": [], "candles": []}  # as of the last delta
    first = book.delta(7)
    assert first is not None
    assert sorted(first.pop("changes")) == [["buy", 90, 7], ["sell", 100, 3]]
    assert first == {"symbol": "ACME", "sequence": 1, "at": 7, "trades": [[100, 2, "buy"]], "value": [630, 300]}
    assert book.delta(0) is None
    floor.place(BOTS, "sell", 7)
    assert book.delta(9) == {
        "symbol": "ACME", "sequence": 2, "at": 9,
        "changes": [["buy", 90, 0]], "trades": [[90, 7, "sell"]], "value": [0, 300],
    }  # fmt: skip
    assert book.snapshot() == {
        "sequence": 2, "levels": [["sell", 100, 3]], "trades": [[100, 2, "buy"], [90, 7, "sell"]],
        "candles": [[5, 100, 100, 90, 90]],
    }  # fmt: skip


def test_what_is_paid_becomes_candles() -> None:
    book = Book("ACME", 0, [[0, 1, 1, 1, 1]])
    book.note(CANDLE - 0.1, 5)
    assert book.candles == [[0, 1, 5, 1, 5]]
    book.note(CANDLE, 7)
    book.note(CANDLE + 1, 6)
    assert book.candles == [[0, 1, 5, 1, 5], [CANDLE, 7, 7, 6, 6]]
    for number in range(2, CANDLES + 5):
        book.note(CANDLE * number, 7)
    assert len(book.candles) == CANDLES


ORDERS = st.tuples(
    st.sampled_from(["ada", "bob", BOTS]),
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 20),
    st.one_of(st.none(), st.integers(90, 110)),
)


@given(st.lists(st.one_of(ORDERS, st.integers(0, 50)), max_size=60))
def test_whatever_is_ordered_books_never_cross_and_nothing_is_lost(wishes: list[Any]) -> None:
    """A number cancels one of the orders that were placed."""
    floor = Floor()
    placed: list[Order] = []
    levels: dict[tuple[str, int], int] = {}  # as a page knows them, by deltas alone
    for wish in wishes:
        if isinstance(wish, int):
            if wish < len(placed) and placed[wish] in floor.book.waiting[placed[wish].side]:
                floor.cancel(placed[wish])
        else:
            try:
                placed.append(floor.place(*wish))
            except EventError:
                continue
        delta = floor.book.delta(0)
        if delta:
            levels |= {(side, price): shares for side, price, shares in delta["changes"]}
            assert delta["value"] == [sum(p * n for (s, p), n in levels.items() if s == side) for side in OTHER]
        check_all(floor, levels)


def check_all(floor: Floor, levels: dict[tuple[str, int], int]) -> None:
    """The page's book is that of the server, what people have is what they have traded, and the file knows the rest."""
    known = {(side, price): shares for side, price, shares in floor.book.snapshot()["levels"]}
    assert known == {at: shares for at, shares in levels.items() if shares}
    bids, asks = ([order.price for order in floor.book.waiting[side]] for side in OTHER)
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert not bids or not asks or bids[0] < asks[0]
    waiting = [order for side in floor.book.waiting.values() for order in side if order.account != BOTS]
    assert {(order.key, order.quantity) for order in waiting} == {
        (order.key, order.quantity) for order in floor.store.waiting()
    }
    for name in ("ada", "bob"):
        bought = [(price, shares) for buyer, _, price, shares in floor.met if buyer == name]
        sold = [(price, shares) for _, seller, price, shares in floor.met if seller == name]
        shares, money, free = floor.shares(name)
        assert shares == sum(count for _, count in bought) - sum(count for _, count in sold)
        assert money == sum(price * count for price, count in sold) - sum(price * count for price, count in bought)
        assert free >= 0 <= floor.free_cash(name)
