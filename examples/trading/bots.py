"""Who keeps the prices moving: a market maker who always offers something, and people in a hurry who take it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from random import Random

from examples.trading.exchange import HOUSE, Exchange, Order, Side

CANDLE = 5  # seconds
CANDLES = 150  # that are kept of a symbol, each one [time, open, high, low, close, shares]
DEPTH = 10  # prices on each side at which the market maker offers something
MOVE = 0.0004  # how far a price goes in a moment of trading


class Bots:
    """The bots of an exchange. `candles` is what they know of each symbol; where that is nothing, they make it up."""

    def __init__(self, exchange: Exchange, candles: dict[str, list[list[int]]], dice: Random) -> None:
        self._exchange = exchange
        self._dice = dice
        self._ids = itertools.count(-1, -1)  # never those of people's orders
        self._offers: dict[str, dict[tuple[Side, int], Order]] = {symbol: {} for symbol in candles}
        self.candles = {symbol: known or self._past(symbol) for symbol, known in candles.items()}
        self.prices: dict[str, float] = {symbol: known[-1][4] for symbol, known in self.candles.items()}
        for symbol in candles:
            for order in self._new_offers(symbol):
                exchange.apply(order, exchange.plan(order, exchange.listings[symbol].opens))

    def orders(self, symbol: str) -> Iterator[Order]:
        """A moment of trading: what is believed of the price moves, offers follow, and somebody may be in a hurry."""
        self.prices[symbol] = self._moved(symbol, self.prices[symbol])
        yield from self._new_offers(symbol)
        if self._dice.random() < 0.3:
            yield self._order(symbol, self._dice.choice(("buy", "sell")), None)

    def note(self, symbol: str, now: float, price: int, quantity: int) -> list[int] | None:
        """There was a trade: it goes into the last candle, or begins one; then the one before is returned."""
        candles, begin = self.candles[symbol], int(now) // CANDLE * CANDLE
        finished = candles[-1] if begin > candles[-1][0] else None
        if finished:
            candles.append([begin, price, price, price, price, 0])
            del candles[:-CANDLES]
        begin, first, high, low, _, shares = candles[-1]
        candles[-1] = [begin, first, max(high, price), min(low, price), price, shares + quantity]
        return finished

    def _new_offers(self, symbol: str) -> Iterator[Order]:
        """What the market maker offers around the price that it believes in; what is too far from it is taken back."""
        step = max(1, self._exchange.listings[symbol].price // 2000)
        middle = int(self.prices[symbol]) // step
        wanted: set[tuple[Side, int]] = {("buy", (middle - away) * step) for away in range(DEPTH)}
        wanted |= {("sell", (middle + 1 + away) * step) for away in range(DEPTH)}
        offers = {place: order for place, order in self._offers[symbol].items() if order.quantity}
        self._offers[symbol] = offers
        for place in [*offers]:
            if place not in wanted or self._dice.random() < 0.03:
                self._exchange.cancel(offers.pop(place))
        for place in sorted(wanted - offers.keys()):
            offers[place] = self._order(symbol, *place)
            yield offers[place]

    def _order(self, symbol: str, side: Side, price: int | None) -> Order:
        return Order(next(self._ids), HOUSE, symbol, side, price, self._dice.randint(1, 12) * 5)

    def _moved(self, symbol: str, price: float) -> float:
        return price * self._dice.gauss(1, MOVE) + (self._exchange.listings[symbol].price - price) * MOVE

    def _past(self, symbol: str) -> list[list[int]]:
        price, now = float(self._exchange.listings[symbol].price), int(time.time()) // CANDLE
        candles = []
        for begin in range(now - CANDLES, now):
            moves = [price := self._moved(symbol, price) for _ in range(CANDLE * 10)]
            ends = (round(end) for end in (moves[0], max(moves), min(moves), moves[-1]))
            candles.append([begin * CANDLE, *ends, self._dice.randint(30, 90) * 10])
        return candles
