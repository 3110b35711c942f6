"""The order in which the events of a client are handled, and who handles them.

Every client in a namespace has a mailbox. Its jobs run one after the other, in the order in which the events came:
`def` handlers on the worker threads, a whole batch for one hand-over; `async def` handlers on the loop. Mailboxes of
different clients run at the same time.

The loop alone changes a mailbox. It hands out a `Turn`, a batch of jobs, and hands out no further one until the
worker reports that the turn is over. So no lock is needed, and an event that arrives meanwhile simply waits.

Three rules keep one handler from holding up what must go on:

- *Overtaking.* A handler that has run for `overtake_after` seconds loses its turn: what waits behind it goes on as if
  it had returned, and its thread no longer counts against the pool, up to `max_overtaken` such threads.
- *Goodbyes* do not queue behind it even that long: a `disconnect` that has not had its turn after `GOODBYE_PATIENCE`
  goes ahead on its own. Handlers that loop until the client is gone depend on it.
- *Back-pressure.* A client whose mailbox holds `max_queued` jobs is not read from until half of them are done. Without
  an order (`ParallelMailbox`) those that run count as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from ..transport.deadlines import Deadlines
from .blocked_workers import BlockedWorkers
from .handlers import Handler
from .jobs import Job
from .tasks import Tasks
from .threads import LoopMailbox, Workers

logger = logging.getLogger("flask_socketio")

#: Seconds.
GOODBYE_PATIENCE = 0.05


class Source(Protocol):
    """Where the jobs of a mailbox come from: the client, which can be asked to pause."""

    def pause(self) -> None:
        """Send nothing for now."""

    def resume(self) -> None:
        """Send again."""


class Turn:
    """A batch of jobs of one mailbox, run by one worker or by the loop.

    Attributes:
        mailbox: whose jobs they are; None for a job that belongs to no order.
        job: the one that runs now.
        since: when it began, by `time.monotonic()`; None before the first.
        overtaken: once it was overtaken, what is done when it has ended; None before.
    """

    __slots__ = ("_jobs", "_scheduler", "job", "mailbox", "overtaken", "since")

    overtaken: asyncio.Future[None] | None

    def __init__(self, scheduler: Scheduler, mailbox: Mailbox | None, jobs: list[Job]) -> None:
        self._scheduler = scheduler
        self._jobs = jobs
        self.mailbox = mailbox
        self.job = jobs[0]
        self.since: float | None = None
        self.overtaken = None
        jobs.reverse()

    def run(self) -> None:
        """Run the jobs, in a worker thread."""
        jobs = self._jobs
        while jobs:
            try:
                self.job = job = jobs.pop()
            except IndexError:  # the loop has just taken the rest away
                break
            self.since = time.monotonic()
            job.run()
        self._scheduler.loop_mailbox.post(self._scheduler.over, self)

    def begun(self) -> None:
        """Its one job, a coroutine, runs already."""
        self._jobs.clear()
        self.since = time.monotonic()

    def take_rest(self) -> list[Job]:
        """The jobs not begun yet, in order, which this turn then no longer has. Safe while `run` runs."""
        rest = []
        with contextlib.suppress(IndexError):
            while True:
                rest.append(self._jobs.pop())
        return rest


class Mailbox:
    """The jobs of one client in one namespace, in order. Used on the loop only."""

    __slots__ = ("_busy", "_paused", "_queue", "_scheduler", "_source")

    def __init__(self, scheduler: Scheduler, source: Source) -> None:
        self._scheduler = scheduler
        self._source = source
        self._queue: list[Job] = []
        self._busy = False
        self._paused = False

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits; one that was overtaken is not counted."""
        return self._busy

    def put(self, job: Job) -> None:
        """Run a job when those before it are done."""
        if not self._busy:
            self._busy = True
            if self._scheduler.start(self, [job]):
                self.over()
            return
        self._queue.append(job)
        if len(self._queue) >= self._scheduler.max_queued and not self._paused:
            self._paused = True
            self._source.pause()

    def put_goodbye(self, job: Job) -> None:
        """Run the last job: in its order if that comes soon, else ahead of it."""
        if self._busy:
            self._queue.append(job)  # however many wait before it: nothing comes after it that a pause would hold back
            self._scheduler.hurry.start((self, job))
        else:
            self.put(job)

    def hurry(self, job: Job) -> None:
        """Run a queued job now."""
        if job in self._queue:
            self._queue.remove(job)
            self._scheduler.start(None, [job])

    def overtake(self, rest: list[Job]) -> None:
        """Go on with `rest` and what else waits, while the turn still runs."""
        self._queue[:0] = rest
        self.over()

    def over(self) -> None:
        """The turn has ended, or was taken away: the next one begins, if something waits."""
        queue = self._queue
        self._busy = True
        while queue:
            count = 1
            if not queue[0].handler.is_async:
                while count < len(queue) and not queue[count].handler.is_async:
                    count += 1
            jobs, queue[:count] = queue[:count], []
            if not self._scheduler.start(self, jobs):
                break
        else:
            self._busy = False
        if self._paused and len(queue) <= self._scheduler.max_queued // 2:
            self._paused = False
            self._source.resume()


