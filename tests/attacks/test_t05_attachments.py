"""T5: binary packets whose attachments are none, too many, never sent, or somebody else's."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from tests.attacks.target import Target, Wire, attacked
from tests.transport.websocket_peer import client_frame


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


@pytest.mark.parametrize("end", ["by the client", "by the server"])
def test_attachments_of_a_client_that_is_gone_are_gone_with_it(end: str) -> None:
    """At once: a server that leaves them to the garbage collection holds those of many clients."""
    with attacked() as target:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(3):
                with Wire(target) as wire:
                    wire.join_by_websocket()
                    wire.say(event(10, 10), *[b"x" * 500_000] * 9)
                    wire.send(client_frame(9, b"all of it"))
                    assert wire.long_frame() == (0x8A, b"all of it")
                    if end == "by the server":
                        wire.say("not an attachment")
                        assert wire.close_code() == 1008
                    wire.reset()
            target.until(lambda: target.connections == 0)
            target.until(lambda: tracemalloc.get_traced_memory()[0] - before < 1_000_000)  # of 13 million
        finally:
            tracemalloc.stop()
            gc.enable()
