"""The exchange's handlers and its trading, with clients that have no browser; a restart loads the module again."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from examples.trading import bots
from examples.trading.exchange import Order
from examples.trading.store import START_CASH
from flask_socketio import SocketIOTestClient
from tests.e2e.programs import ROOT

Start: TypeAlias = "Callable[[], Any]"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the exchange; each time as a new process would, with the same folder. Prices rest."""
    monkeypatch.setenv("TRADING_FOLDER", str(tmp_path))
    monkeypatch.setattr(bots, "MOVE", 0)
    monkeypatch.setattr(bots, "HURRY", 0)

    def start() -> Any:
        spec = importlib.util.spec_from_file_location("trading_app", ROOT / "examples" / "trading" / "app.py")
        assert spec
        assert spec.loader
        exchange = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(exchange)
        return exchange

    return start


@pytest.fixture
def exchange(start: Start) -> Any:
    """The exchange."""
    return start()


def log_in(exchange: Any, name: str) -> SocketIOTestClient:
    browser = exchange.app.test_client()
    assert browser.post("/login", data={"name": name, "password": "secret"}).json == {}
    client: SocketIOTestClient = exchange.socketio.test_client(exchange.app, flask_test_client=browser)
    return client


def carry_out(exchange: Any, order: Order) -> None:
    exchange.carry_out(order, exchange.books[order.symbol])


def wish(key: str, side: str, quantity: int, price: int | None = None, symbol: str = "ACME") -> dict[str, Any]:
    """An order as the page sends it; one without a price is a market order."""
    at = price or (1 if side == "sell" else 1_000_000)
    return {"key": key, "symbol": symbol, "side": side, "price": at, "quantity": quantity, "waits": price is not None}


def test_who_has_not_logged_in_is_refused(exchange: Any) -> None:
    client = exchange.socketio.test_client(exchange.app)
    assert client.refusals["/"] == {"message": "Please log in.", "data": {"code": "not_logged_in"}}
    browser = exchange.app.test_client()
    for name, words in ((" ", "1 to 24"), ("\u200d", "1 to 24"), ("x" * 25, "1 to 24"), ("A\u200bda", "nobody can")):
        assert words in browser.post("/login", data={"name": name, "password": "x"}).json["error"]
    assert browser.post("/logout").status_code == 401


def test_names_that_look_the_same_are_one(exchange: Any) -> None:
    with log_in(exchange, "A\u200cda") as ada:
        assert ada.wait_for("account")["args"][0]["name"] == "A\u200cda"
    other = exchange.app.test_client().post("/login", data={"name": "ada", "password": "guessed"})
    assert "not their password" in other.json["error"]


def test_a_page_hears_what_is_traded_and_what_it_has(exchange: Any) -> None:
    with log_in(exchange, "Ada") as ada:
        listing = ada.wait_for("listing")["args"][0]
        assert len(listing) == 20
        assert listing["ACME"] == ["Acme Rockets", 18_250, 0, 24, 18_250]
        account = ada.wait_for("account")["args"][0]
        assert account == {
            "name": "Ada", "start": START_CASH, "free": START_CASH, "shares": {}, "orders": [], "fills": []
        }  # fmt: skip


def test_who_looks_at_a_book_hears_each_change_of_it_and_of_no_other(exchange: Any) -> None:
    with log_in(exchange, "Ada") as ada, log_in(exchange, "Bob") as bob:
        ada.emit("watch", "BOLT", callback=True)
        book = ada.emit("watch", "ACME", callback=True)
        levels = {(side, price): shares for side, price, shares in book["levels"]}
        sequence = book["sequence"]
        for number in range(3):
            bob.emit("order", wish(f"a{number}", "buy", 2, 5_000), callback=True)
            bob.emit("order", wish(f"b{number}", "buy", 2, 5_000, "BOLT"), callback=True)
            while levels.get(("buy", 5_000)) != 2 * number + 2:
                delta = ada.wait_for("delta")["args"][0]
                sequence += 1
                assert (delta["symbol"], delta["sequence"]) == ("ACME", sequence)
                levels |= {(side, price): shares for side, price, shares in delta["changes"]}
                sums = [sum(price * n for (s, price), n in levels.items() if s == side) for side in ("buy", "sell")]
                assert delta["value"] == sums
        with log_in(exchange, "Cyd") as cyd:
            assert cyd.emit("watch", "NONE", callback=True)["error"]["code"] == "unknown_symbol"
            assert cyd.emit("watch", ["ACME"], callback=True)["error"]["code"] == "unknown_symbol"