class ParallelMailbox(Mailbox):
    """The jobs of one client in one namespace, each on its own: what `async_handlers` asks for."""

    __slots__ = ("_count",)

    def __init__(self, scheduler: Scheduler, source: Source) -> None:
        super().__init__(scheduler, source)
        self._count = 0

    @property
    def busy(self) -> bool:
        """See `Mailbox`."""
        return self._count > 0

    def put(self, job: Job) -> None:
        """Run a job."""
        if self._scheduler.start(self, [job]):
            return
        self._count += 1
        if self._count >= self._scheduler.max_queued and not self._paused:
            self._paused = True
            self._source.pause()

    def put_goodbye(self, job: Job) -> None:
        """Run the last job."""
        self._scheduler.start(None, [job])

    def over(self) -> None:
        """A job has ended, or was overtaken."""
        self._count -= 1
        if self._paused and self._count <= self._scheduler.max_queued // 2:
            self._paused = False
            self._source.resume()


class Scheduler:
    """Runs turns: on worker threads or on the loop; and watches for those that take too long.

    Args:
        loop: the one loop.
        loop_mailbox: the way into it.
        workers: the threads.
        parallel: `async_handlers`: every event on its own, without an order.
        overtake_after: seconds after which a handler loses its turn.
        max_overtaken: so many threads may be lost in such handlers before they count against the pool.
        max_queued: the most jobs in a mailbox.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        loop_mailbox: LoopMailbox,
        workers: Workers,
        *,
        parallel: bool,
        overtake_after: float,
        max_overtaken: int,
        max_queued: int,
    ) -> None:
        self.loop_mailbox = loop_mailbox
        self._mailbox = ParallelMailbox if parallel else Mailbox
        self.max_queued = max_queued
        self.workers = workers
        self._blocked_workers = BlockedWorkers(loop, loop_mailbox, workers)
        self.tasks = Tasks(loop)
        self.hurry: Deadlines[tuple[Mailbox, Job]] = Deadlines(
            loop, GOODBYE_PATIENCE, lambda waiting: waiting[0].hurry(waiting[1])
        )
        self._loop = loop
        self._overtake_after = overtake_after
        self._max_overtaken = max_overtaken
        self._overtaken = 0
        self._turns: dict[Turn, None] = {}
        self._late: dict[Turn, None] = {}
        self._watching = False
        self._calling = False
        self._stopped = False
        self._when_idle: asyncio.Future[None] | None = None

    def mailbox(self, source: Source) -> Mailbox:
        """A mailbox for a client in a namespace."""
        return self._mailbox(self, source)

    def start(self, mailbox: Mailbox | None, jobs: list[Job]) -> bool:
        """Begin a turn, of `def` handlers only or of one `async def`. Returns whether it is over already."""
        if not jobs[0].handler.is_async:
            turn = Turn(self, mailbox, jobs)
            self.submit(turn.run)
        else:
            task = self.tasks.run(jobs[0].run_async())
            if task is None:
                return True  # most coroutines end here: only for one that waits a turn is worth making
            turn = Turn(self, mailbox, jobs)
            turn.begun()
            task.add_done_callback(lambda task: self.over(turn))
        self._turns[turn] = None
        if not self._watching:
            self._watch()
        return False

    def submit(self, job: Callable[[], object]) -> None:
        """Run something on a worker thread; to be called on the loop."""
        self.workers.put(job)
        if not self._calling:
            self._calling = True
            self._loop.call_soon(self._call_worker)

    def _call_worker(self) -> None:
        self._calling = False
        self.workers.call()
        self._blocked_workers.soon()

    def over(self, turn: Turn) -> None:
        """A turn has ended."""
        self._turns.pop(turn, None)
        if turn.overtaken is not None:
            del self._late[turn]
            turn.overtaken.set_result(None)
            if not turn.job.handler.is_async:
                self._overtaken -= 1
                self.workers.lend(-1)
        elif turn.mailbox is not None and not self._stopped:
            turn.mailbox.over()
        if self._when_idle is not None:
            self._tell_if_idle()

    def call(self, handler: Handler, args: Collection[Any]) -> None:
        """Call a function that belongs to no client, on the loop if it is a coroutine function, else on a worker.

        Whatever it raises is logged there: the arguments may come from a client, and not fit.
        """
        if handler.is_async:
            self.tasks.call(handler.function, *args)
        else:
            self.submit(lambda: handler.function(*args))

    @property
    def busy(self) -> bool:
        """Whether a handler runs that was not overtaken."""
        return bool(self._turns)

    @property
    def turns(self) -> list[Turn]:
        """All that have not ended, those that were overtaken among them."""
        return [*self._turns, *self._late]

    async def idle(self, timeout: float | None = None) -> None:
        """Wait until no handler runs but those that were overtaken, `timeout` seconds at most."""
        if self._turns:
            if self._when_idle is None:
                self._when_idle = self._loop.create_future()
            await asyncio.wait([self._when_idle], timeout=timeout)

    def _tell_if_idle(self) -> None:
        if self._when_idle is not None and not self._turns:
            self._when_idle.set_result(None)
            self._when_idle = None

    def stop(self) -> None:
        """Cancel coroutines that wait; threads end when their handlers do."""
        self._stopped = True
        self.tasks.close()
        self.workers.stop()

    def _watch(self) -> None:
        self._watching = True
        self._loop.call_later(self._overtake_after / 4, self._look)

    def _look(self) -> None:
        self._watching = False
        began_before = time.monotonic() - self._overtake_after
        for turn in list(self._turns):
            if turn.since is not None and turn.since < began_before:
                self._overtake(turn)
        if self._turns:
            self._watch()

    def _overtake(self, turn: Turn) -> None:
        threaded = not turn.job.handler.is_async
        if threaded and self._overtaken >= self._max_overtaken:
            return
        del self._turns[turn]
        self._late[turn] = None
        turn.overtaken = self._loop.create_future()
        logger.warning(
            "%s has run for over %s s; what its client %s sends meanwhile overtakes it",
            describe(turn.job.handler.function),
            self._overtake_after,
            turn.job.socket.sid,
        )
        if threaded:
            self._overtaken += 1
            self.workers.lend(1)
            self._blocked_workers.soon()
        if turn.mailbox is not None:
            turn.mailbox.overtake(turn.take_rest())
        self._tell_if_idle()


def describe(function: Callable[..., Any]) -> str:
    """A function as a log line names it: module and qualified name."""
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', repr(function))}"
