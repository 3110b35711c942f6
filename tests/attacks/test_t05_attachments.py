"""T5: binary packets whose attachments are none, too many, never sent, or somebody else's."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from tests.attacks.target import Target, Wire, attacked


def event(count: object, placeholders: int = 1) -> str:
    data = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(placeholders))
    return f'45{count}-["echo",{data}]'


@pytest.mark.parametrize(
    "packet", [event(0), event(11), event(1_000_000), event(-1), event("x"), event(""), event("9" * 5_000)]
)
def test_a_count_that_cannot_be(wire: Wire, packet: str) -> None:
    wire.join_by_websocket()
    wire.say(packet, b"a", b"b")
    assert wire.close_code() == 1008


def test_an_attachment_that_nobody_has_announced(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.say(b"stray")
    assert wire.close_code() == 1008


def test_what_comes_instead_of_an_attachment(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.say(event(1), '42["echo"]')
    assert wire.close_code() == 1008


def test_attachments_before_the_client_is_let_in(wire: Wire) -> None:
    wire.open_websocket()
    wire.say(event(1), b"a")
    assert wire.close_code() == 1008


def test_attachments_of_a_client_are_not_anothers(target: Target) -> None:
    with Wire(target) as one, Wire(target) as other:
        one.join_by_websocket()
        other.join_by_websocket()
        one.say('451-0["echo",{"_placeholder":true,"num":0}]')
        other.say(b"mine")
        assert other.close_code() == 1008
        one.say('42["echo"]')
        assert one.close_code() == 1008


def test_attachments_that_never_come_are_given_up_with_the_client() -> None:
    with attacked() as target:
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(3):
                with Wire(target) as wire:
                    wire.join_by_websocket()
                    wire.say(event(10, 10), *[b"x" * 500_000] * 9)
                    wire.say("3")
                    wire.reset()
            target.until(lambda: target.connections == 0)
            gc.collect()
            target.until(lambda: tracemalloc.get_traced_memory()[0] - before < 1_000_000)  # of 13 million
        finally:
            tracemalloc.stop()
