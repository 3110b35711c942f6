"""Threads of their own: for background tasks, and for the loop of a server that no host gives one."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from typing import Any

try:
    from uvloop import run as run_loop
except ImportError:  # on Windows
    from asyncio import run as run_loop  # type: ignore[assignment]


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
                self._thread = threading.Thread(target=lambda: run_loop(self._live(begun)), daemon=True)
                self._thread.start()
                begun.result()
            self._users += 1

    def leave(self) -> None:
        """Be a user no longer. It does not wait, so the garbage collector may call it in the middle of anything."""
        with contextlib.suppress(RuntimeError):  # the process exits, and the loop is closed
            self._loop.call_soon_threadsafe(self._left)

    def leave_and_wait(self) -> None:
        """Be a user no longer; if this was the last one, wait until the loop has ended. Not to be called on it."""
        counted: Future[None] = Future()

        def left() -> None:
            self._left()
            counted.set_result(None)

        self._loop.call_soon_threadsafe(left)  # behind those who left before; then the loop may be closed already
        counted.result()
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
