"""Which workers block? Found out by a glance at them now and then, since nobody tells.

While handlers only compute, one worker at a time is best: a second one would compete with it for the interpreter, and
the loop need not be woken before all is done (`threads/__init__.py`). While handlers block, in a database or on another
server, both would let others wait for nothing. So the loop looks at the workers a moment after they got something to
do. One that is still in the same job two glances later blocks: what it has emitted before goes out now, another worker
takes the jobs behind it, and for a while the workers are *eager*: whoever takes a job sends for the next one, and wakes
the loop for each event. When no job has blocked for a hundred glances, they are calm again.
"""

from __future__ import annotations

import asyncio

from .threads import LoopMailbox, Workers

#: Seconds from one glance to the next.
GLANCE = 0.002

#: So many glances without a job that blocks, and the workers are taken not to block.
CALM = 100


class BlockedWorkers:
    """Watches the workers of one server. Used on the loop only.

    Args:
        loop: the loop.
        mailbox: the way into it.
        workers: who is watched.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, mailbox: LoopMailbox, workers: Workers) -> None:
        self._loop = loop
        self._mailbox = mailbox
        self._workers = workers
        workers.eager = False
        workers.on_done = mailbox.wake
        self._due = False
        self._calm = CALM
        #: The job that each worker was in at the last glance and at the one before: one may mean that the processor
        #: was elsewhere. And those that are known to block.
        self._last: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._blocked: dict[int, int] = {}

    def soon(self) -> None:
        """Workers have something to do: look at them in a moment."""
        if not self._due:
            self._due = True
            self._loop.call_later(GLANCE, self._look)

    def _look(self) -> None:
        self._due = False
        workers = self._workers
        running = dict(workers.running)
        last, before = self._last, self._before
        blocked = {thread: job for thread, job in running.items() if last.get(thread) == before.get(thread) == job}
        new = [thread for thread, job in blocked.items() if self._blocked.get(thread) != job]
        self._last, self._before, self._blocked = running, last, blocked
        self._calm = 0 if new else self._calm + 1
        workers.eager = self._calm < CALM
        if new:
            workers.lively.difference_update(new)
            self._mailbox.drain()  # after that: what they posted before has woken nobody
        if workers.waiting and not workers.lively:
            workers.reinforce()
        if workers.waiting or len(running) > len(blocked):
            self.soon()
