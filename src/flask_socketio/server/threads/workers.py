"""The bounded pool that runs what may block; `threads/__init__.py` says who wakes whom."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("flask_socketio")


class Workers:
    """A bounded pool of threads.

    Args:
        limit: the most threads. They are started as they are needed and then kept.

    Attributes:
        eager: whether a thread that takes a job sends for another one if more are waiting.
        running: the threads, by their ids, that are running jobs, each with the number of its job.
        lively: those of them that do not wake the loop for what they post; see `blocked_workers.py`.
        on_done: called by a thread that has run all jobs there are.
    """

    def __init__(self, limit: int) -> None:
        self.eager = True
        self.running: dict[int, int] = {}
        self.lively: set[int] = set()
        self.on_done: Callable[[], object] = lambda: None
        self._limit = limit
        self._count = 0
        self._begun = 0  # roughly, since threads may count at the same time
        self._jobs: deque[Callable[[], object]] = deque()
        self._parked: list[threading.Lock] = []  # of idle threads, each waiting for its own to be released
        self._coming = False
        self._starting = threading.Lock()

    def submit(self, job: Callable[[], object]) -> None:
        """Run `job` on one of the threads; it should not raise."""
        self.put(job)
        self.call()

    def put(self, job: Callable[[], object]) -> None:
        """As `submit`, but send for no thread: `call` is to follow, once for all that is put in a row."""
        self._jobs.append(job)

    def call(self) -> None:
        """Send for a thread, if a job waits and none will come by itself."""
        if self._jobs and not self._coming and (self.eager or not self.lively):
            self._send_for_one()

    def lend(self, count: int) -> None:
        """Allow `count` more threads (or fewer, if negative), in place of some that are lost in long handlers."""
        self._limit += count
        self.reinforce()

    def reinforce(self) -> None:
        """Send for one more thread, if a job is waiting and none is on its way."""
        if self._jobs and not self._coming:
            self._send_for_one()

    def stop(self) -> None:
        """Let every thread end once it is idle; what waits is still run."""
        self._limit = 0
        while self._parked:
            self._parked.pop().release()

    @property
    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return len(self._jobs)

    def _send_for_one(self) -> None:
        self._coming = True
        try:
            self._parked.pop().release()
        except IndexError:
            if not self._start_one():
                self._coming = False  # all are busy: the first that is done comes by itself

    def _start_one(self) -> bool:
        with self._starting:
            if self._count >= self._limit:
                return False
            self._count += 1
        try:
            threading.Thread(target=self._work, name=f"socketio-worker-{self._count}", daemon=True).start()
        except RuntimeError:  # the system gives no more threads: go on with those there are
            self._count -= 1
            return False
        return True

    def _work(self) -> None:
        me = threading.get_ident()
        parked = threading.Lock()
        parked.acquire()
        while True:
            self._coming = False
            if not self.eager:
                self.lively.add(me)
            self._run_jobs(me)
            self.lively.discard(me)
            self.running.pop(me, None)
            self.on_done()
            if self._count > self._limit:
                break
            self._parked.append(parked)
            # A job, or the order to stop, may have slipped in before this worker was seen to be free.
            if (self._jobs and not self._coming) or self._count > self._limit:
                self._send_for_one()
            parked.acquire()
        with self._starting:
            self._count -= 1

    def _run_jobs(self, me: int) -> None:
        jobs, running = self._jobs, self.running
        while True:
            try:
                job = jobs.popleft()
            except IndexError:
                return
            self._begun = running[me] = self._begun + 1
            if jobs and self.eager and not self._coming:
                self._send_for_one()
            try:
                job()
            except BaseException:  # SystemExit from a handler, say: it must not cost the pool a thread
                logger.exception("a job of the worker threads failed: %r", job)
