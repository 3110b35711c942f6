"""What people see of the chat when connections break and servers restart: nothing is lost, nothing comes twice."""

from __future__ import annotations

import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.chat.history import PAGE, History
from examples.chat.rules import TEXT_MAX
from tests.examples.chat_driver import Cable, ChatServer, fill
from tests.examples.conftest import Visitors

BOTH_ENDS = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])


def numbered(what: str, count: int) -> list[str]:
    return [f"{what} {number}" for number in range(count)]


def kept(server: ChatServer) -> list[str]:
    """What the history holds of the lobby."""
    return [message["text"] for message in History(server.database).read("lobby", after=0)]


def test_who_was_offline_misses_nothing_and_says_it_once(visitors: Visitors) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    bob.say("before")
    ada.sees("before")
    ada.go_offline()
    expect(ada.status).to_contain_text("You are offline.")
    expect(ada.status).to_contain_text("Trying again in")
    ada.say("written offline")
    expect(ada.status).to_contain_text("One message waits here until then.")
    ada.say("and more")
    expect(ada.status).to_contain_text("2 messages wait here until then.")
    expect(ada.page.get_by_text("Not sent yet")).to_have_count(2)
    bob.say("said meanwhile")
    bob.sees("before", "said meanwhile")

    ada.go_online()
    everything = ["before", "said meanwhile", "written offline", "and more"]
    bob.sees(*everything)
    ada.sees(*everything)
    expect(ada.page.get_by_role("status")).to_have_text("Connected")


@BOTH_ENDS
def test_the_server_restarts_under_them(visitors: Visitors, server: ChatServer, how: signal.Signals) -> None:
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.say(*numbered("ada before", 5))
    bob.say(*numbered("bob before", 5))
    for person in (ada, bob):
        person.page.clock.install()
    server.stop(how)  # while some of these are on their way
    for person in (ada, bob):
        person.is_waiting()
        person.page.clock.fast_forward(6_000)  # longer than the page waits until it says who has left
    expect(ada.status).to_contain_text("restarting")
    ada.say(*numbered("ada meanwhile", 3))
    bob.say(*numbered("bob meanwhile", 3))
    server.start()
    ada.is_connected()
    bob.is_connected()
    assert ada.was_recovered == bob.was_recovered == (how is signal.SIGTERM)
    ada.say("ada after")
    bob.say("bob after")

    expect(ada.texts).to_have_count(18)
    expect(bob.texts).to_have_count(18)
    texts = ada.texts.all_inner_texts()
    bob.sees(*texts)
    ada.sees(*texts)
    assert kept(server) == texts
    for name in ("ada", "bob"):
        assert [text for text in texts if text.startswith(name)] == [
            *numbered(f"{name} before", 5),
            *numbered(f"{name} meanwhile", 3),
            f"{name} after",
        ]
    expect(ada.page.get_by_text("Bob left")).to_have_count(0)
    expect(bob.page.get_by_text("Ada left")).to_have_count(0)


def test_a_file_arrives_byte_for_byte_through_a_cut_a_restart_and_a_kill(
    visitors: Visitors, server: ChatServer, new_cable: Callable[..., Cable], tmp_path: Path
) -> None:
    cable = new_cable(delay=0.01, rate=2_500_000)
    ada, bob = visitors.join("Ada", cable=cable), visitors.join("Bob")
    content = random.Random(0).randbytes(5_000_000)
    ada.share(tmp_path / "holiday.bin", content)
    ada.has_sent(0.1)
    cable.cut()
    ada.is_waiting()
    ada.try_now()
    for part, how in ((0.2, signal.SIGTERM), (0.3, signal.SIGKILL)):
        ada.has_sent(part)
        cable.make_deaf()  # so that it does not go on while the server is being stopped
        server.stop(how)
        cable.cut()
        ada.is_waiting()
        expect(ada.status).to_contain_text("One message waits here until then.")
        [half] = server.files.iterdir()
        assert part < half.stat().st_size / len(content) < 1
        server.start()
        ada.try_now()
    bob.try_now()
    file = bob.page.get_by_role("link", name="holiday.bin")
    expect(file).to_be_visible()
    assert bob.fetch(file).body() == content
    expect(ada.page.get_by_role("link", name="holiday.bin")).to_have_attribute("href", re.compile("^files/"))
    expect(ada.sending).to_have_count(0)
    expect(bob.page.locator(".message")).to_have_count(1)


