from __future__ import annotations

from random import Random

from examples.trading.bots import CANDLE, CANDLES, DEPTH, Bots
from examples.trading.exchange import HOUSE, Exchange, Listing


def make(candles: list[list[int]] | None = None) -> tuple[Exchange, Bots]:
    exchange = Exchange({"ACME": Listing("Acme", 18_000), "NITE": Listing("Night", 500, 20, 6)})
    return exchange, Bots(exchange, {"ACME": candles or [], "NITE": []}, Random(1))


def test_there_is_somebody_on_both_sides_from_the_beginning() -> None:
    exchange, _ = make()
    for book in exchange.books.values():
        assert [len(queues) for queues in book.queues.values()] == [DEPTH, DEPTH]


def test_they_trade_among_themselves_for_long_without_harm() -> None:
    exchange, bots = make()
    trades = 0
    for _ in range(500):
        for order in bots.orders("ACME"):
            fills = exchange.plan(order, 12)
            exchange.apply(order, fills)
            trades += len(fills)
        assert max(exchange.books["ACME"].queues["buy"]) < min(exchange.books["ACME"].queues["sell"])
    assert trades > 100
    assert 15_000 < bots.prices["ACME"] < 21_000
    assert exchange.accounts[HOUSE].shares["ACME"] == exchange.accounts[HOUSE].flows["ACME"] == 0
    assert len(exchange.accounts[HOUSE].orders) == 4 * DEPTH


def test_they_go_on_where_the_candles_end() -> None:
    _, bots = make([[0, 17_000, 17_900, 16_900, 17_777, 10]])
    assert bots.prices["ACME"] == 17_777
    assert len(bots.candles["NITE"]) == CANDLES


def test_trades_become_candles() -> None:
    _, bots = make([[0, 1, 1, 1, 1, 10]])
    assert bots.note("ACME", CANDLE - 0.1, 5, 2) is None
    assert bots.note("ACME", CANDLE, 7, 1) == [0, 1, 5, 1, 5, 12]
    assert bots.note("ACME", CANDLE + 1, 6, 1) is None
    assert bots.candles["ACME"][1:] == [[CANDLE, 7, 7, 6, 6, 2]]
    for number in range(2, CANDLES + 5):
        bots.note("ACME", CANDLE * number, 7, 1)
    assert len(bots.candles["ACME"]) == CANDLES
