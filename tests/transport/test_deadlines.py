"""What falls due, when, and on how many timers."""

from __future__ import annotations

import pytest

from flask_socketio.transport.deadlines import CLOCK_TICK, LATENESS, Deadlines
from tests.transport.engine_driver import HandClock


class Watched:
    """Deadlines of half a second that write down what fell due when."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.due: list[tuple[str, float]] = []
        self.deadlines: Deadlines[str] = Deadlines(self.clock, 0.5, self._note)

    def _note(self, key: str) -> None:
        self.due.append((key, self.clock.now))


def test_a_key_falls_due_once_and_at_its_moment() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.clock.advance(0.499)
    assert watched.due == []
    watched.clock.advance(10)
    assert watched.due == [("a", 0.5)]


def test_keys_fall_due_in_the_order_of_their_start() -> None:
    watched = Watched()
    for key in "abc":
        watched.deadlines.start(key)
        watched.clock.advance(0.1)
    watched.clock.advance(1)
    assert watched.due == [("a", 0.5), ("b", 0.6), ("c", 0.7)]


def test_a_key_that_starts_again_starts_afresh() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.deadlines.start("b")
    watched.clock.advance(0.4)
    watched.deadlines.start("a")
    watched.clock.advance(1)
    assert watched.due == [("b", 0.5), ("a", 0.9)]


def test_a_key_that_is_cancelled_never_falls_due() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.deadlines.cancel("a")
    watched.deadlines.cancel("never started")
    watched.clock.advance(1)
    assert watched.due == []


def test_who_waits_is_known() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    assert "a" in watched.deadlines and "b" not in watched.deadlines and len(watched.deadlines) == 1
    watched.clock.advance(0.5)
    assert "a" not in watched.deadlines and len(watched.deadlines) == 0


def test_thousands_of_keys_need_one_timer_at_a_time() -> None:
    watched = Watched()
    for number in range(5000):
        watched.deadlines.start(str(number))
    assert watched.clock.timers == 1
    watched.clock.advance(0.5)
    assert len(watched.due) == 5000 and watched.clock.timers == 1


def test_timer_of_a_cancelled_key_serves_the_next() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.deadlines.cancel("a")
    watched.clock.advance(0.1)
    watched.deadlines.start("b")
    watched.clock.advance(1)
    assert watched.due == [("b", 0.6)]
    assert watched.clock.timers == 2


def test_what_is_due_need_not_wait_for_a_late_timer() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.clock.be_late(0.4)
    watched.deadlines.start("b")
    watched.clock.be_late(0.2)
    watched.deadlines.expire()
    assert watched.due == [("a", 0.6)]


def test_a_timer_that_calls_a_hair_early_is_on_time() -> None:
    watched = Watched()
    watched.deadlines.start("a")
    watched.clock.be_late(0.5 - CLOCK_TICK)
    watched.deadlines.expire()
    assert watched.due == [("a", 0.499)]


def heart() -> tuple[HandClock, list[float]]:
    """A key that starts again whenever it falls due, which is each half second: its clock, and when that was."""
    clock = HandClock()
    beats: list[float] = []

    def beat(key: str) -> None:
        beats.append(clock.now)
        deadlines.start(key, since=deadlines.when)

    deadlines: Deadlines[str] = Deadlines(clock, 0.5, beat)
    deadlines.start("a")
    return clock, beats


def test_a_key_may_start_again_while_it_falls_due() -> None:
    clock, beats = heart()
    clock.advance(1.6)
    assert beats == [0.5, 1.0, 1.5]


@pytest.mark.parametrize(
    ("late", "next_one"),
    [
        (0.015, 1.0),  # a little late: nobody notices
        (0.3, 1.3 - LATENESS),  # held up: what follows is set back as well
    ],
)
def test_what_follows_on_a_late_timer(late: float, next_one: float) -> None:
    clock, beats = heart()
    clock.be_late(0.5 + late)
    clock.advance(0.7)
    assert beats == [pytest.approx(0.5 + late), pytest.approx(next_one, abs=2 * CLOCK_TICK)]


def test_one_that_fails_does_not_stop_the_clock_for_the_others() -> None:
    clock = HandClock()
    due: list[str] = []

    def fail(key: str) -> None:
        due.append(key)
        if key == "bad":
            raise RuntimeError("on purpose")

    deadlines: Deadlines[str] = Deadlines(clock, 0.5, fail)
    deadlines.start("bad")
    deadlines.start("good")
    with pytest.raises(RuntimeError, match="on purpose"):
        clock.advance(0.5)
    clock.advance(0)
    assert due == ["bad", "good"]
