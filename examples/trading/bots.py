"""Who keeps a price moving: a market maker who always offers something, and people in a hurry who take it."""

import os
import random
import time
from collections.abc import Iterator
from typing import Any

from examples.trading.exchange import Book, Order

BUSTLE = float(os.environ.get("TRADING_BUSTLE", "1"))
MOVE = 0.0004 * BUSTLE  # how far the price goes in a moment of trading
HURRY = 0.3 * BUSTLE  # how likely somebody is in a hurry then
DEPTH = 10  # prices on each side at which the market maker offers something
CANDLE = 5  # seconds
CANDLES = 150  # that are kept, each one [time, first price, highest, lowest, last]


class Bots:
    """Those of one symbol. The price wanders around `home`; where there are no candles yet, they make some up."""

    def __init__(self, home: int, candles: Any) -> None:
        self._home = home
        self._price = float(candles[-1][-1] if candles else home)
        self.candles: list[list[int]] = candles or []
        for seconds in range(0 if candles else CANDLE * CANDLES, 0, -1):
            self._move()
            self.note(time.time() - seconds, round(self._price))

    def orders(self, book: Book) -> Iterator[Order]:
        """A moment of trading: the price moves, offers follow, and somebody may be in a hurry."""
        self._move()
        step = max(1, self._home // 2000)
        middle = round(self._price / step)
        places = range(middle - DEPTH, middle + DEPTH)
        wanted = {("buy" if place < middle else "sell", place * step) for place in places}
        for order in book.orders(""):
            if (order.side, order.price) in wanted:
                wanted.remove((order.side, order.price))
            else:
                book.take(order, order.quantity)
        for side, price in wanted:
            yield Order("", book.symbol, side, price, random.randint(1, 12) * 5)
        if random.random() < HURRY:
            side, price = random.choice([("buy", 2 * self._home), ("sell", 1)])
            yield Order("", book.symbol, side, price, random.randint(1, 12) * 5, waits=False)

    def note(self, at: float, price: int) -> bool:
        """Somebody has paid that: it goes into the last candle, or begins another one, which is what is returned."""
        begin = int(at) // CANDLE * CANDLE
        is_new = not self.candles or begin > self.candles[-1][0]
        if is_new:
            self.candles = [*self.candles[1 - CANDLES :], [begin, price, price, price, price]]
        last = self.candles[-1]
        last[2:] = max(last[2], price), min(last[3], price), price
        return is_new

    def _move(self) -> None:
        self._price = self._price * random.gauss(1, MOVE) + (self._home - self._price) * MOVE
