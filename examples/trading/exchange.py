"""How orders meet: no socket, no file and no clock. Money is in cents and shares are whole: nothing is ever rounded."""

from bisect import insort
from collections import Counter
from typing import Annotated, Any

from msgspec import Meta, Struct

from flask_socketio import EventError

OTHER = {"buy": "sell", "sell": "buy"}
MOST = 10_000  # shares of an order, and dollars for one: what comes out is still an exact number in JavaScript
MOST_ORDERS, MOST_TRADES = 30, 30  # of one account that wait; that are remembered
CANDLE, CANDLES = 5, 150  # seconds of each, and how many there are: [time, first price, highest, lowest, last]

Meetings = list[tuple["Order", int]]  # whom an order meets, the first first, and for how many shares


class Order(Struct, eq=False):
    """Somebody wants to buy or sell, at this price or a better one. What comes from a page keeps to these bounds."""

    key: Annotated[str, Meta(pattern=r"\A[!-~]{1,40}\Z")]  # made by the page: an order that comes again has the same
    symbol: str
    side: Annotated[str, Meta(pattern=r"\A(buy|sell)\Z")]
    price: Annotated[int, Meta(ge=1, le=100 * MOST)]
    quantity: Annotated[int, Meta(ge=1, le=MOST)]  # shares still wanted
    waits: bool = True  # for somebody who meets it, as a limit order does; False: now or never, a market order
    account: str = ""  # the bots

    def rank(self) -> int:
        """Where it stands on its side of a book: the best price comes first."""
        return self.price if self.side == "sell" else -self.price


class Book:
    """The orders of one symbol that wait, and what was paid. `sequence` is the number of the last delta."""

    def __init__(self, symbol: str, sequence: int, candles: list[list[int]]) -> None:
        self.symbol, self.sequence, self.candles = symbol, sequence, candles
        self.waiting: dict[str, list[Order]] = {"buy": [], "sell": []}
        self._trades: list[list[Any]] = []  # the last ones: price, shares, side of who came later
        self._new_trades: list[list[Any]] = []  # since the last delta
        self._told: Counter[Any] = Counter()  # the shares at each price of each side, as of the last delta

    def orders(self, account: str) -> list[Order]:
        """Those of somebody."""
        return [order for side in self.waiting.values() for order in side if order.account == account]

    def meet(self, order: Order) -> Meetings:
        """Whom an order would meet: the best price first, and who was there first first. Nothing happens yet."""
        meetings, left = [], order.quantity
        for resting in self.waiting[OTHER[order.side]]:
            if not left or order.rank() + resting.rank() > 0:
                break
            meetings.append((resting, min(left, resting.quantity)))
            left -= meetings[-1][1]
        return meetings

    def carry_out(self, order: Order, meetings: Meetings) -> None:
        """Let it happen. What is left of the order may wait, behind those that are as good."""
        for resting, shares in meetings:
            self.take(resting, shares)
            order.quantity -= shares
            self._new_trades.append([resting.price, shares, order.side])
        if order.quantity and order.waits:
            insort(self.waiting[order.side], order, key=Order.rank)

    def take(self, order: Order, shares: int) -> None:
        """Take shares out of an order that waits, and the order out of the book if none are left."""
        order.quantity -= shares
        if not order.quantity:
            self.waiting[order.side].remove(order)

    def note(self, at: float, price: int) -> None:
        """Put a price that was paid into the last candle, or into a new one."""
        begin = int(at) // CANDLE * CANDLE
        if not self.candles or self.candles[-1][0] < begin:
            self.candles = [*self.candles[1 - CANDLES :], [begin, price, price, price, price]]
        last = self.candles[-1]
        last[2:] = max(last[2], price), min(last[3], price), price

    def delta(self, at: float) -> dict[str, Any] | None:
        """What has changed since this was asked last, under the next number; None if nothing has.

        `value` is what all shares of each side come to: a page whose own sum is another one has a wrong book.
        """
        levels: Counter[Any] = Counter()
        for order in self.waiting["buy"] + self.waiting["sell"]:
            levels[order.side, order.price] += order.quantity
        changes = [[*place, levels[place]] for place in {*levels, *self._told} if levels[place] != self._told[place]]
        trades, self._new_trades, self._told = self._new_trades, [], levels
        if not changes and not trades:
            return None
        for price, _, _ in trades:
            self.note(at, price)
        self.sequence, self._trades = self.sequence + 1, [*self._trades, *trades][-MOST_TRADES:]
        value = [sum(price * levels[each, price] for each, price in levels if each == side) for side in OTHER]
        number = {"symbol": self.symbol, "sequence": self.sequence, "at": at}
        return {**number, "changes": changes, "trades": trades, "value": value}

    def snapshot(self) -> dict[str, Any]:
        """All of it, as of the last delta."""
        levels = [[*place, shares] for place, shares in self._told.items()]
        return {"sequence": self.sequence, "levels": levels, "trades": self._trades, "candles": self.candles}


def check(order: Order, meetings: Meetings, account: dict[str, Any]) -> None:
    """Raise EventError if an order is too much for somebody who has that; see `Store.account`."""
    rest = order.waits * (order.quantity - sum(shares for _, shares in meetings))
    cost = sum(resting.price * shares for resting, shares in meetings) + order.price * rest
    if order.side == "buy" and cost > (free := account["free"]):
        raise EventError("insufficient_funds", f"That costs ${cost / 100:,.2f}, you have ${free / 100:,.2f}.")
    if order.side == "sell" and order.quantity > (free := account["shares"].get(order.symbol, (0, 0, 0))[2]):
        raise EventError("insufficient_shares", f"You have {free} shares of {order.symbol} to sell.")
    if rest and len(account["orders"]) >= MOST_ORDERS:
        raise EventError("too_many_orders", f"You have {MOST_ORDERS} open orders; cancel one first.")
