"""Who waits for a worker, on a pool that works when the test says so."""

from __future__ import annotations

import contextvars
import gc
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask_socketio.hosts.waiting_line import Line

VARIABLE = contextvars.ContextVar("VARIABLE", default="")


class Pool:
    """Jobs, and what has been run of those that wait here: by name, with the context."""

    def __init__(self) -> None:
        self.jobs: deque[Callable[[], None]] = deque()
        self.ran: list[str] = []
        self.line = Line(self.jobs.append)

    def work(self) -> list[str]:
        """Run all jobs; what of the names has been run by now."""
        while self.jobs:
            self.jobs.popleft()()
        return self.ran

    def waiting(self, name: str) -> Named:
        one = Named(self.ran, name)
        self.line.join(one)
        return one


class Named:
    def __init__(self, ran: list[str], name: str) -> None:
        self._ran = ran
        self._name = name

    def run(self) -> None:
        self._ran.append(self._name + VARIABLE.get())


def test_first_come_first_served() -> None:
    pool = Pool()
    for name in "abc":
        pool.waiting(name)
    assert pool.work() == ["a", "b", "c"]


def test_each_runs_in_the_context_in_which_it_came() -> None:
    pool = Pool()
    for name in "ab":
        token = VARIABLE.set(f" of {name}")
        pool.waiting(name)
        VARIABLE.reset(token)
    assert pool.work() == ["a of a", "b of b"]


def test_who_has_left_is_not_run_and_holds_up_nobody() -> None:
    pool = Pool()
    _, b, c = (pool.waiting(name) for name in "abc")
    assert pool.line.leave(b) and pool.line.leave(c)
    assert not pool.line.leave(b)
    pool.waiting("d")
    assert pool.work() == ["a", "d"]
    pool.waiting("e")
    assert pool.work() == ["a", "d", "e"]


def test_who_has_begun_cannot_leave() -> None:
    pool = Pool()
    one = pool.waiting("a")
    pool.work()
    assert not pool.line.leave(one)


def test_nothing_is_left_of_thousands_who_have_left() -> None:
    pool = Pool()
    seen = []
    for _ in range(1000):
        several = [pool.waiting("given up") for _ in range(3)]
        seen += [weakref.ref(one) for one in several]
        assert [pool.line.leave(one) for one in several] == [True] * 3
    del several
    gc.collect()
    assert not any(one() for one in seen)
    assert len(pool.jobs) == 3
    pool.waiting("last")
    assert pool.work() == ["last"]


def test_every_one_is_run_once_whatever_the_threads_do() -> None:
    """Threads that take while the loop puts in, and takes some out again."""
    count = 20_000
    ran: list[int] = []
    left: list[int] = []

    class Numbered:
        def __init__(self, number: int) -> None:
            self.number = number

        def run(self) -> None:
            ran.append(self.number)

    with ThreadPoolExecutor(4) as threads:
        line = Line(threads.submit)
        for number in range(count):
            one = Numbered(number)
            line.join(one)
            if number % 3 == 0 and line.leave(one):
                left.append(number)
    assert sorted(ran + left) == list(range(count))