def test_the_page_stays_usable_at_3g(visitors: Visitors, new_cable: Callable[..., Cable], tmp_path: Path) -> None:
    """3G, and 400 ms until an answer comes."""
    cable = new_cable(delay=0.2, rate=50_000)
    ada, bob = visitors.join("Ada", cable=cable), visitors.join("Bob")
    ada.share(tmp_path / "slow.bin", bytes(160_000))
    ada.has_sent(0.1)
    ada.say("This goes out before the file has.")
    bob.sees("This goes out before the file has.")
    bob.say("And I answer.")
    expect(ada.texts.last).to_have_text("And I answer.")
    expect(ada.sending).to_be_visible()
    expect(bob.page.get_by_role("link", name="slow.bin")).to_be_visible()


def test_where_websocket_is_blocked_it_goes_by_long_polling_through_a_restart_too(
    visitors: Visitors, server: ChatServer, cable: Cable
) -> None:
    cable.refuse_websocket()
    ada, bob = visitors.join("Ada", cable=cable), visitors.join("Bob")
    ada.say("one")
    bob.say("two")
    expect(ada.texts).to_have_count(2)
    server.stop()
    ada.is_waiting()
    ada.say("three")
    server.start()
    bob.is_connected()
    expect(bob.texts).to_have_count(3)
    ada.sees(*bob.texts.all_inner_texts())


def test_an_answer_that_got_lost_does_not_double_the_message(visitors: Visitors, cable: Cable) -> None:
    ada, bob = visitors.join("Ada", cable=cable), visitors.join("Bob")
    cable.make_deaf()
    ada.say("did you get this?")
    bob.sees("did you get this?")
    expect(ada.page.get_by_text("Not sent yet")).to_be_visible()
    cable.cut()
    ada.is_waiting()
    ada.page.get_by_role("button", name="Try now").click()
    ada.sees("did you get this?")
    bob.say("yes, once")
    ada.sees("did you get this?", "yes, once")
    bob.sees("did you get this?", "yes, once")


def test_what_was_unsent_when_the_tab_was_closed_goes_out_from_the_next_one(
    visitors: Visitors, server: ChatServer
) -> None:
    context = visitors.context()
    ada, bob = visitors.join("Ada", context=context), visitors.join("Bob")
    server.stop(signal.SIGKILL)
    ada.is_waiting()
    ada.say("I must go")
    ada.page.close()
    server.start()
    bob.is_connected()
    bob.say("Ada?")
    bob.sees("Ada?")

    again = visitors.open("Ada", context=context)
    expect(again.page.get_by_label("Your name")).to_have_value("Ada")
    again.page.get_by_role("button", name="Join").click()
    again.sees("Ada?", "I must go")
    bob.sees("Ada?", "I must go")


def test_unsent_messages_stay_with_their_room_and_their_writer(visitors: Visitors) -> None:
    context = visitors.context()
    ada, other = visitors.join("Ada", context=context), visitors.join("Other", context=context)
    bob = visitors.join("Bob")
    ada.go_offline()  # the other tab of the same browser too
    ada.say("for the lobby")
    ada.page.get_by_label("Open another room").fill("kitchen")
    ada.page.get_by_label("Open another room").press("Enter")
    expect(ada.page.get_by_text("No connection")).to_be_visible()
    ada.say("for the kitchen")
    expect(ada.texts).to_have_text(["for the kitchen"])
    ada.go_online()
    ada.sees("for the kitchen")
    other.sees("for the lobby")
    bob.sees("for the lobby")
    expect(bob.page.locator(".message .name")).to_have_text(["Ada"])


