"""What people do with the chat, in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.programs import ROOT
from tests.examples.conftest import Visitors

PICTURES = ROOT / "build" / "screenshots"


def test_two_people_talk(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.say("Hello, Bob!")
    bob.sees("Hello, Bob!")
    bob.say("Hello, Ada!", "How are you?")
    ada.sees("Hello, Bob!", "Hello, Ada!", "How are you?")
    bob.sees("Hello, Bob!", "Hello, Ada!", "How are you?")
    expect(ada.page.locator(".message.mine .text")).to_have_text(["Hello, Bob!"])
    expect(ada.page.locator(".day:visible")).to_have_text(["Today"])


def test_everybody_sees_who_is_here_and_who_comes_and_goes(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    for person in (ada, bob):
        expect(person.page.locator("#count")).to_have_text("2 here")
    expect(ada.page.locator("#people li")).to_contain_text(["Ada", "Bob"])
    expect(ada.page.get_by_text("Bob joined")).to_be_visible()
    bob.page.close()
    expect(ada.page.get_by_text("Bob left")).to_be_visible()
    expect(ada.page.locator("#count")).to_have_text("1 here")
    expect(ada.page.get_by_text("Ada joined")).to_have_count(0)


def test_two_tabs_of_one_person_count_once(visitors: Visitors) -> None:
    context = visitors.context()
    ada, again = visitors.join("Ada", context=context), visitors.join("Ada", context=context)
    again.say("from the other tab")
    ada.sees("from the other tab")
    expect(ada.page.locator("#count")).to_have_text("1 here")
    expect(ada.page.locator(".message.mine")).to_have_count(1)


def test_a_typing_hint_ends_with_the_message(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    bob.page.get_by_label("Message", exact=True).press_sequentially("Hel")
    expect(ada.page.get_by_text("Bob is typing")).to_be_visible()
    expect(bob.page.locator("#typing")).to_be_empty()
    bob.say("Hello")
    ada.sees("Hello")
    expect(ada.page.locator("#typing")).to_be_empty()


def test_rooms_are_apart(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob", "kitchen")
    ada.say("in the lobby")
    bob.say("in the kitchen")
    ada.sees("in the lobby")
    bob.sees("in the kitchen")
    expect(ada.page.locator("#count")).to_have_text("1 here")

    ada.page.get_by_label("Open another room").fill("Kitchen ")
    ada.page.get_by_label("Open another room").press("Enter")
    ada.sees("in the kitchen")
    expect(ada.page).to_have_url(re.compile(r"\?room=kitchen$"))
    expect(bob.page.locator("#count")).to_have_text("2 here")
    ada.page.go_back()
    ada.sees("in the lobby")
    ada.page.get_by_role("link", name="kitchen").click()
    ada.sees("in the kitchen")


def test_the_invite_link_leads_into_the_room(visitors: Visitors) -> None:
    ada = visitors.join("Ada", "küche")
    expect(ada.page.get_by_text("Nothing has been said here yet")).to_be_visible()
    ada.page.get_by_role("button", name="Invite somebody").click()
    link = ada.page.get_by_label("Link to this room").input_value()
    ada.page.get_by_role("button", name="Close").click()
    ada.say("Welcome")
    expect(ada.page.get_by_text("Nothing has been said here yet")).to_be_hidden()

    bob = visitors.open("Bob")
    bob.page.goto(link)
    bob.join()
    bob.sees("Welcome")


def test_a_reload_asks_nothing_and_shows_what_was_said(visitors: Visitors) -> None:
    ada = visitors.join("Ada")
    ada.say("one", "two")
    ada.sees("one", "two")
    ada.page.reload()
    ada.sees("one", "two")
    expect(ada.page.get_by_role("dialog")).to_be_hidden()


def test_text_stays_text_and_addresses_become_links(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    text = "<img src=x onerror=alert(1)> javascript:alert(1) (see https://example.org/a?b=c&d)."
    ada.say(text)
    bob.sees(text)
    expect(bob.texts.locator("*")).to_have_count(1)
    link = bob.texts.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.org/a?b=c&d")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_shift_enter_makes_a_line_and_the_field_grows(visitors: Visitors) -> None:
    ada = visitors.join("Ada")
    field = ada.page.get_by_label("Message", exact=True)
    expect(field).to_be_focused()
    low = field.bounding_box()
    field.press_sequentially("one")
    for line in ("two", "three"):
        field.press("Shift+Enter")
        field.press_sequentially(line)
    high = field.bounding_box()
    assert low and high and high["height"] > low["height"] + 20
    field.press("Enter")
    ada.sees("one\ntwo\nthree")
    expect(field).to_have_value("")
    assert field.bounding_box() == low


def test_it_is_usable_by_keyboard(visitors: Visitors) -> None:
    ada = visitors.open("Ada")
    keyboard = ada.page.keyboard
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    for _ in range(3):
        keyboard.press("Escape")  # does not lead past the question
        expect(ada.page.get_by_label("Your name")).to_be_focused()
    keyboard.type("Ada")
    keyboard.press("Enter")
    ada.is_connected()
    keyboard.type("Hello")
    keyboard.press("Enter")
    ada.sees("Hello")


@pytest.mark.parametrize(
    ("name", "words"), [("x" * 25, "25 characters; at most 24 fit"), ("A\u200bda", "characters that nobody can see")]
)
def test_a_bad_name_is_refused_in_words(visitors: Visitors, name: str, words: str) -> None:
    ada = visitors.open(name)
    ada.join()
    expect(ada.page.get_by_role("alert")).to_contain_text(words)
    ada.name = "Ada"
    ada.join()
    ada.is_connected()
    expect(ada.page.get_by_role("dialog")).to_be_hidden()


def test_a_taken_name_is_refused_until_it_is_free(visitors: Visitors) -> None:
    ada, other = visitors.join("Ada"), visitors.open("ada")
    other.join()
    expect(other.page.get_by_role("alert")).to_have_text(
        "Somebody called Ada is here already. Please choose another name."
    )
    ada.page.close()
    expect(other.page.get_by_role("dialog")).to_be_visible()
    other.join()
    other.is_connected()


def test_a_bad_room_is_refused_in_words(visitors: Visitors) -> None:
    ada = visitors.open("Ada", "a/b")
    ada.join()
    expect(ada.page.get_by_role("alert")).to_contain_text("1 to 30 letters, digits")
    ada.page.get_by_label("Room", exact=True).fill("kitchen")
    ada.page.get_by_role("button", name="Join").click()
    ada.say("in the kitchen")
    ada.sees("in the kitchen")


def test_another_name_can_be_taken_while_here(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.page.get_by_role("button", name="Change").click()
    ada.name = "Countess"
    ada.join()
    ada.say("It is me")
    bob.sees("It is me")
    expect(bob.page.locator(".message .name")).to_have_text(["Countess"])
    expect(bob.page.locator("#people li")).to_contain_text(["Bob", "Countess"])


def test_a_refused_message_says_why_and_can_be_mended(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.say("x" * 2001, "short")
    expect(ada.page.locator(".message .state")).to_contain_text(["2,001 characters; at most 2,000 fit"])
    bob.sees("short")
    ada.page.get_by_role("button", name="Try again").click()
    expect(ada.page.locator("[data-state='refused']")).to_have_count(1)
    ada.page.get_by_role("button", name="Edit").click()
    field = ada.page.get_by_label("Message", exact=True)
    expect(field).to_have_value("x" * 2001)
    field.fill("mended")
    field.press("Enter")
    bob.sees("short", "mended")
    ada.sees("short", "mended")


def test_a_page_without_the_socketio_client_says_so(visitors: Visitors) -> None:
    context = visitors.context()
    context.route("**/socket.io/socket.io.js", lambda route: route.fulfill(status=404, body="Install npm"))
    ada = visitors.open("Ada", context=context)
    expect(ada.page.get_by_role("status")).to_have_text("The chat cannot start. /socket.io/socket.io.js tells why.")
    ada.complaints.clear()


def looks_right(page: Page, name: str) -> None:
    """Nothing sticks out at the side; the pictures are for people to judge."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"chat-{name}-{scheme}.png", animations="disabled")


