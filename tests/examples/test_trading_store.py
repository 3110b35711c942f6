from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from examples.trading.exchange import HOUSE, Fill, Order
from examples.trading.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "trading.sqlite3")


def again(tmp_path: Path) -> Store:
    """What a server finds that starts now; the one before was not closed."""
    return Store(tmp_path / "trading.sqlite3")


def fill(price: int, quantity: int, *, buy: int, sell: int, buyer: str = "ada", seller: str = HOUSE) -> Fill:
    return Fill("ACME", "buy", price, quantity, buyer, seller, buy, sell)


def test_accounts_and_the_secret_stay(store: Store, tmp_path: Path) -> None:
    store.add_account("Ada", "hash")
    later = again(tmp_path)
    assert later.accounts() == ["Ada"]
    assert later.account("ada") == ("Ada", "hash")
    assert later.account("Bob") is None
    assert later.secret() == store.secret() != ""
    with pytest.raises(sqlite3.IntegrityError):
        store.add_account("ADA", "hash")


def test_an_order_and_its_fills_are_written_at_once(store: Store, tmp_path: Path) -> None:
    fills = [fill(100, 3, buy=1, sell=-4), fill(101, 2, buy=1, sell=-5)]
    store.write(Order(1, "ada", "ACME", "buy", 101, 10), "key", fills)
    later = again(tmp_path)
    assert later.fills() == later.fills("ada") == fills[::-1]
    assert later.fills("ada", 1) == fills[1:]
    assert later.fills("bob") == []
    assert later.last_order() == 1
    answer = {"id": 1, "symbol": "ACME", "side": "buy", "quantity": 10, "filled": 5, "paid": 502}
    assert later.answer("ada", "key") == answer
    assert later.answer("bob", "key") == {}


def test_an_order_that_comes_twice_is_written_not_at_all(store: Store) -> None:
    store.write(Order(1, "ada", "ACME", "buy", None, 1), "key", [])
    with pytest.raises(sqlite3.IntegrityError):
        store.write(Order(2, "ada", "ACME", "buy", None, 1), "key", [fill(100, 1, buy=2, sell=-1)])
    assert store.last_order() == 1
    assert store.fills() == []
    store.write(Order(2, "bob", "ACME", "buy", None, 1), "key", [])


def test_what_waits_is_what_is_left_of_limit_orders(store: Store, tmp_path: Path) -> None:
    store.write(Order(1, "ada", "ACME", "buy", 100, 10), "a", [fill(99, 4, buy=1, sell=-1)])
    store.write(Order(2, "ada", "ACME", "sell", 120, 5), "b", [])
    store.write(Order(3, "bob", "ACME", "buy", None, 9), "c", [])
    taken_back = Order(4, "bob", "ACME", "buy", 90, 9)
    store.write(taken_back, "d", [])
    store.close_order(taken_back)
    store.write(
        Order(-7, HOUSE, "ACME", "buy", None, 5), None, [fill(120, 5, buy=-7, sell=2, buyer=HOUSE, seller="ada")]
    )
    (waiting,) = again(tmp_path).waiting()
    assert (waiting.id, waiting.account, waiting.symbol, waiting.side) == (1, "ada", "ACME", "buy")
    assert (waiting.price, waiting.quantity) == (100, 6)


def test_candles(store: Store) -> None:
    candles = [[at, 1, 2, 0, 1, 10] for at in (5, 10, 15)]
    store.add_candles("ACME", candles)
    store.add_candles("ACME", [[15, 1, 3, 0, 2, 20]])
    assert store.candles("ACME", 2) == [candles[1], [15, 1, 3, 0, 2, 20]]
    assert store.candles("BOLT", 2) == []
