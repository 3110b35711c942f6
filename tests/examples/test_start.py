"""The page that leads to the examples, and the examples mounted below it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.programs import Program, free_port
from tests.examples.chat_driver import Person
from tests.examples.game_driver import Gamer
from tests.examples.trading_driver import Trader


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Program]:
    """All examples, served."""
    environment = {
        "PORT": str(free_port()),
        "CHAT_FOLDER": str(tmp_path / "chat"),
        "TRADING_FOLDER": str(tmp_path / "trading"),
        "GAME_FOLDER": str(tmp_path / "game"),
    }
    server = Program("-m", "examples", environment=environment)
    server.start()
    yield server
    server.stop()
    assert not [line for line in server.output if "Traceback" in line], "".join(server.output)


def test_it_counts_who_is_in_the_examples(server: Program, browser: Browser) -> None:
    start = Person(browser.new_context(), server.url, "")
    expect(start.page.locator("#clients")).to_have_text("0")  # it does not count itself
    people = [Person(browser.new_context(), server.url, "Ada"), Trader(browser.new_context(), server.url, "Bob")]
    people.append(Gamer(browser.new_context(), server.url, "Cyd"))
    for person, example in zip(people, ("Chat", "Exchange", "Magpies"), strict=True):
        person.page.get_by_role("link", name=example).click()
    people[0].join()
    people[0].is_connected()
    people[0].say("Hello")
    people[0].sees("Hello")
    assert isinstance(people[1], Trader)
    people[1].log_in()
    people[1].is_trading()
    people[1].order("Buy", 5)
    people[1].is_told("Bought 5 ACME")
    people[2].join()
    expect(start.page.locator("#clients")).to_have_text("3")
    for app in ("chat", "trading", "game"):
        expect(start.page.locator(f"[data-app={app}]")).to_contain_text("1 client ·")
    expect(start.page.locator("#sent")).not_to_have_text("0")
    people[2].page.get_by_role("link", name="Magpies").click()
    expect(people[2].page.get_by_role("heading", name="flask_socketio")).to_be_visible()
    assert [person.complaints for person in (start, *people)] == [[], [], [], []]
    for person in (start, *people):
        person.page.context.close()


def test_an_address_without_its_slash_leads_to_the_one_with_it(server: Program) -> None:
    answer = server.ask("/trading")
    assert (answer.status, answer.headers["Location"]) == (302, "/trading/")
    assert server.ask("/trading/").status == 200


def test_a_mounted_example_comes_back_from_a_restart(server: Program, browser: Browser) -> None:
    ada = Trader(browser.new_context(), f"{server.url}/trading/", "Ada")
    ada.log_in()
    ada.is_trading()
    ada.order("Buy", 5, 1)
    ada.is_told("5 ACME wait in the book")
    server.stop(signal.SIGTERM)
    ada.is_waiting()
    server.start()
    ada.is_trading()
    ada.has_orders("Buy ACME 5")
    ada.page.context.close()
