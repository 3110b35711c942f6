"""What happens to orders when connections break and servers end: each is carried out once, and none is forgotten."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.examples.chat_driver import Cable
from tests.examples.conftest import Traders
from tests.examples.trading_driver import TradingServer

BOTH_ENDS = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])


@pytest.fixture
def cable(exchange: TradingServer) -> Iterator[Cable]:
    """Another way to the server, which can be cut."""
    cable = Cable(exchange.port)
    yield cable
    cable.close()


@BOTH_ENDS
def test_the_server_restarts_in_the_middle_and_the_other_side_still_meets_the_order(
    traders: Traders, exchange: TradingServer, how: signal.Signals
) -> None:
    ada, bob = traders.join("Ada"), traders.join("Bob")
    # Below all that the house will offer after the restart, which forgets what was bought from it before.
    offer = round(ada.best("sell") - 0.01, 2)
    ada.order("Buy", 10)
    ada.is_told("Bought 10 ACME")
    ada.order("Sell", 10, offer)
    ada.is_told("10 ACME wait in the book")
    bob.has_best("sell", offer)

    exchange.stop(how)
    ada.is_waiting()
    bob.is_waiting()
    expect(ada.status).to_contain_text("restarting")
    expect(ada.page.locator("#place")).to_be_disabled()
    exchange.start()
    ada.is_trading()
    bob.is_trading()

    ada.has_orders("Sell ACME 10")
    bob.order("Buy", 4, offer)
    bob.is_told("Bought 4 ACME")
    bob.has("4 ACME")
    ada.has("6 ACME")
    ada.has_orders("Sell ACME 6")
    assert exchange.shares("Ada") == {"ACME": 6}
    assert exchange.shares("Bob") == {"ACME": 4}


@BOTH_ENDS
def test_an_order_whose_answer_got_lost_with_the_server_is_carried_out_once(
    traders: Traders, exchange: TradingServer, cable: Cable, how: signal.Signals
) -> None:
    ada = traders.join("Ada", cable=cable)
    cable.make_deaf()
    ada.order("Buy", 7)
    ada.is_told("Sent")
    exchange.wait_for_shares("Ada")
    exchange.stop(how)
    cable.cut()
    exchange.start()
    ada.is_told("Bought 7 ACME")
    ada.has("7 ACME")
    assert exchange.shares("Ada") == {"ACME": 7}


def test_a_connection_that_swallows_the_answer_does_not_double_the_order(
    traders: Traders, exchange: TradingServer, cable: Cable
) -> None:
    ada = traders.join("Ada", cable=cable)
    cable.make_deaf()
    ada.order("Buy", 7)
    exchange.wait_for_shares("Ada")
    cable.cut()
    ada.is_told("Bought 7 ACME")
    ada.has("7 ACME")
    assert exchange.shares("Ada") == {"ACME": 7}
    assert ada.page.locator("#gaps").inner_text() == "0"


def test_what_was_acknowledged_survives_kill_9(traders: Traders, exchange: TradingServer) -> None:
    ada = traders.join("Ada")
    known = []
    for number in range(1, 5):
        ada.order("Buy", number, 1)
        ada.is_told(f"{number} ACME wait")
        known.append(f"Buy ACME {number}")
    exchange.stop(signal.SIGKILL)
    ada.is_waiting()
    exchange.start()
    ada.is_trading()
    ada.has_orders(*known[::-1])
    ada.page.get_by_role("button", name="Cancel").first.click()
    ada.has_orders(*known[:-1][::-1])
    exchange.stop(signal.SIGKILL)
    exchange.start()
    ada.is_trading()
    ada.has_orders(*known[:-1][::-1])


@pytest.mark.parametrize("bustle", [1])
def test_who_was_away_for_a_moment_has_the_right_book(traders: Traders, cable: Cable) -> None:
    ada = traders.join("Ada", cable=cable)
    for _ in range(3):
        cable.cut()
        ada.is_waiting()
        ada.is_trading()
    came = ada.number("deltas")
    ada.page.wait_for_function("came => Number(document.getElementById('deltas').innerText) > came", arg=came + 5)
    assert ada.number("gaps") == 0  # what was missed came in order, so the book did not have to be fetched again
