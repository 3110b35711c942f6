"""The exchange, where orders meet. There is no socket, no file and no clock in here: tests simply call it.

Money is counted in cents and shares in whole ones, so nothing is ever rounded. An order is carried out in two steps:
`plan` works out what would happen and changes nothing, `apply` lets it happen. In between, app.py writes the plan into
its file. So what is refused has never happened, and what has happened is written.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from flask_socketio import EventError

Side = Literal["buy", "sell"]
OTHER: dict[Side, Side] = {"buy": "sell", "sell": "buy"}
HOUSE = "the house"  # the account of the bots, which may owe money and shares as it likes
START_CASH = 5_000_000
MOST_ORDERS = 30  # that one account may have open


class Listing(NamedTuple):
    """A symbol that is traded: its name, the price on the first day, and the hours (UTC) in which it is traded."""

    name: str
    price: int
    opens: int = 0
    closes: int = 24

    def is_open(self, hour: int) -> bool:
        """Whether it is traded in that hour of the day. Those who open late close in the morning."""
        since = (hour - self.opens) % 24
        return since < ((self.closes - self.opens) % 24 or 24)


@dataclass(slots=True, eq=False)
class Order:
    """Somebody wants to buy or sell. `price` is the limit; None is a market order: at any price, now or never."""

    id: int
    account: str
    symbol: str
    side: Side
    price: int | None
    quantity: int  # shares still wanted


class Fill(NamedTuple):
    """Two orders have met; `side` is that of the one that came later."""

    symbol: str
    side: Side
    price: int
    quantity: int
    buyer: str
    seller: str
    buy_order: int
    sell_order: int


@dataclass
class Account:
    """What somebody has. `flows` is the money that came in for each symbol, less the money that went out."""

    shares: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    orders: dict[int, Order] = field(default_factory=dict)

    def free_cash(self) -> int:
        """Cents that are not promised to an open order."""
        promised = sum(
            order.price * order.quantity for order in self.orders.values() if order.side == "buy" and order.price
        )
        return START_CASH + sum(self.flows.values()) - promised

    def free_shares(self, symbol: str) -> int:
        """Shares that are not promised to an open order."""
        orders = [order for order in self.orders.values() if order.symbol == symbol and order.side == "sell"]
        return self.shares[symbol] - sum(order.quantity for order in orders)


class Book:
    """The open orders of one symbol: on each side a queue for each price."""

    def __init__(self, symbol: str, sequence: int) -> None:
        self.symbol = symbol
        self.queues: dict[Side, dict[int, deque[Order]]] = {"buy": {}, "sell": {}}
        self.trades: deque[list[Any]] = deque(maxlen=30)  # the last ones: price, quantity, side of who came later
        self._sequence = sequence
        self._changed: set[tuple[Side, int]] = set()
        self._new_trades: list[list[Any]] = []

    def meets(self, order: Order) -> Iterator[tuple[Order, int]]:
        """Whom an order would meet, and for how many shares: the best price first, and who was there first first."""
        left = order.quantity
        queues = self.queues[OTHER[order.side]]
        for price in sorted(queues, reverse=order.side == "sell"):
            if order.price is not None and (price > order.price if order.side == "buy" else price < order.price):
                return
            for resting in queues[price]:
                shares = min(left, resting.quantity)
                yield resting, shares
                left -= shares
                if not left:
                    return

    def add(self, order: Order) -> None:
        """Let an order wait, behind those of the same price."""
        assert order.price is not None
        self.queues[order.side].setdefault(order.price, deque()).append(order)
        self._changed.add((order.side, order.price))

    def take(self, order: Order, shares: int) -> None:
        """Take shares out of a waiting order, and the order out of the book if none are left."""
        assert order.price is not None
        order.quantity -= shares
        self._changed.add((order.side, order.price))
        if not order.quantity:
            queues = self.queues[order.side]
            queues[order.price].remove(order)
            if not queues[order.price]:
                del queues[order.price]

    def note(self, fill: Fill) -> None:
        """Remember that there was a trade."""
        self.trades.append([fill.price, fill.quantity, fill.side])
        self._new_trades.append(self.trades[-1])

    def total(self, side: Side, price: int) -> int:
        """The shares that wait at a price."""
        return sum(order.quantity for order in self.queues[side].get(price, ()))

    def snapshot(self) -> dict[str, Any]:
        """All of it, as of a sequence number."""
        levels = [[side, price, self.total(side, price)] for side in OTHER for price in self.queues[side]]
        return {"symbol": self.symbol, "sequence": self._sequence, "levels": levels, "trades": [*self.trades]}

    def delta(self) -> dict[str, Any] | None:
        """What has changed since this was asked last, under the next sequence number; None if nothing has.

        A change is a side, a price and the shares that wait there now. `value` is what all shares on each side come
        to: a page whose own sum is another one has a wrong book.
        """
        if not self._changed and not self._new_trades:
            return None
        self._sequence += 1
        changes = [[side, price, self.total(side, price)] for side, price in self._changed]
        trades, self._new_trades = self._new_trades, []
        self._changed.clear()
        value = [sum(price * self.total(side, price) for price in self.queues[side]) for side in OTHER]
        return {"symbol": self.symbol, "sequence": self._sequence, "changes": changes, "trades": trades, "value": value}


class Exchange:
    """All books and all accounts. Not for several threads at once. `sequence` is where the books begin to count."""

    def __init__(self, listings: dict[str, Listing], sequence: int = 0) -> None:
        self.listings = listings
        self.books = {symbol: Book(symbol, sequence) for symbol in listings}
        self.accounts = {HOUSE: Account()}

    def plan(self, order: Order, hour: int) -> list[Fill]:
        """What would happen to an order at that hour of the day. Raises EventError if it cannot be taken."""
        listing = self.listings.get(order.symbol)
        if listing is None:
            raise EventError("unknown_symbol", f"There is no {order.symbol} at this exchange.")
        if not listing.is_open(hour):
            hours = f"{listing.opens}:00 to {listing.closes}:00 UTC"
            raise EventError("out_of_hours", f"{listing.name} is traded from {hours}.", listing._asdict())
        fills = [_fill(order, *met) for met in self.books[order.symbol].meets(order)]
        if order.price is None and not fills:
            raise EventError("nobody_there", f"Nobody {OTHER[order.side]}s {order.symbol} at the moment.")
        if order.account != HOUSE:
            self._check_means(order, fills)
        return fills

    def apply(self, order: Order, fills: Iterable[Fill]) -> None:
        """Let happen what was planned; what is left of a limit order waits."""
        book = self.books[order.symbol]
        for fill in fills:
            resting = next(met for met, _ in book.meets(order))
            book.take(resting, fill.quantity)
            book.note(fill)
            order.quantity -= fill.quantity
            self.settle(fill)
            if not resting.quantity:
                self.accounts[resting.account].orders.pop(resting.id)
        if order.quantity and order.price is not None:
            self.wait(order)

    def wait(self, order: Order) -> None:
        """Let an order wait that meets nobody."""
        self.books[order.symbol].add(order)
        self.accounts[order.account].orders[order.id] = order

    def cancel(self, order: Order) -> None:
        """Take a waiting order back."""
        self.books[order.symbol].take(order, order.quantity)
        del self.accounts[order.account].orders[order.id]

    def settle(self, fill: Fill) -> None:
        """Shares go one way, money goes the other."""
        for name, sign in ((fill.buyer, 1), (fill.seller, -1)):
            self.accounts[name].shares[fill.symbol] += sign * fill.quantity
            self.accounts[name].flows[fill.symbol] -= sign * fill.quantity * fill.price

    def _check_means(self, order: Order, fills: list[Fill]) -> None:
        account = self.accounts[order.account]
        if order.side == "sell" and order.quantity > (free := account.free_shares(order.symbol)):
            raise EventError(
                "insufficient_shares", f"You have {free} shares of {order.symbol} to sell.", {"free": free}
            )
        rest = order.quantity - sum(fill.quantity for fill in fills)
        cost = sum(fill.price * fill.quantity for fill in fills) + rest * (order.price or 0)
        if order.side == "buy" and cost > (cash := account.free_cash()):
            raise EventError("insufficient_funds", f"That costs {money(cost)}, you have {money(cash)}.", {"free": cash})
        if order.price is not None and rest and len(account.orders) >= MOST_ORDERS:
            raise EventError("too_many_orders", f"You have {MOST_ORDERS} open orders; cancel one first.")


def _fill(order: Order, resting: Order, shares: int) -> Fill:
    assert resting.price is not None
    buy, sell = (order, resting) if order.side == "buy" else (resting, order)
    return Fill(order.symbol, order.side, resting.price, shares, buy.account, sell.account, buy.id, sell.id)


def money(cents: int) -> str:
    """Cents as people write them."""
    return f"${cents / 100:,.2f}"
