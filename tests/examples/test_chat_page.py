"""What people do with the chat, in Chromium."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from examples.chat.files import MOST_BYTES
from examples.chat.history import PAGE
from tests.e2e.programs import ROOT
from tests.examples.chat_driver import ChatServer, Person, fill
from tests.examples.conftest import Visitors

PICTURES = ROOT / "build" / "screenshots"


def test_two_people_talk_and_see_each_other_typing(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.say("Hello, Bob!")
    bob.sees("Hello, Bob!")
    bob.page.get_by_label("Message", exact=True).press_sequentially("Hel")
    expect(ada.page.get_by_text("Bob is typing")).to_be_visible()
    expect(bob.page.locator("#typing")).to_be_empty()
    bob.say("Hello, Ada!", "How are you?")
    expect(ada.page.locator("#typing")).to_be_empty()
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
    field = ada.page.get_by_label("Message", exact=True)
    field.fill("for the kitchen")
    ada.page.go_back()
    ada.sees("in the lobby")
    expect(field).to_have_value("")
    ada.page.get_by_role("link", name="kitchen").click()
    ada.sees("in the kitchen")
    expect(field).to_have_value("for the kitchen")


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


def test_a_bad_name_is_refused_in_words(visitors: Visitors) -> None:
    ada = visitors.open("A\u200bda")
    ada.join()
    expect(ada.page.get_by_role("alert")).to_contain_text("characters that nobody can see")
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
    expect(ada.page.locator("#rooms a")).to_have_text(["kitchen", "lobby"])  # and no a/b

    ada.page.get_by_label("Open another room").fill("b/c")
    ada.page.get_by_label("Open another room").press("Enter")
    expect(ada.page.get_by_role("alert")).to_contain_text("1 to 30 letters, digits")
    ada.page.go_back()
    expect(ada.page.get_by_role("dialog")).to_be_hidden()
    ada.sees("in the kitchen")


def test_spaces_around_a_name_make_nobody_else_of_somebody(visitors: Visitors) -> None:
    ada = visitors.join("  Ada   Lovelace ")
    ada.say("It is me")
    ada.sees("It is me")
    expect(ada.page.locator(".message.mine")).to_have_count(1)
    expect(ada.page.locator("#people li")).to_contain_text(["Ada Lovelaceyou"])


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
    field = ada.page.get_by_label("Message", exact=True)
    field.fill("half a draft")
    ada.page.get_by_role("button", name="Edit").click()
    expect(field).to_have_value("x" * 2001 + "\nhalf a draft")
    field.fill("mended")
    field.press("Enter")
    bob.sees("short", "mended")
    ada.sees("short", "mended")


def test_pictures_are_shown_and_all_other_files_are_saved(visitors: Visitors, tmp_path: Path) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    picture = ada.page.screenshot()
    page = b"<script>document.title = 'taken over'</script>"
    ada.share(tmp_path / "screen.png", picture)
    ada.share(tmp_path / "page.html", page)
    for person in (ada, bob):
        image = person.page.get_by_role("img", name="screen.png")
        expect(image).to_have_attribute("src", re.compile("^http.*/files/"))
        person.page.wait_for_function("(image) => image.naturalWidth > 0", arg=image.element_handle())
        assert person.fetch(person.page.get_by_role("link", name="screen.png")).body() == picture
    with bob.page.expect_download() as download:
        bob.page.get_by_role("link", name="page.html").click()
    assert download.value.suggested_filename == "page.html"
    assert download.value.path().read_bytes() == page

    large = tmp_path / "large.bin"
    large.touch()
    os.truncate(large, MOST_BYTES + 1)
    ada.page.locator("#files").set_input_files(large)
    expect(ada.page.get_by_text("Not sent: It is larger than 10 MB.")).to_be_visible()
    expect(ada.page.get_by_role("button", name="Try again")).to_have_count(0)
    ada.page.reload()  # which it does not hold back
    ada.is_connected()
    ada.page.locator("#files").set_input_files(large)
    ada.page.get_by_role("button", name="Remove").click()
    expect(ada.page.locator("[data-state='refused']")).to_have_count(0)


#: Write down what the page says of its connection, as `heard`.
LISTEN = """() => {
    const line = document.getElementById("status-text");
    window.heard = [];
    new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true });
}"""


def test_a_moderated_person_is_told_what_happened(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    notice = bob.page.locator("#notice")
    ada.page.get_by_label("Slow mode").select_option("a message every minute")
    expect(notice).to_have_text("Slow mode: one message every 60 seconds.")
    bob.say("one", "two")
    expect(bob.page.get_by_text("Not sent: Slow mode: one message every 60 s. Yours can go in")).to_be_visible()
    ada.page.get_by_label("Slow mode").select_option("off")
    expect(notice).to_be_empty()
    bob.page.get_by_role("button", name="Try again").click()
    ada.sees("one", "two")

    ada.page.get_by_role("button", name="Bob").focus()

    def decide(what: str) -> None:
        ada.page.keyboard.press("Enter")
        ada.page.get_by_role("dialog").get_by_role("button", name=what, exact=True).press("Enter")
        expect(ada.page.get_by_role("dialog")).to_be_hidden()

    decide("Mute")
    expect(notice).to_have_text("The moderator has muted you: you can read here, but not write.")
    expect(ada.page.get_by_text("Bob was muted")).to_be_visible()
    bob.say("three")
    expect(bob.page.get_by_text("Not sent: The moderator has muted you")).to_be_visible()
    decide("Unmute")
    expect(notice).to_be_empty()
    bob.page.get_by_role("button", name="Try again").click()
    ada.sees("one", "two", "three")

    bob.page.evaluate(LISTEN)
    decide("Kick out")
    expect(bob.page.get_by_role("alert")).to_have_text("The moderator has kicked you out. You can come back in 10 min.")
    expect(bob.page.get_by_label("Room", exact=True)).to_be_focused()
    bob.page.get_by_label("Room", exact=True).fill("kitchen")
    bob.page.keyboard.press("Enter")
    bob.say("in the kitchen")
    bob.sees("in the kitchen")
    assert bob.page.evaluate("heard") == []  # no connection broke, and no server restarts


def test_what_was_said_is_found_and_brought_into_sight(visitors: Visitors, server: ChatServer) -> None:
    fill(server, "Who brings a cake?", *(f"text {number}" for number in range(2 * PAGE)), "I ate the CAKE.")
    ada = visitors.join("Ada")
    ada.page.get_by_role("button", name="Search").click()
    ada.page.keyboard.type("cak")
    found = ada.page.locator("#found button")
    expect(found.locator(".words")).to_have_text(["I ate the CAKE.", "Who brings a cake?"])
    expect(found.locator("mark")).to_have_text(["CAKE", "cake"])
    found.last.press("Enter")
    expect(ada.page.get_by_role("dialog")).to_be_hidden()
    expect(ada.page.get_by_text("Who brings a cake?").first).to_be_in_viewport()
    expect(ada.texts).to_have_count(2 * PAGE + 2)
    ada.page.get_by_role("button", name="Search").click()
    ada.page.keyboard.type("nobody said this")
    expect(ada.page.get_by_text("Nothing found.")).to_be_visible()


def test_earlier_messages_wait_for_a_connection(visitors: Visitors, server: ChatServer) -> None:
    fill(server, *(f"text {number}" for number in range(2 * PAGE)))
    ada = visitors.join("Ada")
    earlier = ada.page.get_by_role("button", name="Show earlier messages")
    ada.go_offline()
    expect(earlier).to_be_disabled()
    ada.go_online()
    ada.is_connected()
    earlier.click()
    expect(ada.texts).to_have_count(2 * PAGE)


def test_what_is_new_is_announced_beside_a_long_draft(visitors: Visitors, server: ChatServer) -> None:
    fill(server, *(f"text {number}" for number in range(PAGE)))
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    field = ada.page.get_by_label("Message", exact=True)
    field.fill("one\n" * 8)
    ada.page.get_by_role("log").evaluate("(log) => log.scrollTo(0, 0)")
    bob.say("Are you there?")
    button = ada.page.get_by_role("button", name="New messages")
    expect(button).to_be_visible()
    above, below = button.bounding_box(), field.bounding_box()
    assert above and below and above["y"] + above["height"] <= below["y"]
    button.click()
    expect(ada.page.get_by_text("Are you there?")).to_be_in_viewport()


def test_a_page_without_the_socketio_client_says_so(visitors: Visitors) -> None:
    context = visitors.context()
    context.route("**/socket.io/socket.io.js", lambda route: route.fulfill(status=404, body="Install npm"))
    ada = visitors.open("Ada", context=context)
    expect(ada.page.get_by_role("status")).to_have_text("The chat cannot start. /socket.io/socket.io.js tells why.")
    ada.complaints.clear()


#: Draw an evening in the mountains; returns it as the base64 of a PNG.
MOUNTAINS = """() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 960, height: 540 });
    const pen = canvas.getContext("2d");
    const sky = pen.createLinearGradient(0, 0, 0, 540);
    ["#2b3a67", "#9d5c7d", "#f2a65a", "#ffd9a0"].forEach((colour, part) => sky.addColorStop(part / 3, colour));
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 960, 540);
    pen.fillStyle = "#fff3d6";
    pen.arc(640, 330, 46, 0, 7);
    pen.fill();
    ["#7a4b6b", "#4d3556", "#2a2440"].forEach((colour, ridge) => {
        pen.fillStyle = colour;
        pen.beginPath();
        pen.moveTo(0, 540);
        for (let x = 0; x <= 960; x += 8) {
            const rough = Math.sin(x / (70 - ridge * 12) + ridge * 2) * 34 + Math.sin(x / 23 + ridge) * 11;
            pen.lineTo(x, 340 + ridge * 66 - rough - (ridge ? 0 : Math.max(0, 110 - Math.abs(x - 330) * 0.6)));
        }
        pen.lineTo(960, 540);
        pen.fill();
    });
    return canvas.toDataURL().split(",")[1];
}"""


def looks_right(page: Page, name: str) -> None:
    """Nothing sticks out at the side; the pictures are for people to judge."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"chat-{name}-{scheme}.png", animations="disabled")