def test_both_sides_hear_of_a_trade(exchange: Any) -> None:
    with log_in(exchange, "Ada") as ada, log_in(exchange, "Bob") as bob:
        ada.emit("order", wish("buy", "buy", 10, 18_900), callback=True)
        bought = ada.emit("order", wish("more", "buy", 10), callback=True)
        assert bought["filled"] == 10
        ada.emit("order", wish("sell", "sell", 10, 18_245), callback=True)
        answer = bob.emit("order", wish("buy", "buy", 4, 18_245), callback=True)
        assert answer == {"filled": 4, "paid": 4 * 18_245}
        while (account := ada.wait_for("account")["args"][0])["fills"][:1] != [["ACME", "sell", 18_245, 4]]:
            pass
        assert account["shares"]["ACME"][0] == 16
        assert [order[4] for order in account["orders"]] == [6]


def test_who_logs_out_is_put_out_and_orders_nothing_more(exchange: Any) -> None:
    ada, bob = log_in(exchange, "Ada"), log_in(exchange, "Bob")
    browser = exchange.app.test_client()
    browser.post("/login", data={"name": "Ada", "password": "secret"})
    assert browser.post("/logout").json == {}
    assert ada.wait_for("logged out")
    assert not ada.is_connected()
    assert bob.is_connected()
    bob.close()


def test_refusals_have_a_code(exchange: Any) -> None:
    exchange.listings["NITE"] = ["Night Trains", 10_125, 0, 0]
    with log_in(exchange, "Ada") as ada:
        wrongs: list[tuple[dict[str, Any], str]] = [
            ({"symbol": "NONE"}, "unknown_symbol"), ({"symbol": ["ACME"]}, "bad_order"),
            ({"side": "both"}, "bad_order"), ({"side": ["buy"]}, "bad_order"), ({"quantity": 0}, "bad_order"),
            ({"quantity": 10_001}, "bad_order"), ({"quantity": 1.5}, "bad_order"), ({"quantity": True}, "bad_order"),
            ({"price": 0}, "bad_order"), ({"price": 1_000_001}, "bad_order"), ({"price": "1"}, "bad_order"),
            ({"key": None}, "bad_order"), ({"key": ""}, "bad_order"), ({"symbol": "NITE"}, "out_of_hours"),
            ({"account": "Bob", "quantity": 300}, "insufficient_funds"), ({"side": "sell"}, "insufficient_shares"),
        ]  # fmt: skip
        for number, (wrong, code) in enumerate(wrongs):
            order = {**wish(str(number), "buy", 1, 18_000), **wrong}
            assert ada.emit("order", order, callback=True)["error"]["code"] == code, wrong
        assert ada.emit("order", "all of it", callback=True)["error"]["code"] == "bad_order"
    assert exchange.store.waiting() == []


@pytest.mark.parametrize("wrong", [{"side": "buy\n"}, {"key": "1\ud83d"}, {"key": "1\n"}, {"key": "1" * 41}])
def test_what_no_file_keeps_is_no_order(exchange: Any, wrong: dict[str, Any]) -> None:
    with log_in(exchange, "Ada") as ada:
        answer = ada.emit("order", {**wish("1", "buy", 1, 18_000), **wrong}, callback=True)
        assert answer["error"]["code"] == "bad_order"
        assert ada.emit("watch", "\ud83d", callback=True)["error"]["code"] == "unknown_symbol"