def test_who_missed_more_than_a_page_gets_it_all(visitors: Visitors, server: ChatServer) -> None:
    ada = visitors.join("Ada")
    ada.say("before")
    ada.sees("before")
    server.stop(signal.SIGKILL)  # or what she missed would not be asked for: a server that remembers her tells it
    missed = numbered("missed", 2 * PAGE + 5)
    fill(server, *missed)
    server.start()
    ada.say("after")
    ada.sees("before", *missed, "after")


def test_earlier_messages_come_page_by_page_and_nothing_jumps(visitors: Visitors, server: ChatServer) -> None:
    texts = numbered("text", 2 * PAGE + 5)
    fill(server, *texts)
    ada = visitors.join("Ada")
    ada.sees(*texts[-PAGE:])
    expect(ada.texts.last).to_be_in_viewport()
    earlier = ada.page.get_by_role("button", name="Show earlier messages")
    for begin in (PAGE, 0):
        earlier.scroll_into_view_if_needed()
        first = ada.page.get_by_text(texts[begin + 5], exact=True)
        expect(first).to_be_in_viewport()
        before = first.bounding_box()
        earlier.click()
        ada.sees(*texts[5 if begin else 0 :])
        after = first.bounding_box()
        assert before and after and abs(before["y"] - after["y"]) < 2  # pixels
    expect(earlier).to_be_hidden()


def test_days_are_told_apart_also_by_a_page_that_is_open_overnight(
    visitors: Visitors, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, day = time.time_ns(), 24 * 3600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: now - day)
    fill(server, "long ago", "just after")
    ada = visitors.join("Ada")
    days = ada.page.locator(".day:visible")
    expect(days).to_have_text(["Yesterday"])
    ada.say("now")
    expect(days).to_have_text(["Yesterday", "Today"])
    ada.page.clock.set_system_time((now + day) / 10**9)
    ada.say("still the same day on the server")
    expect(days).to_have_text([re.compile("day, "), "Yesterday"])
    ada.sees("long ago", "just after", "now", "still the same day on the server")


def test_who_reads_old_messages_is_not_torn_away(visitors: Visitors, server: ChatServer) -> None:
    fill(server, *numbered("text", PAGE))
    ada, bob = visitors.join("Ada"), visitors.join("Bob")
    ada.page.get_by_text("text 0").scroll_into_view_if_needed()
    bob.say("news")
    ada.page.get_by_role("button", name="New messages").click()
    expect(ada.page.get_by_text("news")).to_be_in_viewport()
    expect(ada.page.get_by_role("button", name="New messages")).to_be_hidden()


def test_a_name_taken_meanwhile_is_asked_for_again_and_nothing_is_lost(visitors: Visitors) -> None:
    ada = visitors.join("Ada")
    ada.go_offline()
    ada.say("from the first Ada")
    other = visitors.join("Bob")
    expect(other.page.locator("#count")).to_have_text("1 here")
    other.page.get_by_role("button", name="Change").click()
    other.name = "Ada"
    other.join()
    other.say("from the second Ada")
    other.sees("from the second Ada")
    ada.go_online()
    expect(ada.page.get_by_role("alert")).to_contain_text("Somebody called Ada is here already")
    ada.name = "Ada L."
    ada.join()
    other.sees("from the second Ada", "from the first Ada")
    ada.sees("from the second Ada", "from the first Ada")
    expect(other.page.locator(".message .name")).to_have_text(["Ada", "Ada L."])


def test_a_message_that_was_refused_is_still_there_after_a_reload(visitors: Visitors) -> None:
    ada = visitors.join("Ada")
    ada.say("x" * (TEXT_MAX + 1))
    expect(ada.page.get_by_role("button", name="Try again")).to_be_visible()
    ada.page.reload()
    expect(ada.page.get_by_role("button", name="Try again")).to_be_visible()
