"""The pool of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from flask_socketio.server.threads import Workers

#: Seconds that a test waits for what must happen.
SOON = 20


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers(4)
    yield pool
    pool.stop()


def finish(pool: Workers, count: int, job: Callable[[int], object]) -> None:
    """Run `job(0)` to `job(count - 1)` on the pool, and wait for all."""
    done = threading.Semaphore(0)

    def run(number: int) -> None:
        try:
            job(number)
        finally:
            done.release()

    for number in range(count):
        pool.submit(lambda number=number: run(number))  # type: ignore[misc]
    for _ in range(count):
        assert done.acquire(timeout=SOON)


def test_all_jobs_run(workers: Workers) -> None:
    seen: set[int] = set()

    finish(workers, 1_000, seen.add)

    assert seen == set(range(1_000))
    assert workers.waiting == 0


def test_jobs_that_block_run_side_by_side_up_to_the_limit(workers: Workers) -> None:
    together = threading.Barrier(4)

    finish(workers, 4, lambda number: together.wait(SOON))

    assert workers._count == 4


def test_beyond_the_limit_jobs_wait(workers: Workers) -> None:
    gate, running = threading.Event(), threading.Semaphore(0)

    def job() -> None:
        running.release()
        gate.wait(SOON)

    for _ in range(6):
        workers.submit(job)
    for _ in range(4):
        assert running.acquire(timeout=SOON)

    assert workers.waiting == 2
    gate.set()
    for _ in range(2):
        assert running.acquire(timeout=SOON)


def test_a_lent_thread_takes_what_waits_and_ends_when_it_is_given_back(workers: Workers) -> None:
    gate = threading.Event()
    for _ in range(4):
        workers.submit(lambda: gate.wait(SOON))
    ran = threading.Event()
    workers.submit(ran.set)

    workers.lend(1)

    assert ran.wait(SOON)
    assert workers._count == 5
    workers.lend(-1)
    gate.set()
    together = threading.Barrier(4)
    finish(workers, 4, lambda number: together.wait(SOON))
    assert workers._count <= 5


def test_a_job_that_raises_costs_no_thread(workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    def exits() -> None:
        raise SystemExit(1)

    for _ in range(10):
        workers.submit(exits)
    together = threading.Barrier(4)
    finish(workers, 4, lambda number: together.wait(SOON))

    assert workers._count == 4
    assert "a job of the worker threads failed" in caplog.text


def test_threads_are_started_as_needed(workers: Workers) -> None:
    assert workers._count == 0

    for _ in range(20):
        finish(workers, 1, lambda number: None)

    assert workers._count <= 2, "one at a time needs one thread, and one that was on its way"


def test_where_no_thread_can_be_had_the_others_do_the_work(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(workers, 1, lambda number: None)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    finish(workers, 100, lambda number: None)
