"""Acknowledgements that are waited for."""

from __future__ import annotations

from typing import Any

from flask_socketio.hub.acks import PendingAcks, Unanswered


def test_each_callback_waits_under_an_id_of_its_own_and_is_given_once() -> None:
    acks = PendingAcks(limit=10)
    first, second = (lambda args: args), (lambda args: args)

    ids = acks.add(first), acks.add(second)

    assert ids == (1, 2)
    assert acks.pop(2) is second
    assert acks.pop(2) is None, "an answer that comes twice"
    assert acks.pop(99) is None, "an answer to nothing"
    assert acks.pop(1) is first


def test_an_id_may_be_had_before_the_callback_is_kept() -> None:
    acks = PendingAcks(limit=10)
    callback = lambda args: args  # noqa: E731

    ack_id = acks.new_id()
    other = acks.add(callback)
    acks.add(callback, ack_id)

    assert ack_id != other
    assert acks.pop(ack_id) is callback


def test_past_the_limit_the_oldest_is_told_that_no_answer_will_come() -> None:
    acks = PendingAcks(limit=2)
    answers: list[Any] = []

    for name in "abc":
        acks.add(lambda args, name=name: answers.append((name, args)))  # type: ignore[misc]

    assert answers == [("a", Unanswered.TOO_MANY)]
    assert acks.pop(1) is None


def test_clear_gives_back_all_that_still_wait() -> None:
    acks = PendingAcks(limit=10)
    callback = lambda args: args  # noqa: E731
    acks.add(callback)

    assert acks.clear() == [callback]
    assert acks.clear() == []


def test_a_callback_that_nobody_waits_for_is_discarded() -> None:
    acks = PendingAcks(limit=10)
    first, second = (lambda args: 1), (lambda args: 2)
    acks.add(first)
    acks.add(second)

    acks.discard(first)
    acks.discard(first)

    assert acks.clear() == [second]


def test_whose_limit_it_was_is_told() -> None:
    acks = PendingAcks(1, Unanswered.TOO_MANY_ELSEWHERE)
    answers: list[Any] = []
    for _ in range(2):
        acks.add(answers.append)
    assert answers == [Unanswered.TOO_MANY_ELSEWHERE]
