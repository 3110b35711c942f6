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
SCHEMA = """
PRAGMA journal_mode = WAL;    -- What is committed is safe from kill -9,
PRAGMA synchronous = NORMAL;  -- but the last moment is not from a power cut: FULL would wait for the disk each time.
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS placed (  -- an Order, and what became of it: shares, and cents for them
    key TEXT, symbol TEXT, side TEXT, price INTEGER, quantity INTEGER, waits INTEGER, account TEXT,
    filled INTEGER DEFAULT 0, paid INTEGER DEFAULT 0, PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS fill (account TEXT, key TEXT, symbol TEXT, side TEXT, price INTEGER, shares INTEGER);
CREATE INDEX IF NOT EXISTS fill_account ON fill (account);
CREATE TRIGGER IF NOT EXISTS filled AFTER INSERT ON fill BEGIN
    UPDATE placed SET filled = filled + new.shares, paid = paid + new.shares * new.price
    WHERE account = new.account AND key = new.key;
END;
CREATE VIEW IF NOT EXISTS position AS SELECT account, symbol,
    sum(iif(side = 'buy', filled, -filled)) AS shares,
    sum(iif(side = 'buy', -paid, paid)) AS money,  -- that came in for them, less what went out
    sum(iif(side = 'buy', filled, -iif(waits, quantity, filled))) AS free_shares,  -- not promised to an order
    sum(iif(side = 'buy', -paid - waits * (quantity - filled) * price, paid)) AS free_money
    FROM placed GROUP BY account, symbol;
"""
WAITING = (
    "SELECT key, symbol, side, price, quantity - filled, waits, account FROM placed WHERE waits AND filled < quantity"
)


class Store:
    """The file."""

    def __init__(self, path: Path) -> None:
        # Each statement is a transaction, unless it is in one that was begun.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(SCHEMA)

    def keep(self, name: str, value: Any) -> None:
        """Keep something, in place of what was kept under that name."""
        self._ask("INSERT OR REPLACE INTO kept VALUES (?, ?)", name, json.dumps(value))

    def kept(self, name: str, first: Any = None) -> Any:
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
        return [Order(*row) for row in self._ask(f"{WAITING} ORDER BY rowid")]

    def answer(self, account: str, key: str) -> dict[str, Any]:
        """What has become of an order; nothing if there is none with that key."""
        names = "symbol", "side", "quantity", "filled", "paid"
        rows = self._ask(f"SELECT {', '.join(names)} FROM placed WHERE account = ? AND key = ?", account, key)
        return dict(zip(names, rows[0], strict=True)) if rows else {}

    def account(self, name: str) -> dict[str, Any]:
        """What somebody has, as their page is told: free cash, shares of each symbol, orders that wait, last fills."""
        columns = "symbol, shares, money, free_shares, free_money"
        positions = self._ask(f"SELECT {columns} FROM position WHERE account = ?", name)
        fills = "SELECT symbol, side, price, shares FROM fill WHERE account = ? ORDER BY rowid DESC LIMIT 30"
        return {
            "name": name,
            "start": START_CASH,
            "free": START_CASH + sum(free_money for *_, free_money in positions),
            "shares": {symbol: rest for symbol, *rest, _ in positions},
            "orders": self._ask(f"{WAITING} AND account = ? ORDER BY rowid", name),
            "fills": self._ask(fills, name),
        }

    def _ask(self, query: str, *values: Any) -> list[Any]:
        return self._database.execute(query, values).fetchall()
