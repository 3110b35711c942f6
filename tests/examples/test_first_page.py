"""The first page of the documentation, followed to the letter from an empty folder on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.programs import ROOT
from tests.examples.reader import PAGE, Reader, files_of


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody who has found the page."""
    reader = Reader(tmp_path)
    yield reader
    reader.shell.close()


def say(tab: Page, text: str) -> None:
    tab.get_by_placeholder("Say something").fill(text)
    tab.keyboard.press("Enter")


def said(tab: Page) -> Locator:
    return tab.get_by_role("listitem")


@pytest.mark.timeout(240)  # pip installs the package meanwhile
def test_from_an_empty_folder_to_a_chat_that_is_restarted_and_tested(reader: Reader, browser: Browser) -> None:
    reader.reads_to("Open <")
    context = browser.new_context()
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(reader.url)
        tab.wait_for_function("socket.connected")
    reader.reads_to("what you say in one of them")
    for number, tab in enumerate(tabs):
        say(tab, f"<b>{number}</b>")
        for each in tabs:
            expect(said(each).nth(number)).to_have_text(f"<b>{number}</b>")

    reader.reads_to("Say something in each tab")
    for number, tab in enumerate(tabs):
        say(tab, f"nobody hears {number}")
    reader.reads_to("After a few seconds both tabs have both lines")
    for tab in tabs:
        expect(said(tab)).to_have_count(4)
    texts = said(tabs[0]).all_inner_texts()
    assert sorted(texts[2:]) == ["nobody hears 0", "nobody hears 1"]
    expect(said(tabs[1])).to_have_text(texts)

    reader.reads_to_the_end()
    reader.shell.type("wait")
    assert not [line for line in reader.shell.printed if "Traceback" in line or "warn" in line.lower()]
    context.close()


def test_the_readme_shows_the_same_chat() -> None:
    shown = files_of(PAGE)
    assert files_of(ROOT / "README.md") == {name: shown[name] for name in ("chat.py", "static/index.html")}
