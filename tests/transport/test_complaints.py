"""Complaints: the log has one line about the same thing of the same client in a minute, and not too many in all."""

from __future__ import annotations

import pytest

from flask_socketio.transport.complaints import MOST, QUIET, Complaints


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_same_of_the_same_is_due_once_in_a_while() -> None:
    clock = Clock()
    complaints = Complaints(clock)
    assert [complaints.due("rate_limit", "ann") for _ in range(3)] == [True, False, False]
    assert complaints.due("rate_limit", "bob") and complaints.due("max_rooms", "ann")
    clock.now += QUIET - 0.1
    assert not complaints.due("rate_limit", "ann")
    clock.now += 0.1
    assert [complaints.due("rate_limit", "ann") for _ in range(2)] == [True, False]


def test_who_was_named_long_ago_is_forgotten() -> None:
    clock = Clock()
    complaints = Complaints(clock)
    for number in range(MOST):
        assert complaints.due("rate_limit", str(number))
    clock.now += QUIET
    assert complaints.due("rate_limit", "new") and len(complaints) == 1


def test_of_too_many_the_rest_is_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    complaints = Complaints(clock)
    named = [complaints.due("max_connections", str(number)) for number in range(MOST + 50)]
    assert sum(named) == MOST and len(complaints) == MOST
    assert [record.message for record in caplog.records] == [
        "there is more to complain of than the log has lines for: others are not named for a minute"
    ]
    clock.now += QUIET
    assert complaints.due("max_connections", "again")
