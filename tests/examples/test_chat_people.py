from __future__ import annotations

import pytest

from examples.chat.people import People
from examples.chat.rules import Refused


@pytest.fixture
def people() -> People:
    """Ada with two tabs and Bob, all in the lobby."""
    people = People()
    for sid, name, browser in [("1", "bob", "b"), ("2", "Ada", "a"), ("3", "Ada", "a")]:
        people.enter(sid, name, browser)
        assert people.move(sid, "lobby") is None
    return people


def test_names_are_sorted_and_two_tabs_count_once(people: People) -> None:
    assert people.names("lobby") == ["Ada", "bob"]
    assert people.names("kitchen") == []


def test_somebody_is_here_until_the_last_tab_is_closed(people: People) -> None:
    assert people.leave("2") == "lobby"
    assert people.names("lobby") == ["Ada", "bob"]
    assert people.leave("3") == "lobby"
    assert people.names("lobby") == ["bob"]


def test_moving_tells_the_room_that_was_left(people: People) -> None:
    assert people.move("1", "kitchen") == "lobby"
    assert people.names("lobby") == ["Ada"]
    assert people.names("kitchen") == ["bob"]


def test_a_name_is_taken_for_other_browsers_until_it_is_free(people: People) -> None:
    with pytest.raises(Refused, match="Somebody called Ada is here already"):
        people.enter("4", "ADA", "c")
    people.enter("5", "Ada", "a")  # comes back before the server noticed that a connection is gone
    for sid in ("2", "3", "5"):
        people.leave(sid)
    people.enter("4", "ADA", "c")
    assert people.name("4") == "ADA"


def test_who_is_gone_cannot_do_anything(people: People) -> None:
    assert people.leave("unknown") is None
    with pytest.raises(Refused, match="left"):
        people.name("unknown")
    with pytest.raises(Refused, match="left"):
        people.move("unknown", "lobby")
