"""The chat, served and looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.examples.chat_driver import Cable, ChatServer, Person
from tests.examples.trading_driver import Trader, TradingServer

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window.

    Not for longer than a module: while Playwright is open, an event loop runs in this thread, and no test of another
    module could run its own.
    """
    path = shutil.which("chromium")
    assert path, "These tests need Chromium: `make test` installs it, or names it."
    expect.set_options(timeout=20_000)  # ms; a slow machine, or the longest wait before the page reconnects
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS) as it:
        yield it


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChatServer]:
    """The chat's server, running."""
    server = ChatServer(tmp_path / "chat")
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert not [line for line in server.output if "Traceback" in line], "".join(server.output)


@pytest.fixture
def new_cable(server: ChatServer) -> Iterator[Callable[..., Cable]]:
    """Lays another way to the server, which can be cut, and may be slow: see `Cable`."""
    with ExitStack() as cables:
        yield lambda **options: cables.enter_context(closing(Cable(server.port, **options)))


@pytest.fixture
def cable(new_cable: Callable[..., Cable]) -> Cable:
    """Another way to the server, which can be cut."""
    return new_cable()


class Visitors:
    """Opens the chat for people; each has a browser of their own, unless a context is given."""

    def __init__(self, browser: Browser, server: ChatServer) -> None:
        self._browser = browser
        self._server = server
        self.contexts: list[BrowserContext] = []
        self.people: list[Person] = []
        self.was_cut = False

    def context(self, **options: Any) -> BrowserContext:
        """A browser of its own; the options are Playwright's."""
        context = self._browser.new_context(locale="en-GB", **options)
        self.contexts.append(context)
        return context

    def open(
        self, name: str, room: str = "lobby", *, context: BrowserContext | None = None, cable: Cable | None = None
    ) -> Person:
        """The page as somebody sees it who follows a link."""
        self.was_cut |= cable is not None
        port = cable.port if cable else self._server.port
        person = Person(context or self.context(), f"http://127.0.0.1:{port}/?room={room}", name)
        self.people.append(person)
        return person

    def join(
        self, name: str, room: str = "lobby", *, context: BrowserContext | None = None, cable: Cable | None = None
    ) -> Person:
        """Somebody who came in and is connected."""
        person = self.open(name, room, context=context, cable=cable)
        person.join()
        person.is_connected()
        return person


@pytest.fixture
def visitors(browser: Browser, server: ChatServer) -> Iterator[Visitors]:
    """People to open the chat with. Whatever they do, their consoles stay clean."""
    visitors = Visitors(browser, server)
    yield visitors
    was_cut = visitors.was_cut or server.was_stopped
    complaints = [line for person in visitors.people for line in person.complaints_about_us(was_cut=was_cut)]
    for context in visitors.contexts:
        context.close()
    assert not complaints


@pytest.fixture
def bustle() -> int:
    """What the bots of the exchange do: they offer always the same at the same prices, and nobody is in a hurry."""
    return 0


@pytest.fixture
def exchange(tmp_path: Path, bustle: int) -> Iterator[TradingServer]:
    """The exchange's server, running."""
    server = TradingServer(tmp_path, bustle)
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert not [line for line in server.output if "Traceback" in line], "".join(server.output)


class Traders:
    """Opens the exchange for people; each has a browser of their own."""

    def __init__(self, browser: Browser, server: TradingServer) -> None:
        self._browser = browser
        self._server = server
        self.people: list[Trader] = []
        self.was_cut = False

    def open(self, name: str, path: str = "", *, cable: Cable | None = None, **options: Any) -> Trader:
        """The page as somebody sees it who has not logged in; the options are Playwright's, of the browser."""
        self.was_cut |= cable is not None
        port = cable.port if cable else self._server.port
        context = self._browser.new_context(locale="en-GB", **options)
        self.people.append(Trader(context, f"http://127.0.0.1:{port}/{path}", name))
        return self.people[-1]

    def join(self, name: str, path: str = "", *, cable: Cable | None = None, **options: Any) -> Trader:
        """Somebody who has logged in and sees a book."""
        trader = self.open(name, path, cable=cable, **options)
        trader.log_in()
        trader.is_trading()
        return trader


@pytest.fixture
def traders(browser: Browser, exchange: TradingServer) -> Iterator[Traders]:
    """People to trade with. Whatever they do, their consoles stay clean."""
    traders = Traders(browser, exchange)
    yield traders
    was_cut = traders.was_cut or exchange.was_stopped
    complaints = [line for trader in traders.people for line in trader.complaints_about_us(was_cut=was_cut)]
    for trader in traders.people:
        trader.page.context.close()
    assert not complaints
