"""Coroutines of `async def` handlers, run on the loop; a task is spent only on those that wait.

Most handlers compute and emit, and never wait. For them a task of their own, with its trip through the loop's queue,
costs more than the handler. So `run` drives the first step of a coroutine itself, as part of the current turn. That
step still has to happen *inside a task*: `asyncio.timeout`, `asyncio.current_task` and what builds on them need one.
So there is always a spare task, parked. During the first step it is the current task (asyncio has functions for this,
in "Extending asyncio"). If the coroutine ends in that step, the task stays spare and serves the next. If it waits, the
spare task takes it over, and is the one task this coroutine ever sees; the next run makes a new spare. A first
step that causes another coroutine to run needs a second one, which then stays as well.

A task drives a coroutine through `send` and `throw`. What a spare task drives is a `_Relay`, which has both: parked,
it waits for a hand-over; then it passes on everything to the coroutine that it was handed.

Each coroutine runs in its own copy of the context, first step and later ones alike.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any

logger = logging.getLogger("flask_socketio")


class Tasks:
    """Runs coroutines on one loop. Used on the loop only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spare: list[_Relay] = []
        self._running: set[asyncio.Task[object]] = set()

    def run(self, coroutine: Coroutine[Any, Any, object]) -> asyncio.Task[object] | None:
        """Drive a coroutine to its first wait or its end.

        Returns None if it has ended, else the task in which it goes on. Its exceptions are its own business: one that
        escapes is logged.
        """
        context = contextvars.copy_context()
        spare = self._spare.pop() if self._spare else _Relay(self._loop)
        outer = asyncio.current_task(self._loop)
        if outer is not None:
            _leave_task(self._loop, outer)
        _enter_task(self._loop, spare.task)
        try:
            waits_for = context.run(coroutine.send, None)
        except BaseException as end:  # StopIteration above all; the others are logged
            self._spare.append(spare)
            if not isinstance(end, StopIteration):
                logger.exception("a coroutine failed: %r", coroutine)
            return None
        finally:
            _leave_task(self._loop, spare.task)
            if outer is not None:
                _enter_task(self._loop, outer)
        spare.hand_over(context, coroutine, waits_for)
        self._running.add(spare.task)
        spare.task.add_done_callback(self._ended)
        return spare.task

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Task[object] | None:
        """`run` what a coroutine function returns; arguments that do not fit it are its own business, too."""
        coroutine: Any = _call(function, args, kwargs)
        coroutine.__qualname__ = getattr(function, "__qualname__", repr(function))  # for the log
        return self.run(coroutine)

    def close(self) -> None:
        """Cancel what still runs, the spare tasks too."""
        while self._spare:
            self._spare.pop().task.cancel()
        for task in self._running:
            task.cancel()

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("a coroutine failed in %r", task, exc_info=error)


async def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    result = function(*args, **kwargs)
    if asyncio.iscoroutine(result):  # a plain decorator around an `async def` may answer by itself
        await result


class _Relay(Coroutine[Any, Any, object]):
    """What a spare task drives: nothing until it is handed a coroutine that has been begun, then that."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handed_over: asyncio.Future[None] = loop.create_future()
        self._coroutine: Coroutine[Any, Any, object] | None = None
        self._context: contextvars.Context
        self._waits_for: Any = None
        self._marked = False
        self.task: asyncio.Task[object] = loop.create_task(self)

    def hand_over(self, context: contextvars.Context, coroutine: Coroutine[Any, Any, object], waits_for: Any) -> None:
        """Take over a coroutine that has come to its first wait."""
        self._context, self._coroutine, self._waits_for = context, coroutine, waits_for
        # A future says by a mark that it was awaited, to the task that is handed it in the same instant. Here that is
        # a turn later, and until then others may want to await the same future.
        self._marked = getattr(waits_for, "_asyncio_future_blocking", False)
        if self._marked:
            waits_for._asyncio_future_blocking = False
        if not self._handed_over.done():  # it is, if the first step has cancelled its own task
            self._handed_over.set_result(None)

    def send(self, value: Any) -> Any:
        """Go on: wait for the hand-over, then for what the first step waits for, then run the later steps."""
        if self._coroutine is None:
            self._handed_over._asyncio_future_blocking = True
            return self._handed_over
        if self._waits_for is not None or self._marked:
            return self._first_wait()
        return self._context.run(self._coroutine.send, value)

    def throw(self, error: Any, value: object = None, trace: TracebackType | None = None, /) -> Any:
        """Go on with an exception; tasks hand it in as one object."""
        if self._coroutine is None:
            raise error
        self._waits_for, self._marked = None, False
        return self._context.run(self._coroutine.throw, error)

    def _first_wait(self) -> Any:
        waits_for, self._waits_for = self._waits_for, None
        if self._marked:
            self._marked = False
            waits_for._asyncio_future_blocking = True
        return waits_for

    def close(self) -> None:
        """Give up what has not ended."""
        if self._coroutine is not None:
            self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, object]:
        raise RuntimeError("a relay is driven by its task, and by nobody else")
