"""How orders meet: nothing is lost, nothing comes from nowhere, and who was there first is first."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.trading.exchange import (
    HOUSE,
    MOST_ORDERS,
    OTHER,
    START_CASH,
    Account,
    Exchange,
    Fill,
    Listing,
    Order,
    Side,
)
from flask_socketio import EventError

LISTINGS = {"ACME": Listing("Acme", 100), "NITE": Listing("Night", 100, 20, 6)}


class Floor:
    """An exchange with people at it. What they want is carried out at noon."""

    def __init__(self, *people: str) -> None:
        self.exchange = Exchange(LISTINGS)
        self.exchange.accounts |= {name: Account() for name in people}
        self._ids = itertools.count(1)
        self.fills: list[Fill] = []

    def place(self, who: str, side: Side, quantity: int, price: int | None = None, symbol: str = "ACME") -> Order:
        order = Order(next(self._ids), who, symbol, side, price, quantity)
        fills = self.exchange.plan(order, 12)
        self.exchange.apply(order, fills)
        self.fills += fills
        return order

    def met(self) -> list[tuple[str, str, int, int]]:
        """Who has bought from whom, at which price, how many shares."""
        return [(fill.buyer, fill.seller, fill.price, fill.quantity) for fill in self.fills]

    def refusal(self, who: str, side: Side, quantity: int, price: int | None = None, symbol: str = "ACME") -> str:
        with pytest.raises(EventError) as refused:
            self.place(who, side, quantity, price, symbol)
        return refused.value.code


@pytest.fixture
def floor() -> Floor:
    return Floor("ada", "bob")


def test_the_best_price_comes_first_and_at_the_same_price_who_was_there_first(floor: Floor) -> None:
    floor.place(HOUSE, "sell", 5, 102)
    floor.place("ada", "buy", 5, 102)
    floor.fills.clear()
    floor.place("ada", "sell", 5, 101)
    floor.place(HOUSE, "sell", 5, 101)
    floor.place(HOUSE, "sell", 5, 100)
    floor.place("bob", "buy", 12)
    assert floor.met() == [("bob", HOUSE, 100, 5), ("bob", "ada", 101, 5), ("bob", HOUSE, 101, 2)]


def test_what_is_left_of_a_limit_order_waits_and_of_a_market_order_does_not(floor: Floor) -> None:
    floor.place(HOUSE, "sell", 5, 100)
    waiting = floor.place("ada", "buy", 8, 101)
    assert floor.met() == [("ada", HOUSE, 100, 5)]
    assert waiting.quantity == 3
    assert floor.exchange.accounts["ada"].orders == {waiting.id: waiting}
    floor.place(HOUSE, "sell", 9)
    assert floor.met()[1:] == [("ada", HOUSE, 101, 3)]
    assert floor.exchange.books["ACME"].snapshot()["levels"] == []
    assert floor.exchange.accounts["ada"].orders == {}


def test_planning_changes_nothing(floor: Floor) -> None:
    floor.place(HOUSE, "sell", 5, 100)
    before = floor.exchange.books["ACME"].snapshot()
    assert len(floor.exchange.plan(Order(9, "ada", "ACME", "buy", None, 3), 12)) == 1
    assert floor.exchange.books["ACME"].snapshot() == before
    assert floor.exchange.accounts["ada"].free_cash() == START_CASH


def test_who_cancels_has_the_money_and_the_shares_back(floor: Floor) -> None:
    floor.place(HOUSE, "sell", 5, 100)
    floor.place("ada", "buy", 5, 100)
    account = floor.exchange.accounts["ada"]
    buying, selling = floor.place("ada", "buy", 10, 90), floor.place("ada", "sell", 4, 110)
    assert account.free_cash() == START_CASH - 500 - 900
    assert account.free_shares("ACME") == 1
    floor.exchange.cancel(buying)
    floor.exchange.cancel(selling)
    assert account.free_cash() == START_CASH - 500
    assert account.free_shares("ACME") == 5
    assert floor.exchange.books["ACME"].snapshot()["levels"] == []


def test_refusals_have_a_code(floor: Floor) -> None:
    assert floor.refusal("ada", "buy", 1, symbol="NONE") == "unknown_symbol"
    assert floor.refusal("ada", "buy", 1, 100, symbol="NITE") == "out_of_hours"
    assert floor.refusal("ada", "buy", 1) == "nobody_there"
    assert floor.refusal("ada", "sell", 1, 100) == "insufficient_shares"
    assert floor.refusal("ada", "buy", 1, START_CASH + 1) == "insufficient_funds"
    floor.place(HOUSE, "sell", 10, START_CASH // 5)
    assert floor.refusal("ada", "buy", 6) == "insufficient_funds"
    floor.place("ada", "buy", 5)
    assert floor.refusal("ada", "buy", 1, 1) == "insufficient_funds"
    for _ in range(MOST_ORDERS):
        floor.place("bob", "buy", 1, 1)
    assert floor.refusal("bob", "buy", 1, 1) == "too_many_orders"


def test_what_is_promised_to_one_order_is_not_there_for_another(floor: Floor) -> None:
    floor.place("ada", "buy", 1, START_CASH)
    assert floor.refusal("ada", "buy", 1, 1) == "insufficient_funds"
    floor.place(HOUSE, "sell", 5, 100)
    floor.place("bob", "buy", 5)
    floor.place("bob", "sell", 4, 200)
    assert floor.refusal("bob", "sell", 2, 200) == "insufficient_shares"


@pytest.mark.parametrize(
    ("opens", "closes", "open_at"), [(0, 24, range(24)), (9, 17, range(9, 17)), (20, 6, [*range(6), *range(20, 24)])]
)
def test_hours(opens: int, closes: int, open_at: Any) -> None:
    listing = Listing("", 1, opens, closes)
    assert [hour for hour in range(24) if listing.is_open(hour)] == [*open_at]


def test_a_delta_tells_what_changed_under_the_next_number() -> None:
    floor = Floor()
    book = floor.exchange.books["ACME"]
    assert book.delta() is None
    floor.place(HOUSE, "sell", 5, 100)
    floor.place(HOUSE, "buy", 2, 100)
    floor.place(HOUSE, "buy", 7, 90)
    first = book.delta()
    assert first is not None
    assert sorted(first.pop("changes")) == [["buy", 90, 7], ["sell", 100, 3]]
    assert first == {"symbol": "ACME", "sequence": 1, "trades": [[100, 2, "buy"]], "value": [630, 300]}
    assert book.delta() is None
    floor.place(HOUSE, "sell", 7)
    assert book.delta() == {
        "symbol": "ACME", "sequence": 2, "changes": [["buy", 90, 0]], "trades": [[90, 7, "sell"]], "value": [0, 300]
    }  # fmt: skip
    assert book.snapshot() == {
        "symbol": "ACME", "sequence": 2, "levels": [["sell", 100, 3]], "trades": [[100, 2, "buy"], [90, 7, "sell"]]
    }  # fmt: skip


ORDERS = st.tuples(
    st.sampled_from(["ada", "bob", HOUSE]),
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 20),
    st.one_of(st.none(), st.integers(90, 110)),
)


@given(st.lists(st.one_of(ORDERS, st.integers(0, 50)), max_size=60))
def test_whatever_is_ordered_books_never_cross_and_nothing_is_lost(wishes: list[Any]) -> None:
    """A number cancels one of the orders that were placed."""
    floor = Floor("ada", "bob")
    book, placed = floor.exchange.books["ACME"], list[Order]()
    levels: dict[tuple[str, int], int] = {}  # as a page knows them, by deltas alone
    wanted: dict[int, int] = {}
    for wish in wishes:
        if isinstance(wish, int):
            if wish < len(placed) and placed[wish].id in floor.exchange.accounts[placed[wish].account].orders:
                wanted[placed[wish].id] -= placed[wish].quantity
                floor.exchange.cancel(placed[wish])
        else:
            try:
                placed.append(floor.place(*wish))
            except EventError:
                continue
            wanted[placed[-1].id] = wish[2]
        delta = book.delta()
        for side, price, shares in delta["changes"] if delta else ():
            levels[side, price] = shares
            assert delta is not None
        if delta:
            assert delta["value"] == [sum(p * n for (s, p), n in levels.items() if s == side) for side in OTHER]
        check(floor, book.snapshot()["levels"], levels, placed, wanted)


def check(floor: Floor, known: Any, levels: Any, placed: list[Order], wanted: dict[int, int]) -> None:
    assert {(side, price): shares for side, price, shares in known} == {at: left for at, left in levels.items() if left}
    bids, asks = [[price for s, price, _ in known if s == side] for side in OTHER]
    assert not bids or not asks or max(bids) < min(asks)
    accounts = floor.exchange.accounts.values()
    assert sum(account.shares["ACME"] for account in accounts) == 0
    assert sum(account.flows["ACME"] for account in accounts) == 0
    for name in ("ada", "bob"):
        assert floor.exchange.accounts[name].free_cash() >= 0
        assert floor.exchange.accounts[name].free_shares("ACME") >= 0
    for order in placed:
        filled = sum(fill.quantity for fill in floor.fills if order.id in (fill.buy_order, fill.sell_order))
        is_waiting = order.id in floor.exchange.accounts[order.account].orders
        if is_waiting:
            assert filled + order.quantity == wanted[order.id]
        else:
            assert filled <= wanted[order.id]
    for fill in floor.fills:
        for id, side in ((fill.buy_order, 1), (fill.sell_order, -1)):
            limit = next(order.price for order in placed if order.id == id)
            assert limit is None or side * fill.price <= side * limit
