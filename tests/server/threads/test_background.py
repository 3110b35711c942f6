"""Background tasks and the loop in the background."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flask_socketio.server.threads import BackgroundLoop, spawn

#: Seconds that a test waits for what must happen.
SOON = 20


def test_a_background_task_runs_and_can_be_waited_for() -> None:
    seen: list[Any] = []

    spawn(lambda *args, **kwargs: seen.append((args, kwargs)), (1,), {"two": 2}).join(SOON)

    assert seen == [((1,), {"two": 2})]


# BackgroundLoop -------------------------------------------------------------------------------------------------------


def test_a_background_loop_lives_as_long_as_it_has_users() -> None:
    log: list[str] = []

    async def end() -> None:
        log.append("end")

    background = BackgroundLoop(lambda loop: log.append("begin"), end)
    for _ in range(3):
        background.enter()
        background.enter()
        background.leave_and_wait()
        assert log[-1] == "begin"
        background.leave_and_wait()
        assert log[-1] == "end"
    background.enter()
    background.leave()
    background.enter()  # by now the loop may have ended, or not yet
    background.leave_and_wait()
    assert background._thread is not None
    background._thread.join(SOON)
    assert log in (["begin", "end"] * 4, ["begin", "end"] * 5)


class Prompt:
    """A loop that has done what it is told, and all that follows, before whoever tells it goes on."""

    def __init__(self, background: BackgroundLoop) -> None:
        assert background._thread is not None
        self._loop, self._thread = background._loop, background._thread

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
        if threading.current_thread() is not self._thread:
            self._thread.join(SOON)


def test_a_background_loop_may_have_ended_before_the_last_user_waits_for_that() -> None:
    background = BackgroundLoop(lambda loop: None, lambda: asyncio.sleep(0))
    background.enter()
    background._loop = Prompt(background)  # type: ignore[assignment]
    background.leave_and_wait()
    assert background._thread is not None
    assert not background._thread.is_alive()


def test_what_a_background_loop_cannot_begin_is_raised() -> None:
    def begin(loop: asyncio.AbstractEventLoop) -> None:
        raise OSError("no")

    background = BackgroundLoop(begin, lambda: asyncio.sleep(0))
    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            background.enter()


def test_a_background_loop_ends_with_the_process() -> None:
    """Without a warning, and without ending in order."""
    program = (
        "import asyncio\n"
        "from flask_socketio.server.threads import BackgroundLoop\n"
        "async def end():\n"
        "    print('ended in order')\n"
        "BackgroundLoop(lambda loop: print('begun'), end).enter()\n"
    )
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", program]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "begun\n", "")
