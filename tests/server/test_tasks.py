"""Coroutines on the loop: a task is spent only on those that wait."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from flask_socketio.server.tasks import Tasks

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outside")


class Loop:
    """A loop, its `Tasks`, and a way to let some turns pass."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.tasks = Tasks(loop)
        self.events: list[Any] = []

    def run(self, coroutine: Any) -> bool:
        """Run a coroutine as a callback of the loop would, where there is no current task."""
        tasks: list[asyncio.Task[object] | None] = []
        self.loop.call_soon(lambda: tasks.append(self.tasks.run(coroutine)))
        self.turns(1)
        if tasks[0] is not None:
            tasks[0].add_done_callback(lambda task: self.events.append("done"))
        return tasks[0] is None

    def turns(self, count: int = 5) -> None:
        for _ in range(count):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()


@pytest.fixture
def on() -> Iterator[Loop]:
    loop = asyncio.new_event_loop()
    running = Loop(loop)
    yield running
    running.tasks.close()
    running.turns()
    loop.close()


def test_one_that_runs_another_one_leaves_no_task_behind(on: Loop) -> None:
    problems: list[Any] = []
    on.loop.set_exception_handler(lambda loop, context: problems.append(context))

    async def inner() -> None:
        on.events.append(asyncio.current_task())

    async def outer() -> None:
        on.tasks.run(inner())
        on.events.append(asyncio.current_task())

    for _ in range(3):
        assert on.run(outer()) is True
    gc.collect()

    assert not problems
    assert len(set(on.events)) == 2 and set(on.events) == asyncio.all_tasks(on.loop), "both serve again"


def test_a_call_whose_arguments_do_not_fit_is_logged(on: Loop, caplog: pytest.LogCaptureFixture) -> None:
    async def function() -> None: ...

    on.loop.call_soon(on.tasks.call, function, 1)
    on.turns(1)

    assert "takes 0 positional arguments but 1 was given" in caplog.text
    assert ".function at" in caplog.records[0].getMessage()


def test_one_that_does_not_wait_ends_at_once_inside_a_task(on: Loop) -> None:
    async def handler() -> None:
        on.events.append(asyncio.current_task())

    assert on.run(handler()) is True
    assert on.run(handler()) is True

    first, second = on.events
    assert isinstance(first, asyncio.Task)
    assert first is second, "the spare task serves again"


def test_one_that_waits_goes_on_in_the_same_task(on: Loop) -> None:
    gate = on.loop.create_future()

    async def handler() -> None:
        before = asyncio.current_task()
        on.events.append(await gate)
        on.events.append(asyncio.current_task() is before)

    assert on.run(handler()) is False
    on.turns()
    assert on.events == []
    gate.set_result("came")
    on.turns()

    assert on.events == ["came", True, "done"]


def test_many_wait_at_once(on: Loop) -> None:
    gates = [on.loop.create_future() for _ in range(3)]

    async def handler(number: int) -> None:
        await gates[number]
        on.events.append(number)

    for number in range(3):
        assert on.run(handler(number)) is False
    for number in (2, 0, 1):
        gates[number].set_result(None)
        on.turns()

    assert on.events == [2, "done", 0, "done", 1, "done"]


def test_a_timeout_works_in_the_first_step(on: Loop) -> None:
    async def handler() -> None:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), timeout=0.001)
        except asyncio.TimeoutError:
            on.events.append("timed out")

    on.run(handler())
    on.loop.run_until_complete(asyncio.wait(on.tasks._running))

    assert on.events == ["timed out", "done"]


def test_one_that_cancels_itself_in_the_first_step_hears_of_it(on: Loop) -> None:
    async def handler() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            on.events.append("cancelled")

    on.run(handler())
    on.turns()

    assert on.events == ["cancelled", "done"]


def test_each_has_a_context_of_its_own_through_all_steps(on: Loop) -> None:
    gate = on.loop.create_future()

    async def handler(value: str) -> None:
        variable.set(value)
        await gate
        on.events.append(variable.get())

    on.run(handler("first"))
    on.run(handler("second"))
    gate.set_result(None)
    on.turns()

    assert sorted(filter(lambda event: event != "done", on.events)) == ["first", "second"]
    assert variable.get() == "outside"


def test_one_may_run_while_another_is_in_its_first_step(on: Loop) -> None:
    gate = on.loop.create_future()

    async def inner() -> None:
        await gate
        on.events.append("inner")

    async def outer() -> None:
        on.tasks.run(inner())
        await gate
        on.events.append("outer")

    on.run(outer())
    gate.set_result(None)
    on.turns()

    assert sorted(on.events) == ["done", "inner", "outer"]


def test_it_works_inside_another_task(on: Loop) -> None:
    async def handler() -> None:
        await asyncio.sleep(0)
        on.events.append("handler")

    async def other() -> None:
        task = asyncio.current_task()
        on.tasks.run(handler())
        on.events.append(asyncio.current_task() is task)

    on.loop.run_until_complete(other())
    on.turns()

    assert on.events == [True, "handler"]


def test_an_exception_is_logged_and_costs_nothing_else(on: Loop, caplog: pytest.LogCaptureFixture) -> None:
    async def at_once() -> None:
        raise RuntimeError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("later")

    assert on.run(at_once()) is True
    assert on.run(later()) is False
    on.turns()

    assert on.events == ["done"]
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["at once", "later"]


def test_closing_cancels_what_waits(on: Loop) -> None:
    async def handler() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            on.events.append("cancelled")
            raise

    on.run(handler())
    on.turns()
    on.tasks.close()
    on.turns()

    assert on.events == ["cancelled", "done"]