@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 800), ("phone", 390, 844)])
def test_pictures(visitors: Visitors, device: str, width: int, height: int) -> None:
    look: dict[str, object] = {"viewport": {"width": width, "height": height}}
    if device == "phone":
        look |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    grace = visitors.join("Grace Hopper")
    ada = visitors.open("Ada", context=visitors.context(**look))
    looks_right(ada.page, f"{device}-welcome")
    ada.join()
    ada.is_connected()
    expect(ada.page.locator("#count")).to_have_text("2 here")
    looks_right(ada.page, f"{device}-empty")

    grace.say("Good morning! Did the release go out?")
    ada.sees("Good morning! Did the release go out?")
    ada.say("Ten minutes ago. I restarted the server while we were all in here, and nobody noticed.")
    grace.say("I did see “Trying again in 1 s” for a moment.", "And then my message was sent, once.")
    expect(ada.texts).to_have_count(4)
    alan = visitors.join("Alan")
    alan.say("What I missed was there when I came back:\nhttps://en.wikipedia.org/wiki/Automatic_Computing_Engine")
    expect(ada.texts).to_have_count(5)
    ada.say("Then let us have lunch.")
    alan.page.get_by_label("Message", exact=True).press_sequentially("Yes")
    expect(ada.page.get_by_text("Alan is typing")).to_be_visible()
    looks_right(ada.page, f"{device}-talk")

    if device == "phone":
        ada.page.get_by_role("button", name="Rooms and people").click()
        expect(ada.page.get_by_label("Open another room")).to_be_visible()
        looks_right(ada.page, f"{device}-side")
        ada.page.keyboard.press("Escape")
    ada.go_offline()
    ada.say("I am on the train, this goes out as soon as I am out of the tunnel.")
    looks_right(ada.page, f"{device}-offline")
