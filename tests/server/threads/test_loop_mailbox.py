"""The way into the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_socketio.server.errors import OverloadedError
from flask_socketio.server.threads import LoopMailbox, spawn

#: Seconds that a test waits for what must happen.
SOON = 20


class RunningLoop:
    """A loop that runs in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.mailbox: LoopMailbox
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._started.wait(SOON)

    def _run(self) -> None:
        self.mailbox = LoopMailbox(self.loop, max_entries=5, max_size=10_000, patience=0.05)
        self._started.set()
        self.loop.run_forever()

    def hold(self) -> Callable[[], None]:
        """Keep the loop from taking anything, until the function returned is called."""
        held, release = threading.Event(), threading.Event()

        def block() -> None:
            held.set()
            release.wait(SOON)

        self.loop.call_soon_threadsafe(block)
        held.wait(SOON)
        return release.set

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(SOON)
        self.loop.close()


@pytest.fixture
def running() -> Iterator[RunningLoop]:
    loop = RunningLoop()
    yield loop
    loop.stop()


def test_what_is_posted_runs_on_the_loop_in_order(running: RunningLoop) -> None:
    seen: list[Any] = []
    for number in range(3):
        running.mailbox.post(seen.append, number)

    assert running.mailbox.call(lambda: (list(seen), running.mailbox.on_loop())) == ([0, 1, 2], True)
    assert not running.mailbox.on_loop()


def test_call_raises_what_the_function_raises(running: RunningLoop) -> None:
    with pytest.raises(ValueError, match="from the loop"):
        running.mailbox.call(int, "from the loop")


def test_call_on_the_loop_is_an_ordinary_call(running: RunningLoop) -> None:
    assert running.mailbox.call(lambda: running.mailbox.call(lambda: "inner")) == "inner"


def test_many_posts_wake_the_loop_once(running: RunningLoop) -> None:
    release = running.hold()
    wakes = []
    wake = running.mailbox._wake

    def count() -> None:
        wakes.append(1)
        wake()

    running.mailbox._wake = count  # type: ignore[method-assign]
    for _ in range(4):
        running.mailbox.post(lambda: None)
    release()
    running.mailbox.call(lambda: None)

    assert len(wakes) <= 2, "one for the four, and perhaps one for the call"


def test_an_entry_that_fails_is_logged_and_the_next_one_runs(
    running: RunningLoop, caplog: pytest.LogCaptureFixture
) -> None:
    running.mailbox.post(int, "nonsense")

    assert running.mailbox.call(lambda: "next") == "next"
    assert "an entry of the loop's mailbox failed" in caplog.text


@pytest.mark.parametrize("size", [0, 5_000])
def test_at_the_bound_a_post_waits_and_then_raises(running: RunningLoop, size: int) -> None:
    release = running.hold()

    for _ in range(2 if size else 5):
        running.mailbox.post(lambda: None, size=size)

    with pytest.raises(OverloadedError, match="waiting for the event loop"):
        running.mailbox.post(lambda: None)
    release()


def test_at_the_bound_a_post_goes_on_as_soon_as_there_is_room(running: RunningLoop) -> None:
    running.mailbox._patience = SOON
    release = running.hold()
    for _ in range(5):
        running.mailbox.post(lambda: None, size=2_000)
    seen = threading.Event()
    late = spawn(lambda: running.mailbox.post(seen.set, size=2_000), (), {})

    release()

    assert seen.wait(SOON)
    late.join(SOON)
    assert running.mailbox.call(lambda: running.mailbox._size) == 0


def test_a_closed_mailbox_runs_what_waits_and_drops_what_comes_later(running: RunningLoop) -> None:
    seen: list[str] = []

    def close() -> None:
        running.mailbox.post(seen.append, "waiting")
        running.mailbox.close()

    running.mailbox.call(close)
    running.mailbox.post(seen.append, "late")

    assert seen == ["waiting"]
    assert not running.mailbox._entries


def test_posting_to_a_loop_that_is_gone_is_harmless() -> None:
    loop = asyncio.new_event_loop()
    mailbox = LoopMailbox(loop)
    loop.close()

    mailbox.post(lambda: None)

    assert not mailbox._entries


def test_who_waits_for_an_answer_that_cannot_come_is_told(running: RunningLoop) -> None:
    running.mailbox.call(running.mailbox.close)

    with pytest.raises(RuntimeError, match="does not run any more"):
        running.mailbox.call(lambda: None)


def test_who_waits_for_a_coroutine_is_told_that_the_loop_has_ended_meanwhile(running: RunningLoop) -> None:
    async def end() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()  # as a loop does to all that is still there at its end
        await asyncio.sleep(SOON)

    with pytest.raises(RuntimeError, match="does not run any more"):
        running.mailbox.complete(end())


def test_who_comes_with_a_coroutine_is_told_that_the_loop_is_gone() -> None:
    async def nothing() -> None:
        raise AssertionError("nobody awaits it")

    with ThreadPoolExecutor(1) as elsewhere:
        loop = asyncio.new_event_loop()
        mailbox = elsewhere.submit(LoopMailbox, loop).result()
    loop.close()
    with pytest.raises(RuntimeError, match="does not run any more"):
        mailbox.complete(nothing())


def test_a_full_mailbox_of_small_entries_lets_go_on_as_soon_as_there_is_room(running: RunningLoop) -> None:
    running.mailbox._patience = SOON
    release = running.hold()
    for _ in range(5):
        running.mailbox.post(lambda: None)
    seen = threading.Event()
    late = spawn(lambda: running.mailbox.post(seen.set), (), {})
    while not running.mailbox._waiting:
        pass

    release()

    assert seen.wait(SOON / 2)
    late.join(SOON)
