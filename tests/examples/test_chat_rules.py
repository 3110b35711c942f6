from __future__ import annotations

from typing import Any

import msgspec
import pytest

from examples.chat.rules import KICK, People, Room, tidy_id, tidy_name, tidy_room, tidy_text
from flask_socketio import EventError

ADA, BOB, CYD = "a" * 32, "b" * 32, "c" * 32  # browsers


@pytest.mark.parametrize(
    ("name", "tidy"),
    [("Ada", "Ada"), ("  Ada   Lovelace ", "Ada Lovelace"), ("Ольга", "Ольга"), ("x" * 24, "x" * 24)],
)
def test_a_name_gets_single_spaces(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


@pytest.mark.parametrize("name", ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "Ada \U0001f469\u200d\U0001f680"])
def test_a_persian_name_and_one_with_a_joined_emoji_are_kept(name: str) -> None:
    assert tidy_name(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "choose a name"),
        ("   ", "choose a name"),
        ("\u200d", "choose a name"),
        (None, "choose a name"),
        (["Ada"], "choose a name"),
        ("x" * 25, "25 characters; at most 24"),
        ("A\u202eda", "nobody can see"),  # turns the direction of writing around
        ("A\u200bda", "nobody can see"),  # looks like Ada, and is not
        ("A\ud83d", "nobody can see"),  # half an emoji
    ],
)
def test_a_bad_name_is_refused_in_words(name: object, words: str) -> None:
    with pytest.raises(EventError, match=f"bad_name: .*{words}"):
        tidy_name(name)


@pytest.mark.parametrize(("room", "tidy"), [("lobby", "lobby"), (" Lobby ", "lobby"), ("küche-2", "küche-2")])
def test_a_room_has_small_letters(room: str, tidy: str) -> None:
    assert tidy_room(room) == tidy


@pytest.mark.parametrize("room", ["", "two words", "x" * 31, "a/b", "a?b", None, 7])
def test_a_bad_room_is_refused_in_words(room: object) -> None:
    with pytest.raises(EventError, match=r"bad_room: .*1 to 30 letters"):
        tidy_room(room)


def test_a_text_keeps_its_lines_but_not_the_empty_ones_around_it() -> None:
    assert tidy_text("\n one\n\ntwo \n") == "one\n\ntwo"


def test_half_an_emoji_in_a_text_becomes_a_question_mark() -> None:
    assert tidy_text("hi \ud83d") == "hi ?"


@pytest.mark.parametrize("text", ["", " \n", 3, None])
def test_an_empty_text_is_refused_in_words(text: object) -> None:
    with pytest.raises(EventError, match="nothing in"):
        tidy_text(text)


def test_a_long_text_is_refused_with_both_numbers() -> None:
    assert tidy_text("x" * 2000)
    with pytest.raises(EventError, match="2,001 characters; at most 2,000"):
        tidy_text("x" * 2001)


@pytest.mark.parametrize("id", ["", "x" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n", "../" + "0" * 29, None, 5])
def test_an_id_that_no_page_of_ours_makes_is_refused(id: object) -> None:
    assert tidy_id("0123456789abcdef" * 2)
    with pytest.raises(EventError, match="reload"):
        tidy_id(id)


@pytest.fixture
def people() -> People:
    """Ada with two tabs and Bob, all in the lobby."""
    people = People()
    for sid, name, browser in [("1", "bob", BOB), ("2", "Ada", ADA), ("3", "Ada", ADA)]:
        people.enter(sid, name, browser)
        people[sid].room = "lobby"
    return people


def test_names_are_sorted_and_two_tabs_count_once(people: People) -> None:
    assert people.within("lobby") == [("Ada", ADA), ("bob", BOB)]
    assert people.within("kitchen") == []
    people["1"].room = "kitchen"
    assert people.within("kitchen") == [("bob", BOB)]


def test_somebody_is_here_until_the_last_tab_is_closed(people: People) -> None:
    del people["2"]
    assert people.within("lobby") == [("Ada", ADA), ("bob", BOB)]
    del people["3"]
    assert people.within("lobby") == [("bob", BOB)]


def test_who_has_only_connected_is_in_no_room_with_others(people: People) -> None:
    people.enter("4", "Cyd", CYD)
    assert people.within("lobby") == [("Ada", ADA), ("bob", BOB)]
    assert people.within("4") == [("Cyd", CYD)]


def test_a_name_is_taken_for_other_browsers_until_it_is_free(people: People) -> None:
    with pytest.raises(EventError, match="name_taken: Somebody called Ada is here already"):
        people.enter("4", "ADA", CYD)
    people.enter("5", "Ada", ADA)  # comes back before the server noticed that a connection is gone
    with pytest.raises(EventError, match="name_taken"):
        people.enter("4", "A\u200dda", CYD)  # looks like Ada
    for sid in ("2", "3", "5"):
        del people[sid]
    people.enter("4", "ADA", CYD)
    assert people["4"].name == "ADA"


@pytest.fixture
def room() -> Room:
    """A room that Ada moderates, as it comes out of the file."""
    return msgspec.json.decode(msgspec.json.encode(Room(moderator=ADA)), type=Room)


def refused(code: str, words: str = "") -> Any:
    return pytest.raises(EventError, match=f"{code}: .*{words}")


def test_who_is_kicked_out_stays_out_for_ten_minutes_and_is_told_how_long(room: Room) -> None:
    room.decide("kick", BOB, 1000)
    with refused("kicked", "You can come back in 10 min"):
        room.admit(BOB, 1000)
    with refused("kicked", "You can come back in 1 min"):
        room.admit(BOB, 1000 + KICK - 1)
    room.admit(BOB, 1000 + KICK)
    room.admit(CYD, 1000)


def test_those_whose_time_is_over_are_forgotten(room: Room) -> None:
    room.decide("kick", BOB, 1000)
    room.decide("kick", CYD, 1000 + KICK)
    assert list(room.kicked) == [CYD]


def test_who_is_muted_says_nothing_until_that_is_taken_back(room: Room) -> None:
    room.decide("mute", BOB, 0)
    room.decide("mute", BOB, 0)
    with refused("muted", "you can read here, but not write"):
        room.hear(BOB, 1000, 0)
    room.admit(BOB, 1000)
    room.hear(CYD, 1000, 0)
    room.decide("unmute", BOB, 0)
    room.hear(BOB, 1000, 0)


def test_in_slow_mode_everybody_but_the_moderator_waits_between_two_messages(room: Room) -> None:
    room.hear(BOB, 1000, 1000)
    room.decide("pace", 30, 1000)
    with refused("slow_mode", "one message every 30 s. Yours can go in 12 s"):
        room.hear(BOB, 1000, 982)
    room.hear(BOB, 1000, 970)
    room.hear(ADA, 1000, 1000)
    room.decide("pace", 0, 1000)
    room.hear(BOB, 1000, 1000)


@pytest.mark.parametrize("pace", [-1, 7, "30", None, 10**9, False, True, [30]])
def test_a_pace_that_the_page_does_not_offer_is_none(room: Room, pace: Any) -> None:
    room.decide("pace", pace, 0)
    assert msgspec.json.decode(msgspec.json.encode(room), type=Room).pace == 0


@pytest.mark.parametrize("verdict", ["mute", "kick"])
def test_moderators_cannot_decide_about_themselves(room: Room, verdict: str) -> None:
    with refused("yourself"):
        room.decide(verdict, ADA, 0)
    room.hear(ADA, 1000, 0)
