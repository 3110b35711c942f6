"""T4: bodies, messages and frames that are too large, or lie about it: refused before they are in memory."""

from __future__ import annotations

import struct

import pytest

from tests.attacks.target import POLLING, Target, Wire, attacked, resident

LIMIT = 100_000


def post(sid: str, headers: str) -> str:
    return f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"


@pytest.mark.parametrize("length", [1_000_001, 10**12, 10**18])
def test_a_length_that_is_too_large_is_refused_before_the_body_comes(wire: Wire, length: int) -> None:
    wire.send(post(wire.open_polling(), f"Content-Length: {length}\r\n"))
    assert wire.answer().status == 413


@pytest.mark.parametrize("length", ["10, 20", "-1", "+10", "0x10", "10\r\nContent-Length: 20", "9" * 40, "1e3", ""])
def test_a_length_that_is_none_ends_the_connection(wire: Wire, length: str) -> None:
    wire.send(post(wire.open_polling(), f"Content-Length: {length}\r\n"))
    wire.try_to_send(b"4" * 10)
    answer = wire.rest()
    assert answer[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 413 ", b"") and answer.count(b"HTTP/1.1") <= 1


def test_a_body_in_chunks_with_a_length_besides_is_nobody_elses_request(wire: Wire) -> None:
    wire.send(post(wire.open_polling(), "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"))
    wire.try_to_send(b"0\r\n\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"hello" not in wire.rest()


@pytest.mark.parametrize("size", ["f" * 17, "-1", "g", "7fffffffffffffff"])
def test_a_chunk_of_an_impossible_size(wire: Wire, size: str) -> None:
    wire.send(post(wire.open_polling(), "Transfer-Encoding: chunked\r\n") + f"{size}\r\n")
    wire.try_to_send(b"4" * 1_100_000)
    answer = wire.answer()
    assert answer.status in (400, 413)


def test_a_body_without_end_is_not_gathered() -> None:
    with attacked(max_http_buffer_size=LIMIT) as target:
        before = resident()
        for _ in range(5):
            with Wire(target) as wire:
                wire.send(post(wire.open_polling(), "Transfer-Encoding: chunked\r\n"))
                wire.try_to_send((b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 100)
        assert resident() - before < 20_000_000  # of 33 million that were sent


@pytest.mark.parametrize("size", [LIMIT + 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_frame_that_is_too_large_is_refused_by_its_head(size: int) -> None:
    with attacked(max_http_buffer_size=LIMIT) as target, Wire(target) as wire:
        wire.join_by_websocket()
        before = resident()
        wire.send(b"\x82\xff" + struct.pack(">Q", size) + b"\0\0\0\0")
        assert wire.close_code() in (1002, 1009)
        assert resident() - before < 5_000_000


def test_a_message_that_is_too_large_in_pieces_that_are_not(target: Target) -> None:
    piece = b"\x00\xfe\xff\xff\0\0\0\0" + b"x" * 65535
    with Wire(target) as wire:
        wire.join_by_websocket()
        wire.send(b"\x02\xfe\xff\xff\0\0\0\0" + b"x" * 65535)
        wire.try_to_send(piece * 20)
        assert wire.close_code() == 1009
