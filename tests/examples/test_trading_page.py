"""What people see of the exchange."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.programs import ROOT
from tests.examples.chat_driver import Cable
from tests.examples.conftest import Traders
from tests.examples.trading_driver import TradingServer

PICTURES = ROOT / "build" / "pictures"


def test_an_order_is_placed_and_met_and_both_sides_see_it(traders: Traders, exchange: TradingServer) -> None:
    ada, bob = traders.join("Ada"), traders.join("Bob")
    ada.order("Buy", 10)
    ada.is_told("Bought 10 ACME for $")
    ada.has("10 ACME")
    offer = round(ada.best("sell") - 0.01, 2)
    ada.order("Sell", 10, offer)
    ada.has_orders("Sell ACME 10")
    bob.has_best("sell", offer)
    bob.order("Buy", 4)
    bob.is_told(f"Bought 4 ACME for ${4 * offer:,.2f}.")
    bob.has("4 ACME")
    bob.has_traded("Bought ACME 4")
    ada.has_orders("Sell ACME 6")
    ada.has("6 ACME")
    expect(ada.page.locator("#fills tr").first).to_have_text(f"Sold ACME4{offer:,.2f}")
    ada.page.get_by_role("button", name="Cancel").click()
    ada.has_orders()
    assert exchange.shares("Bob") == {"ACME": 4}


def test_refusals_are_told_in_words(traders: Traders) -> None:
    ada = traders.join("Ada")
    ada.order("Buy", 10_000, 150)
    ada.is_refused("That costs $1,500,000.00, you have $50,000.00.")
    ada.order("Sell", 3)
    ada.is_refused("You have 0 shares of ACME to sell.")
    ada.order("Buy", "many")
    ada.is_refused("Shares are whole numbers")
    expect(ada.page.get_by_label("Shares", exact=True)).to_be_focused()
    ada.order("Buy", 1, "a lot")
    ada.is_refused("What is the limit")
    ada.order("Buy", 10_001, 1)
    ada.is_refused("1 to 10,000 shares")
    ada.order("Buy", 1, 1)
    ada.is_told("1 ACME waits in the book")
    expect(ada.page.locator("#refused")).to_be_hidden()


def test_a_name_belongs_to_who_came_first(traders: Traders) -> None:
    traders.join("Ada")
    other = traders.open("ada")
    other.log_in("guessed")
    expect(other.page.get_by_role("alert").first).to_contain_text("this is not their password")
    other.log_in("secret")
    other.is_trading()
    expect(other.page.locator("#me")).to_have_text("Ada")


def test_who_logs_out_is_out_in_all_tabs(traders: Traders) -> None:
    ada = traders.join("Ada")
    again = ada.page.context.new_page()
    again.goto(ada.page.url)
    expect(again.locator("#me")).to_have_text("Ada")
    again.get_by_role("button", name="Log out").click()
    for page in (again, ada.page):
        expect(page.get_by_label("Your name")).to_be_visible()


def test_back_leads_nowhere_while_nobody_is_logged_in(traders: Traders) -> None:
    ada = traders.join("Ada")
    ada.look_at("KITE")
    ada.page.get_by_role("button", name="Log out").click()
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    ada.page.go_back()
    ada.log_in()
    ada.is_trading()
    expect(ada.page.locator("#symbol")).to_have_text("ACME")


def test_who_cannot_log_out_is_told_so(traders: Traders) -> None:
    ada = traders.join("Ada")
    ada.go_offline()
    ada.page.get_by_role("button", name="Log out").click()
    words = ada.page.get_by_text("The server does not answer: you are still logged in.")
    expect(words).to_be_visible()
    ada.go_online()
    ada.is_trading()
    expect(words).to_have_count(0)


def test_a_double_click_is_one_order_and_so_is_a_key_that_is_held(traders: Traders) -> None:
    ada = traders.join("Ada")
    ada.order("Buy", 1, 1)
    ada.is_told("1 ACME waits in the book")
    ada.page.locator("#place").dblclick()
    ada.has_orders("Buy ACME 1", "Buy ACME 1")
    ada.page.get_by_label("Limit in $").focus()
    for _ in range(3):
        ada.page.keyboard.down("Enter")
    ada.page.keyboard.up("Enter")
    ada.has_orders(*["Buy ACME 1"] * 3)
    ada.page.wait_for_timeout(300)
    ada.has_orders(*["Buy ACME 1"] * 3)


def test_a_market_that_is_closed_says_when_it_opens(traders: Traders) -> None:
    words = """async () => {
        const { closedAt } = await import("/static/format.js");
        return [0, 17, 18, 23].map((hour) => closedAt(hour, 18, 24));
    }"""
    ada = traders.join("Ada")
    assert ada.page.evaluate(words) == ["Closed. Trades from 18:00 UTC."] * 2 + [""] * 2
    ada.page.clock.install(time="2024-05-05T17:00Z")
    ada.look_at("NITE")
    expect(ada.page.locator("#book .middle")).to_have_text("Closed. Trades from 18:00 UTC.")
    ada.look_at("ACME")
    expect(ada.page.locator("#book .middle")).to_contain_text("Spread")


def test_it_is_usable_by_keyboard(traders: Traders) -> None:
    ada = traders.open("Ada")
    keyboard = ada.page.keyboard
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    keyboard.press("Escape")
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    for text in ("Ada", "\t", "secret", "\n"):
        keyboard.press({"\t": "Tab", "\n": "Enter"}[text]) if text.isspace() else keyboard.type(text)
    ada.is_trading()
    expect(ada.page.get_by_role("radio", name="Buy")).to_be_focused()
    ada.page.locator("#symbols a").first.focus()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(ada.page.locator("#symbol")).to_have_text("AURA")
    level = ada.page.locator("button.level.buy").nth(1)
    expect(level).to_contain_text("64.")  # dollars, and not yet those of the book before
    level.press("Enter")
    expect(ada.page.get_by_label("Limit in $")).to_have_value(level.locator("b").inner_text())
    ada.page.get_by_role("radio", name="Limit").focus()
    keyboard.press("ArrowRight")
    keyboard.press("Tab")
    keyboard.type("5")
    keyboard.press("Enter")
    ada.is_told("Bought 5 AURA")


def test_the_keyboard_stays_where_it_is_while_orders_come_and_go(traders: Traders) -> None:
    ada, bob = traders.join("Ada"), traders.join("Bob")
    offer = round(ada.best("buy") + 0.01, 2)
    for shares, limit in ((1, 1), (2, offer), (3, 3)):
        ada.order("Buy", shares, limit)
        ada.is_told(f"{shares} ACME wait")
    cancel = ada.page.locator("#orders").get_by_role("button")
    cancel.nth(2).focus()  # that of the first
    bob.order("Buy", 5)
    bob.is_told("Bought 5")
    bob.order("Sell", 2)
    ada.has_orders("Buy ACME 3", "Buy ACME 1")
    expect(cancel.nth(1)).to_be_focused()
    ada.page.keyboard.press("Enter")
    ada.has_orders("Buy ACME 3")
    expect(cancel).to_be_focused()
    ada.page.keyboard.press("Enter")
    ada.has_orders()
    expect(ada.page.get_by_role("region", name="Your open orders")).to_be_focused()


def test_a_symbol_has_an_address(traders: Traders) -> None:
    ada = traders.join("Ada", "?symbol=luna")
    expect(ada.page.locator("#symbol")).to_have_text("LUNA")
    ada.look_at("KITE")
    expect(ada.page).to_have_url(re.compile(r"symbol=KITE$"))
    ada.page.go_back()
    expect(ada.page.locator("#symbol")).to_have_text("LUNA")
    ada.page.reload()
    expect(ada.page.locator("#symbol")).to_have_text("LUNA")


@pytest.mark.parametrize("bustle", [1])
def test_a_slow_browser_is_spared_old_prices_and_misses_no_change_of_the_book(traders: Traders) -> None:
    ada = traders.join("Ada")
    ada.page.wait_for_function("() => Number(document.getElementById('ticks-here').innerText) > 50")
    spared = ada.number("ticks-spared")
    assert spared < ada.number("ticks-here")
    ada.page.get_by_label("Make this browser slow").check()
    ada.page.wait_for_function(
        "spared => Number(document.getElementById('ticks-spared').innerText) > spared", arg=spared + 50
    )
    ada.page.wait_for_function("() => Number(document.getElementById('deltas').innerText) > 20")
    assert ada.number("gaps") == 0
    ada.page.get_by_label("Make this browser slow").uncheck()
    ada.is_trading()


@pytest.mark.parametrize("bustle", [1])
def test_it_stays_usable_at_3g_speed_and_400_ms(traders: Traders, exchange: TradingServer) -> None:
    cable = Cable(exchange.port, delay=0.2, rate=50_000)  # Chromium's own throttling would spare the WebSocket
    ada = traders.join("Ada", cable=cable)
    ada.order("Buy", 5)
    ada.is_told("Bought 5 ACME")
    ada.has("5 ACME")
    ada.look_at("KITE")
    ada.look_at("LUNA")  # while the book of the other one is still under way
    ada.order("Buy", 5, 200)
    ada.is_told("5 LUNA wait in the book")
    ada.has_orders("Buy LUNA 5")
    came = ada.number("deltas")
    ada.page.wait_for_function("came => Number(document.getElementById('deltas').innerText) > came", arg=came + 20)
    assert ada.number("gaps") == 0
    cable.close()


BOOK = """async () => {
    const { Book } = await import("/static/book.js");
    const book = new Book();
    const delta = (sequence, changes, value) => ({ symbol: "A", sequence, changes, trades: [], value });
    book.expect("A");
    const outcomes = [book.apply(delta(5, [["buy", 1, 9]], [0, 0])), book.apply(delta(6, [["buy", 10, 3]], [30, 40]))];
    const applied = book.load({ sequence: 5, levels: [["buy", 10, 2], ["sell", 20, 2]], trades: [[10, 1, "buy"]] });
    outcomes.push(applied.map(({ sequence }) => sequence), book.levels("buy"));
    outcomes.push(book.apply(delta(6, [["buy", 10, 1]], [10, 40])));
    outcomes.push(book.apply({ ...delta(7, [], [30, 40]), symbol: "B" }));
    outcomes.push(book.apply(delta(8, [["sell", 20, 0]], [30, 0])), book.levels("sell"));
    outcomes.push(book.apply(delta(7, [["sell", 20, 0], ["sell", 19, 1]], [30, 19])), book.levels("sell"));
    outcomes.push(book.apply(delta(8, [["sell", 19, 2]], [30, 19])));
    return outcomes;
}"""


def test_the_page_notices_a_gap_and_a_book_that_is_wrong(traders: Traders) -> None:
    outcomes = traders.open("Ada").page.evaluate(BOOK)
    assert outcomes == [
        "early", "early", [6], [[10, 3]], "old", "old", "gap", [[20, 2]], "applied", [[19, 1]], "gap",
    ]  # fmt: skip


def looks_right(page: Page, name: str) -> None:
    """Nothing sticks out at the side; the pictures are for people to judge."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
    PICTURES.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"trading-{name}-{scheme}.png", animations="disabled")


@pytest.mark.parametrize("bustle", [1])
@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 800), ("phone", 390, 844)])
def test_pictures(traders: Traders, exchange: TradingServer, device: str, width: int, height: int) -> None:
    look: dict[str, Any] = {"viewport": {"width": width, "height": height}}
    if device == "phone":
        look |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    ada = traders.open("Ada Lovelace", **look)
    looks_right(ada.page, f"{device}-welcome")
    ada.log_in()
    ada.is_trading()
    for symbol, side, shares, limit in (
        ("LUNA", "Buy", 20, None), ("KITE", "Buy", 150, None), ("KITE", "Sell", 50, None), ("OPAL", "Buy", 8, 240),
        ("ACME", "Buy", 40, None), ("ACME", "Sell", 25, 199),
    ):  # fmt: skip
        ada.look_at(symbol)
        ada.order(side, shares, limit)
        expect(ada.page.locator("#said")).to_contain_text(re.compile(f"{shares} {symbol} (for|wait)"))
    looks_right(ada.page, f"{device}-trading")
    exchange.stop()
    ada.is_waiting()
    looks_right(ada.page, f"{device}-offline")
