from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from examples.chat.history import PAGE, History
from examples.chat.rules import Room


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.sqlite3"


@pytest.fixture
def history(path: Path) -> History:
    return History(path)


def add(history: History, text: str, room: str = "lobby", name: str = "Ada") -> dict[str, Any]:
    return history.add(f"{room} {time.time_ns()} {text}", room, name, text, None, None)


def fill(history: History, count: int, room: str = "lobby") -> list[int]:
    return [add(history, f"text {number}", room)["at"] for number in range(count)]


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def test_a_message_comes_back_as_it_was_added(history: History) -> None:
    earliest = time.time_ns() // 1_000_000
    message = history.add("1", "lobby", "Ada", "hello\nÜnal ß 🙂", None, None)
    assert earliest <= message.pop("at") <= time.time_ns() // 1_000_000
    text = "hello\nÜnal ß 🙂"
    assert message == {"id": "1", "room": "lobby", "name": "Ada", "text": text, "size": None, "type": None}
    assert history.read("lobby")[0].items() > message.items()


def test_a_message_is_found_by_its_id_which_is_there_once(history: History) -> None:
    assert history.find("1") is None
    message = history.add("1", "lobby", "Ada", "cat.png", 5, "image/png")
    assert history.find("1") == message
    with pytest.raises(sqlite3.IntegrityError):
        history.add("1", "lobby", "Ada", "another", None, None)
    assert history.read("lobby") == [message]


def test_places_only_grow_even_when_the_clock_does_not(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000_000)
    assert fill(history, 3) == [2000, 2001, 2002]
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert fill(history, 2, "kitchen") == [2003, 2004]


def test_pages_after_a_place_go_up_and_end_with_a_short_one(history: History) -> None:
    places = fill(history, 2 * PAGE + 1)
    fill(history, 3, "kitchen")
    read = []
    since = places[0]
    while page := history.read("lobby", after=since):
        read += [message["at"] for message in page]
        since = read[-1]
    assert read == places[1:]
    assert len(history.read("lobby", after=places[0])) == PAGE


def test_pages_before_a_place_go_back(history: History) -> None:
    places = fill(history, PAGE + 2)
    assert [message["at"] for message in history.read("lobby")] == places[2:]
    assert [message["at"] for message in history.read("lobby", before=places[2])] == places[:2]
    assert history.read("lobby", before=places[0]) == []


def test_it_is_all_there_when_the_file_is_opened_again(history: History, path: Path) -> None:
    places = fill(history, 3)
    history.keep_room("lobby", Room("a", 30, {"b"}, {"c": 12.5}))
    other = History(path)  # while the first has not closed it, as after a crash
    assert [message["at"] for message in other.read("lobby")] == places
    assert other.room("lobby") == Room("a", 30, {"b"}, {"c": 12.5})
    assert other.room("kitchen") == Room()
    assert texts(other.search("lobby", "text 2")) == ["text 2"]


def test_the_last_words_of_somebody_are_found(history: History) -> None:
    assert history.last("lobby", "Ada") == 0
    at = [add(history, text)["at"] for text in ("one", "two")][-1]
    add(history, "three", name="Bob")
    add(history, "four", room="kitchen")
    assert history.last("lobby", "Ada") == at / 1000


@pytest.mark.parametrize(
    ("looked", "found"),
    [
        ("lunch", ["Who comes to lunch?", "LUNCH is at one"]),
        ("lun", ["Who comes to lunch?", "LUNCH is at one"]),
        ("unch", []),
        ("at lunch", ["LUNCH is at one"]),
        ("ubung", ["Übung macht den Meister"]),
        ("ÜBUNG", ["Übung macht den Meister"]),
        ('"', []),
        ("lunch* OR NOT (NEAR text:", []),
        ("100%", ["100 % done"]),
    ],
)
def test_a_search_finds_words_by_how_they_begin(history: History, looked: str, found: list[str]) -> None:
    for text in ("LUNCH is at one", "Who comes to lunch?", "Übung macht den Meister", "100 % done"):
        add(history, text)
    add(history, "lunch", room="kitchen")
    assert texts(history.search("lobby", looked)) == found


def test_a_search_answers_with_the_newest_and_not_with_everything(history: History) -> None:
    fill(history, PAGE + 5)
    assert texts(history.search("lobby", "text")) == [f"text {number}" for number in range(PAGE + 4, 4, -1)]
    assert len(history.search("lobby", "te " * 700)) == PAGE
