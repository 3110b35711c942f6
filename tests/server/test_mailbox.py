"""The order of events, overtaking, goodbyes and back-pressure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from flask_socketio.server.handlers import Handler
from flask_socketio.server.jobs import Job
from flask_socketio.server.mailbox import Scheduler
from flask_socketio.server.threads import LoopMailbox, Workers

SOON = 20


class Socket:
    sid = "the sid"


class Call(Job):
    """A job without surroundings."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(cast(Any, Socket()), Handler(function), "event", ())

    def run(self) -> None:
        self.handler.function()

    async def run_async(self) -> None:
        await self.handler.function()


class Source:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")


@asynccontextmanager
async def scheduler(**options: Any) -> AsyncIterator[Scheduler]:
    threads = options.pop("threads", 4)
    settings: dict[str, Any] = {
        "parallel": False,
        "overtake_after": 60.0,
        "max_overtaken": 10,
        "max_queued": 100,
    }
    loop = asyncio.get_running_loop()
    workers = Workers(threads)
    mailbox = LoopMailbox(loop, lively=workers.lively)
    made = Scheduler(loop, mailbox, workers, **settings | options)
    yield made
    made.stop()
    mailbox.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until a condition holds, which only other threads can bring about."""
    while not condition():  # noqa: ASYNC110  # threads set no asyncio.Event
        await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), SOON)

    asyncio.run(bounded())


def test_jobs_of_both_kinds_run_in_order() -> None:
    seen: list[str] = []

    def sync(name: str) -> Call:
        return Call(lambda: seen.append(name))

    def coroutine(name: str) -> Call:
        async def function() -> None:
            await asyncio.sleep(0)
            seen.append(name)

        return Call(function)

    async def test() -> None:
        async with scheduler() as on:
            mailbox = on.mailbox(Source())
            names = [f"{kind} {number}" for number in range(20) for kind in ("sync", "sync too", "async", "async too")]
            for name in names:
                mailbox.put(coroutine(name) if name.startswith("async") else sync(name))
            await until(lambda: len(seen) == len(names))
            assert seen == names

    run(test)


def test_what_arrives_while_a_turn_runs_comes_after_it() -> None:
    gate, started, seen = threading.Event(), asyncio.Event(), list[str]()

    async def test() -> None:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def first() -> None:
            loop.call_soon_threadsafe(started.set)
            gate.wait(SOON)
            seen.append("first")

        def second() -> None:
            seen.append("second")
            loop.call_soon_threadsafe(done.set)

        async with scheduler() as on:
            mailbox = on.mailbox(Source())
            mailbox.put(Call(first))
            await started.wait()
            mailbox.put(Call(second))
            gate.set()
            await done.wait()
            assert seen == ["first", "second"]

    run(test)


def test_mailboxes_run_at_the_same_time() -> None:
    together = threading.Barrier(3)

    async def test() -> None:
        async with scheduler() as on:
            for _ in range(3):
                on.mailbox(Source()).put(Call(lambda: together.wait(SOON)))
            await on.idle(SOON)
            assert not together.broken

    run(test)


def test_async_handlers_true_runs_all_at_the_same_time() -> None:
    together = threading.Barrier(3)

    async def test() -> None:
        async with scheduler(parallel=True) as on:
            mailbox = on.mailbox(Source())
            for _ in range(3):
                mailbox.put(Call(lambda: together.wait(SOON)))
            await on.idle(SOON)
            assert not together.broken

    run(test)


@pytest.mark.parametrize("overtake_after", [60.0, 0.02])
def test_with_async_handlers_true_a_client_is_paused_as_well(overtake_after: float) -> None:
    gate = threading.Event()

    async def test() -> None:
        source = Source()
        async with scheduler(parallel=True, max_queued=10, threads=2, overtake_after=overtake_after) as on:
            mailbox = on.mailbox(source)
            assert not mailbox.busy
            for _ in range(9):
                mailbox.put(Call(lambda: gate.wait(SOON)))
            assert source.asked == []
            for _ in range(3):
                mailbox.put(Call(lambda: None))
            mailbox.put_goodbye(Call(lambda: None))
            assert source.asked == ["pause"] and mailbox.busy
            if overtake_after > 1:
                gate.set()
            await until(lambda: source.asked == ["pause", "resume"] and not mailbox.busy)
            gate.set()
            await until(lambda: not on._overtaken)

    run(test)


def test_with_async_handlers_true_a_coroutine_that_ends_at_once_is_no_burden() -> None:
    async def test() -> None:
        source = Source()

        async def ends() -> None: ...

        async with scheduler(parallel=True, max_queued=2) as on:
            mailbox = on.mailbox(source)
            for _ in range(5):
                mailbox.put(Call(ends))
            assert source.asked == [] and not mailbox.busy

    run(test)


def test_a_handler_that_runs_too_long_is_overtaken(caplog: pytest.LogCaptureFixture) -> None:
    gate = threading.Event()

    async def test() -> None:
        loop = asyncio.get_running_loop()
        overtook = asyncio.Event()

        def endless() -> None:
            gate.wait(SOON)

        async with scheduler(overtake_after=0.2, threads=1) as on:
            mailbox = on.mailbox(Source())
            mailbox.put(Call(endless))
            mailbox.put(Call(lambda: loop.call_soon_threadsafe(overtook.set)))
            await overtook.wait()
            assert on._overtaken == 1
            late = [turn.overtaken for turn in on.turns if turn.overtaken is not None]
            assert len(late) == 1 and not late[0].done()
            gate.set()
            await late[0]
            assert not on._overtaken
            await until(lambda: not on.turns)
            assert on.workers._limit == 1, "the thread that was lent is given back"

    run(test)
    assert "endless has run for over 0.2 s" in caplog.text


def test_of_a_batch_what_was_not_begun_overtakes_in_order() -> None:
    gate, seen = threading.Event(), list[int]()

    async def test() -> None:
        loop = asyncio.get_running_loop()
        last = asyncio.Event()

        def note(number: int) -> None:
            seen.append(number)
            if number == 4:
                loop.call_soon_threadsafe(last.set)

        async with scheduler(overtake_after=0.2) as on:
            mailbox = on.mailbox(Source())
            mailbox._busy = True  # so that all wait, and go out as one batch
            mailbox.put(Call(lambda: gate.wait(SOON)))
            for number in range(5):
                mailbox.put(Call(lambda number=number: note(number)))
            mailbox.over()
            await last.wait()
            assert seen == [0, 1, 2, 3, 4]
            gate.set()

    run(test)


def test_past_the_second_bound_nothing_more_is_overtaken() -> None:
    gate = threading.Event()

    async def test() -> None:
        async with scheduler(overtake_after=0.01, max_overtaken=1, threads=2) as on:
            for _ in range(2):
                on.mailbox(Source()).put(Call(lambda: gate.wait(SOON)))
            await until(lambda: on._overtaken == 1)
            for _ in range(3):
                on._look()
            assert on._overtaken == 1
            gate.set()
            await on.idle(SOON)

    run(test)


def test_what_waits_when_it_is_stopped_does_not_begin() -> None:
    async def test() -> None:
        begun: list[str] = []

        async def waits() -> None:
            await asyncio.Event().wait()

        async def second() -> None:
            begun.append("second")

        async with scheduler() as on:
            mailbox = on.mailbox(Source())
            mailbox.put(Call(waits))
            mailbox.put(Call(second))
            on.stop()
            await until(lambda: not on.tasks._running)
            await asyncio.sleep(0)
        assert not begun

    run(test)


def test_a_coroutine_that_waits_too_long_is_overtaken() -> None:
    async def test() -> None:
        gate, overtook = asyncio.Event(), asyncio.Event()

        async def waits() -> None:
            await gate.wait()

        async def second() -> None:
            overtook.set()

        async with scheduler(overtake_after=0.2) as on:
            mailbox = on.mailbox(Source())
            mailbox.put(Call(waits))
            mailbox.put(Call(second))
            assert not overtook.is_set()
            await overtook.wait()
            gate.set()
            await until(lambda: not on.tasks._running)

    run(test)


def test_a_goodbye_comes_in_order_if_its_turn_comes_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_socketio.server.mailbox.GOODBYE_PATIENCE", SOON)  # a busy machine is slow
    seen: list[str] = []

    async def test() -> None:
        async with scheduler() as on:
            mailbox = on.mailbox(Source())
            for number in range(3):
                mailbox.put(Call(lambda number=number: seen.append(f"event {number}")))
            mailbox.put_goodbye(Call(lambda: seen.append("goodbye")))
            await until(lambda: len(seen) == 4)
            assert seen == ["event 0", "event 1", "event 2", "goodbye"]

    run(test)


def test_a_goodbye_does_not_wait_behind_a_running_handler() -> None:
    left = threading.Event()

    async def test() -> None:
        async with scheduler() as on:
            mailbox = on.mailbox(Source())
            mailbox.put(Call(lambda: left.wait(SOON)))  # as handlers do that loop until the client is gone
            mailbox.put_goodbye(Call(left.set))
            await on.idle(SOON)
            assert left.is_set()

    run(test)


def test_a_client_with_a_full_mailbox_is_paused_until_it_is_half_empty() -> None:
    gate = threading.Event()

    async def test() -> None:
        source = Source()
        async with scheduler(max_queued=10) as on:
            mailbox = on.mailbox(source)
            mailbox.put(Call(lambda: gate.wait(SOON)))
            for _ in range(9):
                mailbox.put(Call(lambda: None))
            assert source.asked == []
            for _ in range(3):
                mailbox.put(Call(lambda: None))
            assert source.asked == ["pause"]
            gate.set()
            await until(lambda: source.asked == ["pause", "resume"])

    run(test)


def test_a_goodbye_asks_for_no_pause() -> None:
    gate = threading.Event()

    async def test() -> None:
        source = Source()
        async with scheduler(max_queued=10) as on:
            mailbox = on.mailbox(source)
            mailbox.put(Call(lambda: gate.wait(SOON)))
            for _ in range(9):
                mailbox.put(Call(lambda: None))
            mailbox.put_goodbye(Call(lambda: None))
            gate.set()
            await on.idle(SOON)
            assert source.asked == [], "nothing comes after it"

    run(test)


def test_idle_gives_up_after_its_timeout() -> None:
    gate = threading.Event()

    async def test() -> None:
        async with scheduler() as on:
            on.mailbox(Source()).put(Call(lambda: gate.wait(SOON)))
            await on.idle(0.01)
            gate.set()

    run(test)


def test_a_function_of_nobody_runs_on_a_worker_or_on_the_loop() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        seen: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

        async def coroutine(value: str) -> None:
            seen.put_nowait((value, threading.get_ident()))

        def function(value: str) -> None:
            loop.call_soon_threadsafe(seen.put_nowait, (value, threading.get_ident()))

        async with scheduler() as on:
            on.call(Handler(coroutine), ("loop",))
            on.call(Handler(function), ("worker",))
            assert await seen.get() == ("loop", threading.get_ident())
            value, thread = await seen.get()
            assert value == "worker"
            assert thread != threading.get_ident()

    run(test)


def test_what_a_handler_posts_before_it_blocks_goes_out_soon() -> None:
    gate = threading.Event()

    async def test() -> None:
        came = asyncio.Event()

        async with scheduler() as on:

            def handler() -> None:
                on.loop_mailbox.post(came.set)
                gate.wait(SOON)

            on.mailbox(Source()).put(Call(handler))
            await came.wait()
            gate.set()
            await on.idle(SOON)

    run(test)


def test_many_handlers_that_do_not_block_wake_the_loop_once() -> None:
    async def test() -> None:
        async with scheduler() as on:
            wakes: list[int] = []
            wake = on.loop_mailbox._wake

            def count() -> None:
                wakes.append(1)
                wake()

            on.loop_mailbox._wake = count  # type: ignore[method-assign]
            for _ in range(50):
                on.mailbox(Source()).put(Call(lambda: on.loop_mailbox.post(len, ())))
            await on.idle(SOON)
            assert len(wakes) < 25, "a worker wakes the loop when it is done, not with each of its handlers"

    run(test)
