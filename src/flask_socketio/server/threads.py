"""Threads: the way into the loop, the workers that run handlers, and tasks in the background.

The one module that may start a thread or take a lock. Four things live here:

- `LoopMailbox`, the single way from any thread into the loop: a deque and one wake-up for many entries.
- `Workers`, a bounded pool that runs what may block.
- `spawn`, a thread of its own for a background task.
- `BackgroundLoop`, a loop for a server that no host gives one.

How the workers wake each other. Waking a thread that then waits for the interpreter lock is the dear part of a
hand-over, and waking many at once is dearer still: they all queue for the same lock. So at most one worker is on its
way at any time. Whoever takes a job while more are waiting sends for the next one. If the job turns out to be
computing, that next worker finds nothing left and goes back to sleep; if it blocks, it releases the interpreter, and
the next worker is already there. No timer is involved, and nobody has to know in advance which handlers block.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Generic, TypeVar

from .errors import OverloadedError, TimeoutError

logger = logging.getLogger("flask_socketio")

T = TypeVar("T")

#: The loop serves its sockets again after so many entries of its mailbox.
ENTRIES_PER_TURN = 1_000


#: Bytes up to which an entry is bounded by the number of entries alone.
SMALL = 1_024


class LoopMailbox:
    """Runs functions on the loop for any thread, in the order in which they were posted.

    Bounded in entries and bytes; small entries count for their number only, which is cheaper. At the bound a thread
    waits for room, since the loop will make some; the loop itself never waits, it does not post to itself.

    Args:
        loop: where functions run. Its thread is the one that called `open`.
        max_entries, max_size: how many functions and how many bytes (as told to `post`) may wait.
        patience: seconds that `post` waits for room before it raises.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        max_entries: int = 50_000,
        max_size: int = 64_000_000,
        patience: float = 5.0,
    ) -> None:
        self.loop = loop
        self._thread_id = threading.get_ident()
        self._entries: deque[tuple[Callable[..., object], tuple[Any, ...], int]] = deque()
        self._size = 0
        self._room = threading.Condition()
        self._max_entries = max_entries
        self._max_size = max_size
        self._patience = patience
        self._awake = False
        self._closed = False

    def on_loop(self) -> bool:
        """Whether the calling thread is the loop's."""
        return threading.get_ident() == self._thread_id

    def post(self, function: Callable[..., object], *args: Any, size: int = 0) -> None:
        """Run `function(*args)`, which holds `size` bytes of memory, on the loop: at once if called there, else soon.

        Raises:
            OverloadedError: no room in the mailbox, not even after waiting.
        """
        if threading.get_ident() == self._thread_id:
            function(*args)
        else:
            self.post_later(function, *args, size=size)

    def post_later(self, function: Callable[..., object], *args: Any, size: int = 0) -> None:
        """As `post`, but never at once, wherever this is called."""
        if len(self._entries) >= self._max_entries or self._size >= self._max_size:
            self._wait_for_room()
        if size > SMALL:
            with self._room:
                self._size += size
            self._entries.append((function, args, size))
        else:
            self._entries.append((function, args, 0))
        if not self._awake:
            self._wake()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function(*args)` on the loop and wait for its result, or for the exception it raises.

        On the loop itself this is an ordinary call.
        """
        if self.on_loop():
            return function(*args)
        answer: Future[T] = Future()
        self.post(_answer, answer, function, args)
        return answer.result()

    def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """As `call`, of a coroutine. Raises RuntimeError on the loop, which would wait for itself."""
        if self.on_loop():
            coroutine.close()
            raise RuntimeError("this waits for the event loop, and was called on it, in an `async def` handler say")
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        """Run what is still waiting, and take nothing more: what is posted later is dropped."""
        while self._entries:
            self._drain()
        self._closed = True

    def _wake(self) -> None:
        if self._closed:
            self._entries.clear()
            return
        self._awake = True
        try:
            self.loop.call_soon_threadsafe(self._drain)
        except RuntimeError:  # the loop has been closed since
            self._closed = True
            self._entries.clear()

    def _drain(self) -> None:
        self._awake = False  # first: an entry that comes from now on wakes the loop again
        entries = self._entries
        size = 0
        for _ in range(min(len(entries), ENTRIES_PER_TURN)):
            function, args, held = entries.popleft()
            size += held
            try:
                function(*args)
            except Exception:
                logger.exception("an entry of the loop's mailbox failed: %r", function)
        if self._size:
            with self._room:
                self._size -= size
                self._room.notify_all()
        if entries and not self._awake:
            self._wake()

    def _wait_for_room(self) -> None:
        def has_room() -> bool:
            return len(self._entries) < self._max_entries and self._size < self._max_size

        if self.on_loop():
            return
        with self._room:
            if not self._room.wait_for(has_room, self._patience):
                raise OverloadedError(
                    f"{len(self._entries)} emits ({self._size} bytes) are waiting for the event loop, and it took none "
                    f"in {self._patience} s. Emit less or in larger pieces, and keep what blocks out of `async def` "
                    "handlers: they run on the loop."
                )


def _answer(answer: Future[T], function: Callable[..., T], args: tuple[Any, ...]) -> None:
    try:
        answer.set_result(function(*args))
    except Exception as error:  # noqa: BLE001  # it is raised in the thread that waits
        answer.set_exception(error)


class Answer(Generic[T]):
    """A value that one side gives once, on the loop, and the other waits for, in a thread or on the loop.

    Args:
        missing: what a TimeoutError says before "in ... s": "no answer", say.
    """

    def __init__(self, missing: str) -> None:
        self._future: Future[T] = Future()
        self._missing = missing

    def give(self, value: T) -> None:
        """Give the value; a second one is ignored."""
        if not self._future.done():
            self._future.set_result(value)

    def wait(self, timeout: float) -> T:
        """Wait in a thread. Raises TimeoutError if nothing is given in `timeout` seconds."""
        try:
            return self._future.result(timeout)
        except FutureTimeoutError:
            raise TimeoutError(f"{self._missing} in {timeout} s") from None

    async def wait_on_loop(self, timeout: float) -> T:
        """As `wait`, in a coroutine."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._future), timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(f"{self._missing} in {timeout} s") from None


class Workers:
    """A bounded pool of threads.

    Args:
        limit: the most threads. They are started as they are needed and then kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._jobs: deque[Callable[[], object]] = deque()
        self._parked: list[threading.Lock] = []  # of idle threads, each waiting for its own to be released
        self._coming = False
        self._starting = threading.Lock()

    def submit(self, job: Callable[[], object]) -> None:
        """Run `job` on one of the threads; it should not raise."""
        self._jobs.append(job)
        if not self._coming:
            self._send_for_one()

    def lend(self, count: int) -> None:
        """Allow `count` more threads (or fewer, if negative), in place of some that are lost in long handlers."""
        self._limit += count
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
        parked = threading.Lock()
        parked.acquire()
        while True:
            self._coming = False
            self._run_jobs()
            if self._count > self._limit:
                break
            self._parked.append(parked)
            # A job, or the order to stop, may have slipped in before this worker was seen to be free.
            if (self._jobs and not self._coming) or self._count > self._limit:
                self._send_for_one()
            parked.acquire()
        with self._starting:
            self._count -= 1

    def _run_jobs(self) -> None:
        jobs = self._jobs
        while True:
            try:
                job = jobs.popleft()
            except IndexError:
                return
            if jobs and not self._coming:
                self._send_for_one()
            try:
                job()
            except BaseException:  # SystemExit from a handler, say: it must not cost the pool a thread
                logger.exception("a job of the worker threads failed: %r", job)


class BackgroundTask:
    """Something that runs in the background, as `start_background_task` returns it."""

    def __init__(self) -> None:
        self._ended: Future[None] = Future()

    def ended(self) -> None:
        """To be called when it is over."""
        self._ended.set_result(None)

    def join(self, timeout: float | None = None) -> None:
        """Wait until it is over, at most `timeout` seconds."""
        wait([self._ended], timeout)


def spawn(target: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> BackgroundTask:
    """Run a function in a thread of its own, which does not keep the process alive."""
    task = BackgroundTask()

    def run() -> None:
        try:
            target(*args, **kwargs)
        finally:
            task.ended()

    threading.Thread(target=run, name=f"background {getattr(target, '__name__', '')}", daemon=True).start()
    return task


class BackgroundLoop:
    """An event loop in a thread of its own, there as long as it has users: the first one starts it.

    Calls `begin` on it before the first user may go on, and awaits `end` after the last one has left; but not at the
    exit of a process that still uses it.
    """

    def __init__(self, begin: Callable[[asyncio.AbstractEventLoop], object], end: Callable[[], Awaitable[object]]):
        self._begin = begin
        self._end = end
        self._entering = threading.Lock()
        self._users = 0
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        """Become a user, and wait until the loop runs. Not to be called on it."""
        with self._entering:
            if self._users == 0:
                self._join()  # the former one may be about to end
                begun: Future[None] = Future()
                self._thread = threading.Thread(target=lambda: asyncio.run(self._live(begun)), daemon=True)
                self._thread.start()
                begun.result()
            self._users += 1

    def leave(self) -> None:
        """Be a user no longer. It does not wait, so the garbage collector may call it in the middle of anything."""
        with contextlib.suppress(RuntimeError):  # the process exits, and the loop is closed
            self._loop.call_soon_threadsafe(self._left)

    def leave_and_wait(self) -> None:
        """Be a user no longer; if this was the last one, wait until the loop has ended. Not to be called on it."""
        self._left()
        with self._entering:
            self._join()

    def _join(self) -> None:
        if self._thread is not None and self._users == 0:
            self._thread.join()

    def _left(self) -> None:
        with self._entering:
            self._users -= 1
            if self._users == 0:
                self._loop.call_soon_threadsafe(self._unused.set)

    async def _live(self, begun: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._unused = asyncio.Event()
        try:
            self._begin(self._loop)
        except Exception as error:  # noqa: BLE001  # it is raised where the first user waits
            begun.set_exception(error)
            return
        atexit.register(self._exit)
        begun.set_result(None)
        await self._unused.wait()
        await self._end()
        atexit.unregister(self._exit)

    def _exit(self) -> None:
        """The process exits, and the loop has users yet. It ends all the same: asyncio wants loops to be closed."""
        self._end = lambda: asyncio.sleep(0)
        with contextlib.suppress(RuntimeError):  # it has ended meanwhile
            self._loop.call_soon_threadsafe(self._unused.set)
            if self._thread is not None:
                self._thread.join(1)
