from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import astuple

from examples.trading.exchange import Order
from examples.trading.store import START_CASH, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return again(tmp_path)


def again(tmp_path: Path) -> Store:
    """What a server finds that starts now; the one before was not closed."""
    return Store(tmp_path / "exchange.sqlite3")


def buy(key: str, price: int, quantity: int, account: str = "ada", *, waits: bool = True) -> Order:
    return Order(key, "ACME", "buy", price, quantity, waits, account)


def sell(key: str, price: int, quantity: int, account: str = "ada", *, waits: bool = True) -> Order:
    return Order(key, "ACME", "sell", price, quantity, waits, account)


def test_what_was_kept_first_stays_until_something_else_is_kept(store: Store, tmp_path: Path) -> None:
    assert store.kept("secret", None) is None
    assert store.kept("account ada", ["Ada", "hash"]) == ["Ada", "hash"]
    assert again(tmp_path).kept("account ada", ["ADA", "another"]) == ["Ada", "hash"]
    store.keep("account ada", [1])
    assert again(tmp_path).kept("account ada", None) == [1]


def test_an_order_and_its_fills_are_written_at_once(store: Store, tmp_path: Path) -> None:
    store.write(buy("key", 101, 10), [(sell("", 100, 3, ""), 3), (sell("", 101, 2, ""), 2)])
    later = again(tmp_path)
    assert later.account("ada") == {
        "name": "ada",
        "start": START_CASH,
        "free": START_CASH - 502 - 5 * 101,
        "shares": {"ACME": [5, -502, 5]},
        "orders": [("key", "ACME", "buy", 101, 5, 1, "ada", 1)],
        "fills": [("ACME", "buy", 101, 2), ("ACME", "buy", 100, 3)],
    }
    assert later.account("bob")["fills"] == []
    assert later.answer("ada", "key") == {"filled": 5, "paid": 502}
    assert later.answer("bob", "key") == {}


def test_an_order_that_comes_twice_is_written_not_at_all(store: Store) -> None:
    store.write(buy("key", 100, 1), [])
    with pytest.raises(sqlite3.IntegrityError):
        store.write(buy("key", 100, 1), [(sell("", 100, 1, ""), 1)])
    assert store.account("ada")["fills"] == []
    store.write(buy("key", 100, 1, "bob"), [])
    assert [order.account for order in store.waiting()] == ["ada", "bob"]


def test_what_is_promised_to_orders_is_not_free(store: Store) -> None:
    store.write(buy("a", 100, 10), [(sell("", 90, 10, ""), 10)])
    store.write(sell("b", 120, 4), [(buy("", 130, 1, ""), 1)])
    store.write(sell("c", 1, 9, waits=False), [(buy("", 80, 2, ""), 2)])
    store.write(buy("d", 50, 2), [])
    account = store.account("ada")
    assert account["shares"] == {"ACME": [7, -900 + 130 + 160, 4]}
    assert account["free"] == START_CASH - 900 + 130 + 160 - 100
    store.cancel(sell("b", 120, 3))
    store.cancel(buy("d", 50, 2))
    account = store.account("ada")
    assert account["shares"] == {"ACME": [7, -900 + 130 + 160, 7]}
    assert account["free"] == START_CASH - 900 + 130 + 160


def test_what_waits_is_what_is_left_of_limit_orders(store: Store, tmp_path: Path) -> None:
    store.write(buy("z", 100, 10), [(sell("", 99, 4, ""), 4)])
    store.write(resting := sell("a", 120, 5), [])
    store.write(buy("c", 1_000, 9, "bob", waits=False), [])
    store.write(taken_back := buy("d", 90, 9, "bob"), [])
    store.cancel(taken_back)
    store.write(Order("", "ACME", "buy", 1_000, 5, waits=False), [(resting, 5)])
    store.write(buy("b", 80, 1, "bob"), [])
    assert [astuple(order) for order in again(tmp_path).waiting()] == [
        ("z", "ACME", "buy", 100, 6, 1, "ada"), ("b", "ACME", "buy", 80, 1, 1, "bob")
    ]  # fmt: skip
