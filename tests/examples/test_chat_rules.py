from __future__ import annotations

import pytest

from examples.chat.rules import Refused, tidy_id, tidy_name, tidy_room, tidy_text


@pytest.mark.parametrize(
    ("name", "tidy"),
    [("Ada", "Ada"), ("  Ada   Lovelace ", "Ada Lovelace"), ("Ольга", "Ольга"), ("x" * 24, "x" * 24)],
)
def test_a_name_gets_single_spaces(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "choose a name"),
        ("   ", "choose a name"),
        (None, "choose a name"),
        (["Ada"], "choose a name"),
        ("x" * 25, "25 characters; at most 24"),
        ("A\u202eda", "nobody can see"),  # turns the direction of writing around
        ("A\u200bda", "nobody can see"),  # looks like Ada, and is not
        ("A\ud83d", "nobody can see"),  # half an emoji
    ],
)
def test_a_bad_name_is_refused_in_words(name: object, words: str) -> None:
    with pytest.raises(Refused, match=words):
        tidy_name(name)


@pytest.mark.parametrize(("room", "tidy"), [("lobby", "lobby"), (" Lobby ", "lobby"), ("küche-2", "küche-2")])
def test_a_room_has_small_letters(room: str, tidy: str) -> None:
    assert tidy_room(room) == tidy


@pytest.mark.parametrize("room", ["", "two words", "x" * 31, "a/b", "a?b", None, 7])
def test_a_bad_room_is_refused_in_words(room: object) -> None:
    with pytest.raises(Refused, match="1 to 30 letters"):
        tidy_room(room)


def test_a_text_keeps_its_lines_but_not_the_empty_ones_around_it() -> None:
    assert tidy_text("\n one\n\ntwo \n") == "one\n\ntwo"


def test_half_an_emoji_in_a_text_becomes_a_question_mark() -> None:
    assert tidy_text("hi \ud83d") == "hi ?"


@pytest.mark.parametrize(("text", "words"), [("", "nothing in"), (" \n", "nothing in"), (3, "nothing in")])
def test_an_empty_text_is_refused_in_words(text: object, words: str) -> None:
    with pytest.raises(Refused, match=words):
        tidy_text(text)


def test_a_long_text_is_refused_with_both_numbers() -> None:
    assert tidy_text("x" * 2000)
    with pytest.raises(Refused, match="2,001 characters; at most 2,000"):
        tidy_text("x" * 2001)


@pytest.mark.parametrize("id", ["", "x" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n", None, 5])
def test_an_id_that_no_page_of_ours_makes_is_refused(id: object) -> None:
    assert tidy_id("0123456789abcdef" * 2)
    with pytest.raises(Refused, match="reload"):
        tidy_id(id)