def have_a_talk(visitors: Visitors, ada: Person, grace: Person, tmp_path: Path) -> None:
    """What the pictures show."""
    grace.say("Good morning! Did the release go out?")
    ada.sees("Good morning! Did the release go out?")
    ada.say("Ten minutes ago. I restarted the server, and nobody noticed.")
    grace.say("My picture was half way up by then. It simply went on:")
    expect(ada.texts).to_have_count(3)
    grace.share(tmp_path / "evening.png", base64.b64decode(ada.page.evaluate(MOUNTAINS)))
    expect(ada.page.get_by_role("img", name="evening.png")).to_be_visible()
    alan = visitors.join("Alan")
    alan.share(tmp_path / "release notes.pdf", bytes(184_000))
    expect(ada.page.get_by_role("link", name="release notes.pdf")).to_be_visible()
    ada.page.wait_for_function("[...document.images].every((image) => image.complete)")
    alan.page.get_by_label("Message", exact=True).press_sequentially("Yes")
    expect(ada.page.get_by_text("Alan is typing")).to_be_visible()


@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 800), ("phone", 390, 844)])
def test_pictures(visitors: Visitors, tmp_path: Path, device: str, width: int, height: int) -> None:
    look: dict[str, object] = {"viewport": {"width": width, "height": height}}
    if device == "phone":
        look |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    ada = visitors.open("Ada", context=visitors.context(**look))
    looks_right(ada.page, f"{device}-welcome")
    ada.join()
    ada.is_connected()
    grace = visitors.join("Grace Hopper")
    expect(ada.page.locator("#count")).to_have_text("2 here")
    looks_right(ada.page, f"{device}-empty")

    have_a_talk(visitors, ada, grace, tmp_path)
    looks_right(ada.page, f"{device}-talk")

    if device == "phone":
        ada.page.get_by_role("button", name="Rooms and people").click()
        expect(ada.page.get_by_label("Open another room")).to_be_visible()
        looks_right(ada.page, f"{device}-side")
    ada.page.get_by_role("button", name="Alan").click()
    looks_right(ada.page, f"{device}-person")
    for _ in range(2):
        ada.page.keyboard.press("Escape")
    ada.page.get_by_role("button", name="Search").click()
    ada.page.keyboard.type("rel")
    expect(ada.page.locator("#found button")).to_have_count(2)
    looks_right(ada.page, f"{device}-search")
    ada.page.keyboard.press("Escape")
    ada.go_offline()
    ada.say("I am on the train, this goes out as soon as I am out of the tunnel.")
    ada.share(tmp_path / "tunnel.jpg", bytes(2_400_000))
    looks_right(ada.page, f"{device}-offline")
