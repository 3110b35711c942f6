"""Coroutines of `async def` handlers, run on the loop; a task is spent only on those that wait.

Most handlers compute and emit, and never wait. For them a task of their own, with its trip through the loop's queue,
costs more than the handler. So `run` drives the first step of a coroutine itself, as part of the current turn. That
step still has to happen *inside a task*: `asyncio.timeout`, `asyncio.current_task` and what builds on them need one.
So there is always a spare task, parked. During the first step it is the current task (asyncio has functions for this,
in "Extending asyncio"). If the coroutine ends in that step, the task stays spare and serves the next. If it waits, the
spare task takes it over, and is the one task this coroutine ever sees; the next run makes a new spare.

Each coroutine runs in its own copy of the context, first step and later ones alike.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine, Generator
from typing import Any

logger = logging.getLogger("flask_socketio")


class Tasks:
    """Runs coroutines on one loop. Used on the loop only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spare: _Spare | None = None
        self._running: set[asyncio.Task[None]] = set()

    def run(self, coroutine: Coroutine[Any, Any, object], done: Callable[[], object]) -> bool:
        """Drive a coroutine to its first wait or its end.

        Returns True if it has ended; else `done()` is called when it does. Its exceptions are its own business: one
        that escapes is logged.
        """
        context = contextvars.copy_context()
        spare, self._spare = self._spare or _Spare(self._loop), None  # a handler may cause another one to run
        outer = asyncio.current_task(self._loop)
        if outer is not None:
            _leave_task(self._loop, outer)
        _enter_task(self._loop, spare.task)
        try:
            waits_for = context.run(coroutine.send, None)
        except BaseException as end:  # StopIteration above all; the others are logged
            self._spare = spare
            if not isinstance(end, StopIteration):
                logger.exception("a coroutine failed: %r", coroutine)
            return True
        finally:
            _leave_task(self._loop, spare.task)
            if outer is not None:
                _enter_task(self._loop, outer)
        self._running.add(spare.task)
        spare.task.add_done_callback(self._running.discard)
        spare.take_over(_Rest(context, coroutine, waits_for), done)
        return False

    def close(self) -> None:
        """Cancel what still runs, the spare task too."""
        if self._spare is not None:
            self._spare.task.cancel()
            self._spare = None
        for task in self._running:
            task.cancel()


class _Rest:
    """A coroutine that has been begun elsewhere; awaiting this goes on with it."""

    __slots__ = ("_context", "_coroutine", "_waits_for")

    def __init__(self, context: contextvars.Context, coroutine: Coroutine[Any, Any, object], waits_for: Any) -> None:
        self._context = context
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        send, throw = self._coroutine.send, self._coroutine.throw
        try:
            while True:
                try:
                    value = yield self._waits_for
                except BaseException as error:  # noqa: BLE001  # the coroutine gets it
                    self._waits_for = self._context.run(throw, error)
                else:
                    self._waits_for = self._context.run(send, value)
        except StopIteration:
            return

    def cancel(self, error: asyncio.CancelledError) -> bool:
        """Let the coroutine hear that it is cancelled; True if that ends it."""
        try:
            self._waits_for = self._context.run(self._coroutine.throw, error)
        except StopIteration:
            return True
        return False


class _Spare:
    """A task that waits to take over a coroutine which somebody else has begun."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handed_over: asyncio.Future[None] = loop.create_future()
        self._rest: _Rest | None = None
        self._done: Callable[[], object] = lambda: None
        self.task = loop.create_task(self._work())

    def take_over(self, rest: _Rest, done: Callable[[], object]) -> None:
        """Go on with `rest`, and call `done` at its end."""
        self._rest, self._done = rest, done
        if not self._handed_over.done():
            self._handed_over.set_result(None)

    async def _work(self) -> None:
        try:
            await self._handed_over
        except asyncio.CancelledError as error:
            if self._rest is None:
                raise
            cancelled: asyncio.CancelledError | None = error  # the first step has cancelled its own task
        else:
            cancelled = None
        assert self._rest is not None
        try:
            if cancelled is None or not self._rest.cancel(cancelled):
                await self._rest
        except asyncio.CancelledError:
            raise
        except BaseException:
            logger.exception("a coroutine failed in %r", self.task)
        finally:
            self._done()