def test_an_order_that_comes_again_is_carried_out_once(start: Start) -> None:
    exchange = start()
    with log_in(exchange, "Ada") as ada:
        answer = ada.emit("order", wish("1", "buy", 7), callback=True)
        assert answer["filled"] == 7
        assert ada.emit("order", wish("1", "buy", 7), callback=True) == answer
    for each in (exchange, start()):  # as another client, which `once=` does not know; after a kill -9, too
        with log_in(each, "Ada") as ada:
            assert ada.emit("order", wish("1", "buy", 7), callback=True) == answer
            assert ada.wait_for("account")["args"][0]["shares"]["ACME"][0] == 7
        with log_in(each, "Bob") as bob:  # whose key this is not
            assert bob.emit("order", wish("1", "sell", 7), callback=True)["error"]["code"] == "insufficient_shares"


def test_what_the_market_maker_does_to_others_is_in_the_file_from_the_first_moment_on(start: Start) -> None:
    exchange = start()
    exchange.trade(exchange.books["ACME"])
    carry_out(exchange, Order("1", "ACME", "buy", 19_000, 10, account="Ada"))
    carry_out(exchange, Order("2", "ACME", "sell", 18_300, 10, account="Ada"))
    assert exchange.store.account("Ada")["shares"]["ACME"][0] == 10
    exchange.store.keep("candles of ACME", [[0, 18_800, 18_800, 18_800, 18_800]])
    exchange = start()  # at a price at which the market maker buys what Ada offers
    exchange.trade(exchange.books["ACME"])
    for each in (exchange, start()):
        assert each.store.account("Ada")["shares"]["ACME"][0] == 0
        assert each.store.account("Ada")["orders"] == []
        assert each.store.account("Ada")["fills"][0][:3] == ("ACME", "sell", 18_300)


def test_orders_wait_over_a_restart_in_their_order(start: Start) -> None:
    exchange = start()
    for account, key in (("Ada", "z"), ("Bob", "a"), ("Ada", "b")):
        carry_out(exchange, Order(key, "ACME", "buy", 18_000, 5, account=account))
    exchange = start()
    assert exchange.books["ACME"].sequence > 0
    waiting = exchange.books["ACME"].waiting["buy"]
    assert [(order.account, order.key) for order in waiting] == [("Ada", "z"), ("Bob", "a"), ("Ada", "b")]
    carry_out(exchange, Order("", "ACME", "sell", 1, 7, waits=False))
    assert [order[4] for order in exchange.store.account("Ada")["orders"]] == [5]
    assert [order[4] for order in exchange.store.account("Bob")["orders"]] == [3]


def test_an_order_is_taken_back_by_whom_it_belongs_to(exchange: Any) -> None:
    with log_in(exchange, "Ada") as ada, log_in(exchange, "Bob") as bob:
        ada.emit("order", wish("1", "buy", 5, 100), callback=True)
        bob.emit("cancel", "1", callback=True)
        bob.emit("cancel", ["1"], callback=True)
        assert len(exchange.books["ACME"].waiting["buy"]) % 10 == 1
        ada.emit("cancel", "1", callback=True)
        ada.emit("cancel", "1", callback=True)
        assert exchange.store.waiting() == []
        assert exchange.store.account("Ada")["free"] == START_CASH


def test_what_is_paid_is_told_to_everybody_and_drawn(start: Start) -> None:
    exchange = start()
    with log_in(exchange, "Ada") as ada, log_in(exchange, "Eve") as eve:
        ada.emit("order", wish("1", "buy", 5), callback=True)
        number, symbol, price = eve.wait_for("tick")["args"][0]
        assert (symbol, price) == ("ACME", exchange.books["ACME"].candles[-1][-1])
        ada.emit("order", wish("2", "sell", 5), callback=True)
        assert eve.wait_for("tick")["args"][0][0] > number
    exchange.store.keep("candles of ACME", exchange.books["ACME"].candles)
    assert start().books["ACME"].candles == exchange.books["ACME"].candles
