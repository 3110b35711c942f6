"""The chat, served and looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.examples.chat_driver import Cable, ChatServer, Person

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
    server = ChatServer(tmp_path / "chat.sqlite3")
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert not [line for line in server.output if "Traceback" in line], "".join(server.output)


@pytest.fixture
def cable(server: ChatServer) -> Iterator[Cable]:
    """Another way to the server, which can be cut."""
    cable = Cable(server.port)
    yield cable
    cable.close()


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
