"""The single way from any thread into the loop, and how a thread waits for an answer from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Generic, TypeVar

from ..errors import OverloadedError, TimeoutError

logger = logging.getLogger("flask_socketio")

T = TypeVar("T")

#: The loop serves its sockets again after so many entries of its mailbox.
ENTRIES_PER_TURN = 1_000

#: Bytes up to which an entry is bounded by the number of entries alone.
SMALL = 1_024

_GONE = "the server does not run any more"


class LoopMailbox:
    """Runs functions on the loop for any thread, in the order in which they were posted.

    Bounded in entries and bytes; small entries count for their number only, which is cheaper. At the bound a thread
    waits for room, since the loop will make some; the loop itself never waits, it does not post to itself.

    Args:
        loop: where functions run. It is made in the loop's thread.
        lively: the threads, by their ids, whose posts do not wake the loop; they call `wake` when they are done.
        max_entries, max_size: how many functions and how many bytes (as told to `post`) may wait.
        patience: seconds that `post` waits for room before it raises.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        lively: Collection[int] = (),
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
        self._waiting = 0  # threads that wait for room
        self._awake = False
        self._closed = False
        self._lively = lively

    def on_loop(self) -> bool:
        """Whether the calling thread is the loop's."""
        return threading.get_ident() == self._thread_id

    def post(self, function: Callable[..., object], *args: Any, size: int = 0) -> None:
        """Run `function(*args)`, which holds `size` bytes of memory, on the loop: at once if called there, else soon.

        Raises:
            OverloadedError: no room in the mailbox, not even after waiting.
        """
        me = threading.get_ident()
        if me == self._thread_id:
            function(*args)
            return
        entries = self._entries
        if len(entries) >= self._max_entries or self._size >= self._max_size:
            self._wait_for_room()
        if size > SMALL:
            with self._room:
                self._size += size
        else:
            size = 0
        entries.append((function, args, size))
        if not self._awake and me not in self._lively:
            self._wake()

    def post_later(self, function: Callable[..., object], *args: Any) -> None:
        """As `post`, but never at once, wherever this is called."""
        if self.on_loop():
            self._entries.append((function, args, 0))
            self.wake()
        else:
            self.post(function, *args)

    def wake(self) -> None:
        """Let the loop run what waits, soon."""
        if self._entries and not self._awake:
            self._wake()

    def drain(self) -> None:
        """Run what waits, on the loop; what is too much for one turn, in the next."""
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
        if self._size or self._waiting:
            with self._room:
                self._size -= size
                self._room.notify_all()
        self.wake()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function(*args)` on the loop and wait for its result, or for the exception it raises.

        On the loop itself this is an ordinary call.
        """
        if self.on_loop():
            return function(*args)
        answer: Future[T] = Future()
        self.post(_answer, answer, function, args)
        self.wake()
        return answer.result()

    def complete(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """As `call`, of a coroutine.

        Raises RuntimeError on the loop, which would wait for itself, and where the loop has ended, or ends meanwhile.
        """
        if self.on_loop():
            coroutine.close()
            raise RuntimeError("this waits for the event loop, and was called on it, in an `async def` handler say")
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()
        except CancelledError:
            raise RuntimeError(_GONE) from None
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            coroutine.close()
            raise RuntimeError(_GONE) from None

    def close(self) -> None:
        """Run what is still waiting, and take nothing more: what is posted later is dropped."""
        while self._entries:
            self.drain()
        self._closed = True

    def _wake(self) -> None:
        self._awake = True
        try:
            if not self._closed:
                self.loop.call_soon_threadsafe(self.drain)
        except RuntimeError:  # the loop has been closed since
            self._closed = True
        if self._closed:
            self._drop()

    def _drop(self) -> None:
        """Nothing will run any more: forget what waits, and tell those who wait for answers."""
        self._awake = False
        with contextlib.suppress(IndexError):
            while True:
                function, args, _ = self._entries.popleft()
                if function is _answer:
                    args[0].set_exception(RuntimeError(_GONE))

    def _wait_for_room(self) -> None:
        def has_room() -> bool:
            return len(self._entries) < self._max_entries and self._size < self._max_size

        self.wake()
        with self._room:
            self._waiting += 1
            in_time = self._room.wait_for(has_room, self._patience)
            self._waiting -= 1
            if not in_time:
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


class PendingAnswer(Generic[T]):
    """A value that one side gives once, on the loop, and the other waits for, in a thread or on the loop.

    Args:
        missing: what a TimeoutError says before "in ... s": "no answer", say.
        given_up: called with `give` when nobody waits any longer, in the thread that did.
    """

    def __init__(self, missing: str, given_up: Callable[[Callable[[T], None]], object]) -> None:
        self._future: Future[T] = Future()
        self._missing = missing
        self._given_up = given_up

    def give(self, value: T) -> None:
        """Give the value; a second one is ignored."""
        if not self._future.done():
            self._future.set_result(value)

    def wait(self, timeout: float) -> T:
        """Wait in a thread. Raises TimeoutError if nothing is given in `timeout` seconds."""
        try:
            return self._future.result(timeout)
        except FutureTimeoutError:
            self._given_up(self.give)
            raise TimeoutError(f"{self._missing} in {timeout} s") from None

    async def wait_on_loop(self, timeout: float) -> T:
        """As `wait`, in a coroutine."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._future), timeout)
        except asyncio.CancelledError:
            self._given_up(self.give)
            raise
        except asyncio.TimeoutError:
            self._given_up(self.give)
            raise TimeoutError(f"{self._missing} in {timeout} s") from None
