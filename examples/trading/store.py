"""What survives a restart and a crash, in one SQLite file: accounts, what people ordered, and what became of it.

Nobody's balance is written down: it is the sum of the fills, so the two can never disagree.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import Any

from examples.trading.exchange import Fill, Order

SCHEMA = """
PRAGMA journal_mode = WAL;    -- What is committed is safe from kill -9,
PRAGMA synchronous = NORMAL;  -- but the last moment is not from a power cut: FULL would wait for the disk each time.
CREATE TABLE IF NOT EXISTS secret AS SELECT '{secret}' AS cookies;
CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY COLLATE NOCASE, password TEXT);
CREATE TABLE IF NOT EXISTS placed (
    id INTEGER PRIMARY KEY, account TEXT, symbol TEXT, side TEXT, price INTEGER, quantity INTEGER, open INTEGER,
    key TEXT, UNIQUE (account, key)  -- key: made by the page, so that an order that comes again is found
);
CREATE TABLE IF NOT EXISTS fill (
    symbol TEXT, side TEXT, price INTEGER, quantity INTEGER, buyer TEXT, seller TEXT, buy INTEGER, sell INTEGER
);
CREATE INDEX IF NOT EXISTS fill_buy ON fill (buy);
CREATE INDEX IF NOT EXISTS fill_sell ON fill (sell);
CREATE VIEW IF NOT EXISTS filled AS SELECT *,
    (SELECT coalesce(sum(quantity), 0) FROM fill WHERE buy = id OR sell = id) AS filled,
    (SELECT coalesce(sum(quantity * price), 0) FROM fill WHERE buy = id OR sell = id) AS paid FROM placed;
CREATE TABLE IF NOT EXISTS candle (
    symbol TEXT, at INTEGER, open INTEGER, high INTEGER, low INTEGER, close INTEGER, volume INTEGER,
    PRIMARY KEY (symbol, at)
);
"""


class Store:
    """The file. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        # Each statement is a transaction, unless it is in one that was begun.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript(SCHEMA.format(secret=secrets.token_hex()))

    def secret(self) -> str:
        """By what the cookies are signed; made up when the file was."""
        return str(self._ask("SELECT cookies FROM secret")[0][0])

    def accounts(self) -> list[str]:
        """The names of all accounts."""
        return [name for (name,) in self._ask("SELECT name FROM account")]

    def account(self, name: str) -> tuple[str, str] | None:
        """The name as it was written first, and by what the password is checked; None if there is no such account."""
        found = self._ask("SELECT name, password FROM account WHERE name = ?", name)
        return found[0] if found else None

    def add_account(self, name: str, password: str) -> None:
        """Open an account."""
        self._ask("INSERT INTO account VALUES (?, ?)", name, password)

    def write(self, order: Order, key: str | None, fills: list[Fill]) -> None:
        """Write down what happens to an order, all or nothing. A bot's order has no key: only its fills matter."""
        self._ask("BEGIN")
        with self._database as transaction:
            if key is not None:
                values = order.id, order.account, order.symbol, order.side, order.price, order.quantity
                transaction.execute(
                    "INSERT INTO placed VALUES (?,?,?,?,?,?,?,?)", (*values, order.price is not None, key)
                )
            transaction.executemany("INSERT INTO fill VALUES (?,?,?,?,?,?,?,?)", fills)

    def close_order(self, order: Order) -> None:
        """An order was taken back."""
        self._ask("UPDATE placed SET open = 0 WHERE id = ?", order.id)

    def answer(self, account: str, key: str) -> dict[str, Any]:
        """What has become of the order with that key; nothing if there is none."""
        names = "id", "symbol", "side", "quantity", "filled", "paid"
        rows = self._ask(f"SELECT {', '.join(names)} FROM filled WHERE account = ? AND key = ?", account, key)
        return dict(zip(names, rows[0], strict=True)) if rows else {}

    def waiting(self) -> list[Order]:
        """The orders that wait, the oldest first."""
        query = (
            "SELECT id, account, symbol, side, price, quantity - filled FROM filled WHERE open AND filled < quantity"
        )
        return [Order(*row) for row in self._ask(f"{query} ORDER BY id")]

    def last_order(self) -> int:
        """The highest id of an order, 0 if there is none."""
        return int(self._ask("SELECT coalesce(max(id), 0) FROM placed")[0][0])

    def fills(self, account: str | None = None, most: int = -1) -> list[Fill]:
        """The fills of an account, or of all, the newest first; at most so many."""
        query = "SELECT * FROM fill WHERE ?1 IS NULL OR ?1 IN (buyer, seller) ORDER BY rowid DESC LIMIT ?2"
        return [Fill(*row) for row in self._ask(query, account, most)]

    def add_candles(self, symbol: str, candles: list[list[int]]) -> None:
        """Keep candles."""
        rows = [(symbol, *candle) for candle in candles]
        self._ask("BEGIN")
        with self._database as transaction:
            transaction.executemany("INSERT OR REPLACE INTO candle VALUES (?,?,?,?,?,?,?)", rows)

    def candles(self, symbol: str, most: int) -> list[list[int]]:
        """The last candles of a symbol, the oldest first."""
        rows = self._ask("SELECT * FROM candle WHERE symbol = ? ORDER BY at DESC LIMIT ?", symbol, most)
        return [list(candle) for _, *candle in reversed(rows)]

    def _ask(self, query: str, *values: Any) -> list[Any]:
        return self._database.execute(query, values).fetchall()
