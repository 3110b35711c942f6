"""What the tests of the exchange drive it with: its server as a process, and people who trade in their browsers."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from playwright.sync_api import expect

from examples.trading.store import Store
from tests.e2e.clients import PATIENCE
from tests.e2e.programs import Program, free_port
from tests.examples.chat_driver import Person


class TradingServer(Program):
    """The exchange, served by a process of its own, always on the same port and with the same file."""

    def __init__(self, folder: Path, bustle: int) -> None:
        self.folder = folder
        self.port = free_port()
        environment = {"PORT": str(self.port), "TRADING_FOLDER": str(folder), "TRADING_BUSTLE": str(bustle)}
        self.was_stopped = False
        super().__init__("-m", "examples.trading", environment=environment)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it, by SIGTERM as a deploy does unless another signal is given, and wait until it is gone."""
        self.was_stopped = True
        return super().stop(how)

    def shares(self, name: str) -> dict[str, int]:
        """The shares that somebody has, as they are in the file."""
        account = Store(self.folder / "exchange.sqlite3").account(name)
        return {symbol: count for symbol, (count, _, _) in account["shares"].items() if count}

    def wait_for_shares(self, name: str) -> None:
        """Wait until somebody has shares."""
        deadline = time.monotonic() + PATIENCE
        while not self.shares(name):
            assert time.monotonic() < deadline, "nothing was traded"
            time.sleep(0.02)


class Trader(Person):
    """Somebody with the exchange open in a tab."""

    def log_in(self, password: str = "secret") -> None:
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def is_trading(self) -> None:
        """Wait until the page is connected and shows a book."""
        expect(self.status).to_have_attribute("data-state", "connected")
        expect(self.page.locator(".level.buy b").first).not_to_be_empty()

    def look_at(self, symbol: str) -> None:
        self.page.locator(f"#symbols a[href='?symbol={symbol}']").click()
        expect(self.page.locator("#symbol")).to_have_text(symbol)

    def order(self, side: str, shares: int | str, limit: float | str | None = None) -> None:
        """Fill in the form and send it."""
        self.page.get_by_role("radio", name=side).check()
        self.page.get_by_role("radio", name="Market" if limit is None else "Limit").check()
        self.page.get_by_label("Shares", exact=True).fill(str(shares))
        if limit is not None:
            self.page.get_by_label("Limit in $").fill(str(limit))
        self.page.locator("#place").click()

    def is_told(self, words: str) -> None:
        """Wait until the form says this of the order."""
        expect(self.page.locator("#said")).to_contain_text(words)

    def is_refused(self, words: str) -> None:
        """Wait until the form says no."""
        expect(self.page.locator("#refused")).to_contain_text(words)

    def best(self, side: str) -> float:
        """The best price of a side of the book, in dollars."""
        prices = self.page.locator(f".level.{side} b").all_inner_texts()
        return max(map(float, prices)) if side == "buy" else min(map(float, filter(None, prices)))

    def has_best(self, side: str, price: float) -> None:
        """Wait until this is the best price of a side of the book."""
        rows = self.page.locator(f".level.{side} b")
        expect(rows.last if side == "sell" else rows.first).to_have_text(f"{price:,.2f}")

    def has(self, *rows: str) -> None:
        """Wait until these are the shares: `10 ACME`, and so on."""
        expected = [row.split() for row in rows]
        expect(self.page.locator("#shares tr td:nth-child(1)")).to_have_text([symbol for _, symbol in expected])
        expect(self.page.locator("#shares tr td:nth-child(2)")).to_have_text([count for count, _ in expected])

    def has_orders(self, *rows: str) -> None:
        """Wait until these orders wait, the newest first: `Buy ACME 10`, and so on."""
        expect(self.page.locator("#orders tr")).to_have_count(len(rows))
        for number, row in enumerate(rows):
            line = self.page.locator("#orders tr").nth(number)
            words, count = row.rsplit(" ", 1)
            expect(line.locator("td").nth(0)).to_have_text(words)
            expect(line.locator("td").nth(1)).to_have_text(count)

    def has_traded(self, *rows: str) -> None:
        """Wait until these are the last trades, the newest first: `Bought ACME 10`, and so on."""
        expect(self.page.locator("#fills tr")).to_have_count(len(rows))
        cells = self.page.locator("#fills tr")
        expect(cells.locator("td:nth-child(1)")).to_have_text([row.rsplit(" ", 1)[0] for row in rows])
        expect(cells.locator("td:nth-child(2)")).to_have_text([row.rsplit(" ", 1)[1] for row in rows])

    def number(self, id: str) -> int:
        """One of the numbers that the page counts."""
        return int(self.page.locator(f"#{id}").inner_text().replace(",", ""))
