"""T14: messages in a million pieces, or in pieces that take for ever: what they hold in memory is bounded."""

from __future__ import annotations

import gc
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.attacks.target import Target, Wire, attacked, resident
from tests.transport.websocket_peer import client_frame

PIECES = 40_000


@contextmanager
def growing_by_less_than(size: int) -> Iterator[None]:
    """That what Python holds at the end of the block is not this much more than before."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield
        assert tracemalloc.get_traced_memory()[0] - before < size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", [b"x", b""])
def test_pieces_of_a_byte_or_none_hold_no_more_than_their_bytes(target: Target, piece: bytes) -> None:
    with Wire(target) as wire:
        wire.join_by_websocket()
        pieces = client_frame(0, piece, fin=False) * PIECES
        ping = client_frame(9, b"done")
        with growing_by_less_than(300_000):
            wire.send(client_frame(1, b'42["echo","', fin=False))
            wire.send(pieces)
            wire.send(ping)
            assert wire.long_frame() == (0x8A, b"done")


def test_pieces_over_the_limit_close_the_connection() -> None:
    with attacked(max_http_buffer_size=50_000) as target, Wire(target) as wire:
        wire.join_by_websocket()
        wire.send(client_frame(2, b"x", fin=False))
        wire.try_to_send(client_frame(0, b"x", fin=False) * 60_000)
        assert wire.close_code() == 1009


def test_a_frame_that_is_announced_and_does_not_come_holds_little(target: Target) -> None:
    with ExitStack() as stack:
        before = resident()
        for _ in range(100):
            wire = stack.enter_context(Wire(target))
            wire.join_by_websocket()
            wire.send(b"\x82\xff" + struct.pack(">Q", 999_000) + b"\0\0\0\0" + b"x")
            wire.send(b"x")
        assert target.is_well()
        assert resident() - before < 25_000_000  # of 100 million that were announced


def test_a_frame_byte_by_byte_is_a_frame(wire: Wire) -> None:
    wire.join_by_websocket()
    for byte in client_frame(1, b'420["echo","slowly"]'):
        wire.send(bytes([byte]))
    assert wire.hear() == '430["slowly"]'
