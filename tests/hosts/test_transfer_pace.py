"""How slowly a client may send or read, on a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask_socketio.hosts.transfer_pace import LEAST, PERIOD, TransferPace
from tests.transport.engine_driver import HandClock

ENOUGH = int(LEAST * PERIOD)


class Transfer:
    """A transfer that is looked at."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.moved = 0
        self.given_up = 0
        self.pace = TransferPace(cast("Any", self), lambda: self.moved, self._give_up)

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        return Timer(self.clock, delay, callback)

    def _give_up(self) -> None:
        self.given_up += 1


class Timer:
    def __init__(self, clock: HandClock, delay: float, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback
        clock.call_at(clock.now + delay, self._ring)

    def _ring(self) -> None:
        if self._callback is not None:
            self._callback()

    def cancel(self) -> None:
        self._callback = None


def test_who_does_nothing_for_a_period_is_too_slow() -> None:
    transfer = Transfer()
    transfer.clock.advance(PERIOD - 1)
    assert transfer.given_up == 0
    transfer.clock.advance(10 * PERIOD)
    assert transfer.given_up == 1


def test_each_period_needs_its_share() -> None:
    transfer = Transfer()
    transfer.moved += 10 * ENOUGH
    transfer.clock.advance(PERIOD)
    transfer.moved += ENOUGH
    transfer.clock.advance(PERIOD)
    assert transfer.given_up == 0
    transfer.moved += ENOUGH - 1
    transfer.clock.advance(PERIOD)
    assert transfer.given_up == 1


def test_a_period_in_which_we_were_the_slow_ones_does_not_count() -> None:
    transfer = Transfer()
    transfer.pace.excuse()
    transfer.clock.advance(PERIOD)
    assert transfer.given_up == 0
    transfer.clock.advance(PERIOD)
    assert transfer.given_up == 1


def test_what_is_over_is_not_looked_at() -> None:
    transfer = Transfer()
    transfer.pace.end()
    transfer.clock.advance(PERIOD)
    assert transfer.given_up == 0
