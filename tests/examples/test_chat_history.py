from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.chat.history import PAGE, History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = History(path)
    yield history
    history.close()


def fill(history: History, count: int, room: str = "lobby") -> list[int]:
    return [history.add(f"{room}{number}", room, "Ada", f"text {number}")[0]["at"] for number in range(count)]


def test_a_message_comes_back_as_it_was_added(history: History) -> None:
    earliest = time.time_ns() // 1_000_000
    message, is_new = history.add("1", "lobby", "Ada", "hello\nÜnal ß 🙂")
    assert is_new
    assert earliest <= message["at"] <= time.time_ns() // 1_000_000
    assert message == {"at": message["at"], "id": "1", "room": "lobby", "name": "Ada", "text": "hello\nÜnal ß 🙂"}
    assert history.before("lobby") == [message]


def test_the_same_id_is_kept_once_and_as_it_was(history: History) -> None:
    first, _ = history.add("1", "lobby", "Ada", "hello")
    again, is_new = history.add("1", "lobby", "Ada", "hello, changed")
    assert not is_new
    assert again == first
    assert history.before("lobby") == [first]


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
    while page := history.after("lobby", since):
        read += [message["at"] for message in page]
        since = read[-1]
    assert read == places[1:]
    assert len(history.after("lobby", places[0])) == PAGE


def test_pages_before_a_place_go_back(history: History) -> None:
    places = fill(history, PAGE + 2)
    assert [message["at"] for message in history.before("lobby")] == places[2:]
    assert [message["at"] for message in history.before("lobby", places[2])] == places[:2]
    assert history.before("lobby", places[0]) == []


def test_it_is_all_there_when_the_file_is_opened_again(history: History, path: Path) -> None:
    places = fill(history, 3)
    other = History(path)  # while the first has not closed it, as after a crash
    assert [message["at"] for message in other.before("lobby")] == places
    other.close()


def test_threads_may_add_at_once(history: History) -> None:
    threads = [threading.Thread(target=fill, args=(history, 20, f"room{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pages = [history.before(f"room{number}") for number in range(4)]
    assert [len(page) for page in pages] == [20] * 4
    assert len({message["at"] for page in pages for message in page}) == 80
