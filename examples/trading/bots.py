"""Who keeps a price moving: a market maker who always offers something, and people in a hurry who take it."""

import os
import random
import time
from collections.abc import Iterator

from examples.trading.exchange import CANDLE, CANDLES, Book, Order

BUSTLE = float(os.environ.get("TRADING_BUSTLE", "1"))
MOVE = 0.0004 * BUSTLE  # how far the price goes in a moment of trading
HURRY = 0.3 * BUSTLE  # how likely somebody is in a hurry then
DEPTH = 10  # prices on each side at which the market maker offers something


class Bots:
    """Those of one book. The price wanders around `home`; to a book without candles they make up some."""

    def __init__(self, book: Book, home: int) -> None:
        self._book, self._home = book, home
        self._price = float(book.candles[-1][-1] if book.candles else home)
        for seconds in range(0 if book.candles else CANDLE * CANDLES, 0, -1):
            self._move(3)
            book.note(time.time() - seconds, round(self._price))

    def orders(self) -> Iterator[Order]:
        """A moment of trading: the price moves, offers follow, and somebody may be in a hurry."""
        self._move()
        step = max(1, self._home // 2000)
        middle = round(self._price / step)
        wanted = {("buy" if at < middle else "sell", at * step) for at in range(middle - DEPTH, middle + DEPTH)}
        for order in self._book.orders(""):
            if (order.side, order.price) in wanted:
                wanted.remove((order.side, order.price))
            else:
                self._book.take(order, order.quantity)
        for side, price in wanted:
            yield Order("", self._book.symbol, side, price, random.randint(1, 12) * 5)
        if random.random() < HURRY:
            side, price = random.choice([("buy", 2 * self._home), ("sell", 1)])
            yield Order("", self._book.symbol, side, price, random.randint(1, 12) * 5, waits=False)

    def _move(self, far: int = 1) -> None:
        self._price = self._price * random.gauss(1, far * MOVE) + (self._home - self._price) * MOVE
