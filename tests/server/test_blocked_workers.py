"""Who blocks is found out, and what waits behind it goes on; who computes is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_socketio.server.blocked_workers import CALM, BlockedWorkers


class PaperLoop:
    """Keeps the one callback that is due."""

    def __init__(self) -> None:
        self.due: Callable[[], None] | None = None

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        assert self.due is None
        self.due = callback


class PaperWorkers:
    eager = True

    def __init__(self) -> None:
        self.running: dict[int, int] = {}
        self.lively: set[int] = set()
        self.waiting = 0
        self.sent = 0
        self.on_done: Callable[[], object] = lambda: None

    def reinforce(self) -> None:
        self.sent += 1


class Place:
    """Workers 1, 2, ... that are in the jobs that the test says."""

    def __init__(self) -> None:
        self.loop, self.workers, self.drained = PaperLoop(), PaperWorkers(), 0
        loop, workers, mailbox = self.loop, self.workers, self
        self.watched = BlockedWorkers(loop, mailbox, workers)  # type: ignore[arg-type]

    def wake(self) -> None: ...

    def drain(self) -> None:
        self.drained += 1

    def look(self, **jobs: int) -> None:
        """A glance, while `w1` is in the job 5, say; all of them lively unless found to block."""
        running = {int(name[1:]): job for name, job in jobs.items()}
        self.workers.lively |= running.keys() - self.workers.running.keys()
        self.workers.lively &= running.keys()
        self.workers.running = running
        self.watched.soon()
        due, self.loop.due = self.loop.due, None
        assert due is not None
        due()


def test_a_worker_in_the_same_job_for_two_glances_blocks() -> None:
    place = Place()
    place.workers.waiting = 3
    place.look(w1=5)
    place.look(w1=5)
    assert (place.workers.sent, place.drained, place.workers.eager) == (0, 0, False)
    place.look(w1=5)
    assert (place.workers.sent, place.drained, place.workers.eager) == (1, 1, True)
    assert place.workers.lively == set()


def test_one_that_blocks_is_found_among_others_that_do_not() -> None:
    place = Place()
    for job in range(10, 13):
        place.look(w1=5, w2=job)
    assert place.workers.lively == {2} and place.drained == 1 and place.workers.eager
    place.look(w1=5, w2=13)
    assert place.drained == 1, "it is known by now"


def test_workers_that_compute_are_left_alone() -> None:
    place = Place()
    place.workers.waiting = 3
    for job in range(10):
        place.look(w1=job)
    assert (place.workers.sent, place.drained, place.workers.eager) == (0, 0, False)


def test_calm_returns_when_nothing_has_blocked_for_a_while() -> None:
    place = Place()
    for _ in range(3):
        place.look(w1=5)
    for job in range(CALM):
        assert place.workers.eager
        place.look(w1=100 + job)
    assert not place.workers.eager


def test_nobody_looks_while_nothing_is_to_be_seen() -> None:
    place = Place()
    place.watched.soon()
    place.watched.soon()
    looks: list[Any] = []
    while place.loop.due is not None:
        due, place.loop.due = place.loop.due, None
        looks.append(due)
        due()
    assert len(looks) == 1


def test_one_that_is_known_to_block_is_not_looked_at_again() -> None:
    place = Place()
    place.workers.running = {1: 5}
    place.watched.soon()
    looks = 0
    while place.loop.due is not None:
        due, place.loop.due = place.loop.due, None
        due()
        looks += 1
    assert looks == 3
