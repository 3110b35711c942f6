"""Where a server runs: its loop, the ways into it from other threads, and what runs its handlers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .mailbox import Scheduler
from .options import ServerOptions
from .signatures import is_async
from .threads import BackgroundLoop, BackgroundTask, LoopMailbox, Workers, spawn

T = TypeVar("T")

#: Seconds that disconnect handlers have when the server has run in the background and is no longer needed.
STOP_TIMEOUT = 1.0


class Runtime:
    """The part of a server that knows of loops and threads, and of no clients.

    Args:
        options: of the server.

    Attributes:
        scheduler: runs handlers; there from the first `start` on.
        now: the time, in seconds, by the clock of the loop; likewise.
        background: where it runs if no host runs it, as in tests; those who need it there enter and leave.
        post: runs `function(*args)` on the loop: at once if called there, else soon; see `LoopMailbox.post`.
    """

    scheduler: Scheduler
    now: Callable[[], float]

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.background = BackgroundLoop(self._begin_in_background, self._end_in_background)
        self._mailbox: LoopMailbox | None = None
        self._to_begin: deque[Callable[[], None]] = deque()
        self.post: Callable[..., None] = _call

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to run on a loop, in whose thread this is called."""
        options = self.options
        workers = Workers(options.max_threads)
        self._mailbox = LoopMailbox(loop, lively=workers.lively)
        self.post = self._mailbox.post
        self.now = loop.time
        self.scheduler = Scheduler(
            loop,
            self._mailbox,
            workers,
            parallel=options.async_handlers,
            overtake_after=options.overtake_after,
            max_overtaken=options.max_overtaken,
            max_queued=options.max_queued_events,
        )
        self.post_later(self._begin_coroutines)

    async def stop(self, timeout: float) -> None:
        """Finish what is under way, for up to `timeout` seconds, and run no longer."""
        mailbox = self._mailbox
        if mailbox is not None:
            await self.finish(timeout)
            self.scheduler.stop()
            mailbox.close()
            self._mailbox = None
            self.post = _call

    async def finish(self, timeout: float) -> None:
        """What there is to do before the loop is left."""

    def _begin_in_background(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.running:  # else a host runs it already, in this process
            self.start(loop)

    async def _end_in_background(self) -> None:
        if self.on_loop():
            await self.stop(STOP_TIMEOUT)

    @property
    def running(self) -> bool:
        """Whether the server has been started and not stopped."""
        return self._mailbox is not None

    def on_loop(self) -> bool:
        """Whether the calling thread is the one of the running loop, and so must not be blocked."""
        return self._mailbox is not None and self._mailbox.on_loop()

    def post_later(self, function: Callable[..., object], *args: Any) -> None:
        """As `post`, but never at once, wherever this is called."""
        if self._mailbox is not None:
            self._mailbox.post_later(function, *args)

    def ask(self, function: Callable[..., T], *args: Any) -> T:
        """The result of `function(*args)`, which runs on the loop."""
        return function(*args) if self._mailbox is None else self._mailbox.call(function, *args)

    def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, which runs on the loop. Raises RuntimeError on the loop, and without one."""
        if self._mailbox is None:
            coroutine.close()
            raise RuntimeError("the server does not run any more")
        return self._mailbox.complete(coroutine)

    async def settled(self) -> None:
        """Wait, on the loop, until all that has come in is handled and all that was emitted for it is written.

        Handlers that were overtaken and background tasks are not waited for.
        """
        while self._mailbox is not None:
            posted = asyncio.Event()
            self._mailbox.post_later(posted.set)  # it comes after all that threads have posted so far
            await posted.wait()
            await self.scheduler.idle()
            await asyncio.sleep(0)  # the engine writes at the end of a turn of the loop
            if not self.scheduler.busy:
                return

    def run_in_worker(self, job: Callable[[], object]) -> None:
        """Run something that may block, and belongs to no client, on a worker thread. Called on the loop."""
        self.scheduler.submit(job)

    def run_in_background(
        self, target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> BackgroundTask:
        """Run a function that belongs to no client: in a thread of its own, or on the loop if it is a coroutine one.

        Before there is a loop, a coroutine waits for it.
        """
        if not is_async(target):
            return spawn(target, args, kwargs)
        task = BackgroundTask()

        def begin() -> None:
            running = self.scheduler.tasks.call(target, *args, **kwargs)
            if running is None:
                task.ended()
            else:
                running.add_done_callback(lambda running: task.ended())

        self._to_begin.append(begin)
        if self.running:
            self.post(self._begin_coroutines)
        return task

    def _begin_coroutines(self) -> None:
        while self._to_begin:
            self._to_begin.popleft()()


def _call(function: Callable[..., object], *args: Any, size: int = 0) -> None:
    """What `post` does while there is no loop: nothing else runs that it could disturb."""
    function(*args)
