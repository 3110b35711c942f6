"""T18: clients that read slowly, or not at all: what waits for them is bounded, and the others do not wait."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from tests.attacks.target import Target, Wire, attacked, resident

MB = "x" * 1_000_000


def stalled(target: Target, stack: ExitStack, count: int) -> list[Wire]:
    """Clients that are in, and read no more."""
    wires = [stack.enter_context(Wire(target)) for _ in range(count)]
    for wire in wires:
        wire.join_by_websocket()
    return wires


def test_what_waits_for_a_client_is_bounded_and_the_others_get_all_of_it() -> None:
    with attacked(max_outbox_size=2_000_000, payload_warning=None) as target, ExitStack() as stack:
        stalled(target, stack, 3)
        reader = stack.enter_context(Wire(target))
        reader.join_by_websocket()
        before = resident()
        for number in range(30):
            target.socketio.emit("news", (number, MB))
            assert reader.long_frame()[1].startswith(b'42["news",%d' % number)
        target.until(lambda: target.counters()["slow_disconnected"] == 3)
        assert resident() - before < 40_000_000  # of 90 million that were sent to them


def test_the_oldest_goes_where_the_app_wants_that() -> None:
    options: dict[str, Any] = {"max_outbox_size": 2_000_000, "slow_clients": "drop-oldest", "payload_warning": None}
    with attacked(**options) as target, ExitStack() as stack:
        stalled(target, stack, 1)
        for number in range(30):
            target.socketio.emit("news", (number, MB))
        target.until(lambda: target.counters()["oldest_dropped"] >= 10)
        assert target.counters()["slow_disconnected"] == 0


def test_what_may_be_missed_does_not_wait_at_all() -> None:
    with attacked(payload_warning=None) as target, ExitStack() as stack:
        slow = stalled(target, stack, 1)[0]
        for number in range(30):
            target.socketio.emit("move", (number, MB), volatile=True)
            target.socketio.emit("price", (number, MB), latest="EURUSD")
        target.until(lambda: target.counters()["volatile_dropped"] and target.counters()["latest_replaced"])
        last = b""
        while not last.startswith(b'42["price",29'):  # what comes in the end is the newest
            last = slow.long_frame()[1]
        assert target.counters()["slow_disconnected"] == 0


def test_a_client_that_never_polls_is_given_up_at_the_bound() -> None:
    with attacked(max_outbox_size=2_000_000, payload_warning=None, close_timeout=0.2) as target:
        with Wire(target) as wire:
            wire.join_by_polling()
            for number in range(30):
                target.socketio.emit("news", (number, MB))
            target.until(lambda: target.counters()["slow_disconnected"] == 1)
        target.until(lambda: target.connections == 0)
