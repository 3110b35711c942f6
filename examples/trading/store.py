"""What survives a restart and a crash, in one SQLite file: what people ordered, and what became of it.

Nobody's balance is written down: it is the sum of what became of the orders, so the two can never disagree.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

from msgspec.structs import astuple

from examples.trading.exchange import Meetings, Order

START_CASH = 5_000_000


class Store:
    """The file; schema.sql tells what is in it."""

    def __init__(self, path: Path) -> None:
        # Each statement is a transaction, unless it is in one that was begun.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(Path(__file__).with_name("schema.sql").read_text())

    def keep(self, name: str, value: Any) -> None:
        """Keep something, in place of what was kept under that name."""
        self._ask("INSERT OR REPLACE INTO kept VALUES (?, ?)", name, json.dumps(value))

    def kept(self, name: str, first: Any) -> Any:
        """What is kept under that name. If there is nothing, `first` is from now on."""
        self._ask("INSERT OR IGNORE INTO kept VALUES (?, ?)", name, json.dumps(first))
        return json.loads(self._ask("SELECT value FROM kept WHERE name = ?", name)[0][0])

    def write(self, order: Order, meetings: Meetings) -> None:
        """Write down what happens to an order, all or nothing. Of the bots' there are only the fills."""
        with self._database as write:
            write.execute("BEGIN")
            if order.account:
                write.execute("INSERT INTO placed VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)", astuple(order))
            for resting, shares in meetings:
                for one in (resting, order):
                    fill = one.account, one.key, one.symbol, one.side, resting.price, shares
                    write.execute("INSERT INTO fill VALUES (?, ?, ?, ?, ?, ?)", fill)

    def cancel(self, order: Order) -> None:
        """An order is taken back."""
        self._ask("UPDATE placed SET waits = FALSE WHERE account = ? AND key = ?", order.account, order.key)

    def waiting(self) -> list[Order]:
        """The orders that wait, the oldest first."""
        return [Order(*row) for *row, _ in self._ask("SELECT * FROM waiting ORDER BY number")]

    def answer(self, account: str, key: str) -> dict[str, int]:
        """What has become of an order: shares, and cents for them; nothing if there is none with that key."""
        rows = self._ask("SELECT filled, paid FROM placed WHERE account = ? AND key = ?", account, key)
        return dict(zip(("filled", "paid"), *rows, strict=True)) if rows else {}

    def account(self, name: str) -> dict[str, Any]:
        """What somebody has, as their page is told: free cash, shares of each symbol, orders that wait, last fills."""
        rows = self._ask("SELECT symbol, shares, money, free_shares, free_money FROM position WHERE account = ?", name)
        free, shares = START_CASH + sum(money for *_, money in rows), {symbol: rest for symbol, *rest, _ in rows}
        orders = self._ask("SELECT * FROM waiting WHERE account = ? ORDER BY number", name)
        last = "SELECT symbol, side, price, shares FROM fill WHERE account = ? ORDER BY rowid DESC LIMIT 30"
        fills = self._ask(last, name)
        return {"name": name, "start": START_CASH, "free": free, "shares": shares, "orders": orders, "fills": fills}

    def _ask(self, query: str, *values: Any) -> list[Any]:
        return self._database.execute(query, values).fetchall()
