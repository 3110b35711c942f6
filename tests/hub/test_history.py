"""History: what is kept, what falls out of it, and who can still be told all."""

from __future__ import annotations

from typing import Any

import pytest

from flask_socketio.hub.history import Bounds, Entry, History, Positions
from flask_socketio.protocol.engineio import EncodedPacket


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def history(*, age: float = 60, messages: int = 100, size: int = 10_000, last: int = 0) -> tuple[History, Clock]:
    clock = Clock()
    return History(Positions(last), Bounds(age, messages, size), clock), clock


def positions(entries: list[Entry]) -> list[int]:
    return [entry.position for entry in entries]


def test_events_are_numbered_across_namespaces() -> None:
    shared, clock = Positions(), Clock()
    one, other = (History(shared, Bounds(60, 10, 1000), clock) for _ in range(2))
    for kept in (one, other, one):
        kept.record(EncodedPacket(b"4"), None, ())
    assert (positions(list(one)), positions(list(other)), shared.last) == ([1, 3], [2], 3)


def test_a_position_can_stand_for_nothing() -> None:
    kept, _ = history()
    kept.record(EncodedPacket(b"4"), None, ())
    kept.pass_over()
    kept.record(EncodedPacket(b"4"), None, ())
    assert positions(kept.since(0)) == [1, 3]


def test_what_was_for_no_room_is_not_loaded() -> None:
    kept, _ = history()
    bad: Any = {"a": 1}
    with pytest.raises(TypeError):
        kept.load([Entry(1, 100.0, EncodedPacket(b"4"), (bad,), ())], (0, 100.0))


def test_what_is_behind_a_position() -> None:
    kept, _ = history(last=7)
    for room in "abc":
        kept.record(EncodedPacket(b"4"), {room}, ["s"])
    assert positions(kept.since(8)) == [9, 10]
    assert positions(kept.since(0)) == [8, 9, 10]
    assert kept.since(10) == kept.since(99) == []
    assert [(entry.to, entry.skip) for entry in kept.since(9)] == [(("c",), ("s",))]


def test_too_much_or_too_old_falls_out_at_the_front() -> None:
    by_count, _ = history(messages=3)
    by_size, _ = history(size=30)
    by_age, clock = history(age=5)
    for number in range(5):
        for kept in (by_count, by_size, by_age):
            kept.record(EncodedPacket(b"4" * 10), None, ())
        clock.now += 2 if number != 3 else 0
    assert positions(list(by_count)) == positions(list(by_size)) == [3, 4, 5]
    assert positions(list(by_age)) == [2, 3, 4, 5]
    assert by_age.lost == (1, 100.0)


def test_one_event_larger_than_all_that_may_be_kept_is_lost_at_once() -> None:
    kept, clock = history(size=30)
    kept.record(EncodedPacket(b"4" * 31), None, ())
    assert list(kept) == [] and kept.lost == (1, clock.now)


def test_complete_for_who_knows_or_has_got_what_was_lost() -> None:
    kept, clock = history(messages=1)
    for _ in range(3):
        kept.record(EncodedPacket(b"4"), None, ())
        clock.now += 10
    assert kept.lost == (2, 110.0)
    assert kept.complete_since(2, heard=0)
    assert not kept.complete_since(1, heard=109)
    assert kept.complete_since(1, heard=110)


def test_a_new_history_knows_nothing_of_what_was_before_it() -> None:
    kept, clock = history(last=7)
    assert kept.complete_since(7, heard=0) and kept.complete_since(0, heard=clock.now)
    assert not kept.complete_since(6, heard=clock.now - 1)


def test_the_past_of_another_process_goes_on() -> None:
    kept, clock = history(age=60)
    past = [Entry(n, clock.now - 70 + 5 * n, EncodedPacket(b"4"), None, ()) for n in (1, 2, 3)]
    kept.load(past, (0, 0.0))
    assert positions(list(kept)) == [2, 3] and kept.lost == (1, clock.now - 65)
