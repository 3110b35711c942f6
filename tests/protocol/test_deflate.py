"""The rules of RFC 7692, by its sections."""

from __future__ import annotations

import tracemalloc
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.protocol.deflate import Deflate, Inflater, deflated_frame, negotiate
from flask_socketio.protocol.websocket import CloseCode, MessageReader, Opcode, WebSocketError

NO_TAKEOVER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def deflated(content: bytes, bits: int = 15) -> bytes:
    """A message as a client compresses it."""
    compressor = zlib.compressobj(wbits=-bits)
    return (compressor.compress(content) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def inflated(*payloads: bytes, room: int = 1_000_000) -> bytes:
    """What the frames of one message become."""
    inflater = Inflater()
    content = b""
    for number, payload in enumerate(payloads, 1):
        content += inflater.inflate(payload, number == len(payloads), room - len(content))
    return content


def code_of(*payloads: bytes, room: int = 1_000_000) -> int:
    """The code for which the frames of one message close the connection."""
    with pytest.raises(WebSocketError) as caught:
        inflated(*payloads, room=room)
    return caught.value.code


# What is agreed on (5, 7.1) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "offers",
    [
        "permessage-deflate",  # Firefox
        "permessage-deflate; client_max_window_bits",  # Chromium, Node
        "permessage-deflate;client_max_window_bits=8",
        'permessage-deflate; client_max_window_bits = "15" ',
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "x-webkit-deflate-frame, permessage-deflate",
        "permessage-deflate; server_max_window_bits=10, permessage-deflate",  # the second of two
    ],
)
def test_offer_is_accepted_without_context_takeover(offers: str) -> None:
    assert negotiate(offers, 1024) == Deflate(1024, ("Sec-WebSocket-Extensions", NO_TAKEOVER))


def test_largest_window_is_said_to_be_granted() -> None:
    agreed = negotiate("permessage-deflate; server_max_window_bits=15", 1024)
    assert agreed is not None and agreed.header[1] == f"{NO_TAKEOVER}; server_max_window_bits=15"


@pytest.mark.parametrize(
    "offers",
    [
        None,
        "",
        ",;,=",
        "x-webkit-deflate-frame",
        "Xpermessage-deflate",
        "permessage-deflate; server_max_window_bits=14",  # one window for all
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=08",
        "permessage-deflate; client_max_window_bits=",
        'permessage-deflate; client_max_window_bits="8',
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=8",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate;",
        "ä; €",
    ],
)
def test_other_offers_are_declined(offers: str | None) -> None:
    assert negotiate(offers, 1024) is None


@given(st.lists(st.sampled_from(["permessage-deflate", ";", ",", "=", '"', " ", "15", "client_max_window_bits", "é"])))
def test_any_offer_is_answered_or_not(parts: list[str]) -> None:
    agreed = negotiate("".join(parts), 0)
    assert agreed is None or agreed.header[1].startswith(NO_TAKEOVER)


# What is sent (7.2.1) -------------------------------------------------------------------------------------------------


@given(st.binary() | st.integers(0, 70_000).map(lambda size: b"all the same " * (size // 13)))
def test_message_that_is_sent_can_be_read(content: bytes) -> None:
    frame = deflated_frame(Opcode.BINARY, content)
    head = 2 if frame[1] < 126 else 4
    assert frame[0] in (0xC2, 0x82) and len(frame) <= len(content) + head
    assert (inflated(frame[head:]) if frame[0] == 0xC2 else frame[head:]) == content


def test_message_is_compressed_by_itself() -> None:
    first, second = (deflated_frame(Opcode.TEXT, b"said before " * 100) for _ in range(2))
    assert first == second and first[0] == 0xC1 and len(first) < 50


@pytest.mark.parametrize("content", [b"", b"4", bytes(range(256))])
def test_what_would_not_get_smaller_is_sent_as_it_is(content: bytes) -> None:
    frame = deflated_frame(Opcode.TEXT, content)
    assert frame[0] == 0x81 and frame.endswith(content)


# What comes (7.2.2) ---------------------------------------------------------------------------------------------------

HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # 7.2.3.1


@pytest.mark.parametrize(
    "payload",
    [
        HELLO,
        b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",  # 7.2.3.3: a block that is not compressed
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",  # 7.2.3.4: a block that says that it is the last
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",  # 7.2.3.5: two blocks
    ],
)
def test_examples_of_the_rfc(payload: bytes) -> None:
    assert inflated(payload) == b"Hello"
    assert inflated(*[payload[at : at + 1] for at in range(len(payload))]) == b"Hello"
    assert inflated(b"", payload, b"") == b"Hello"


def test_empty_message() -> None:
    assert inflated(b"\x00") == b""  # 7.2.3.6
    assert code_of(b"") == CloseCode.INVALID_TEXT


@given(st.binary(max_size=300), st.sampled_from([9, 15]), st.lists(st.integers(0, 300)))
def test_message_may_be_cut_anywhere(content: bytes, bits: int, cuts: list[int]) -> None:
    payload = deflated(content * 3, bits)
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    assert inflated(*[payload[start:end] for start, end in pairwise(edges)]) == content * 3


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\xff\xff"],
        [b"plain text"],
        [HELLO[:3]],  # the end is missing
        [b"\x00\xff\xff\x00\x00abc"],  # a block of 65,535 bytes with three of them
        [HELLO + b"\xff garbage"],
        [b"\xf3\x48\xcd\xc9\xc9\x07\x00"],  # a last block, and the octet missing that has to follow
        [b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x00"],  # a last block, and more than that
        [b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"\x00"],
        [b"\xf3\x48\xcd\xc9\xc9\x07\x00", HELLO],
    ],
)
def test_what_is_no_compressed_message_is_an_error(payloads: list[bytes]) -> None:
    assert code_of(*payloads) == CloseCode.INVALID_TEXT


def test_many_last_blocks_are_not_even_looked_at() -> None:
    """Each would need a decompressor of its own, and a copy of what follows."""
    inflater = Inflater()
    with pytest.raises(WebSocketError):
        inflater.inflate(b"\x03\x00" * 400_000, False, 1_000_000)


@given(st.lists(st.binary(max_size=30), min_size=1))
def test_anything_becomes_something_or_an_error(payloads: list[bytes]) -> None:
    with suppress(WebSocketError):
        assert len(inflated(*payloads, room=1000)) <= 1000


def test_message_may_have_the_largest_size_and_no_byte_more() -> None:
    assert inflated(deflated(bytes(5000)), room=5000) == bytes(5000)
    assert code_of(deflated(bytes(5001)), room=5000) == CloseCode.TOO_BIG
    assert code_of(deflated(b"a"), room=0) == CloseCode.TOO_BIG
    assert inflated(deflated(b""), room=0) == b""


def test_bomb_costs_no_more_memory_than_a_message_may() -> None:
    bomb = deflated(bytes(100_000_000))
    reader = MessageReader(max_size=1_000_000, inflater=Inflater)
    tracemalloc.start()
    try:
        with pytest.raises(WebSocketError) as caught:
            reader.receive(Opcode.BINARY, True, bomb, True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == CloseCode.TOO_BIG
    assert peak < 4_000_000


# Messages of compressed frames (6) ------------------------------------------------------------------------------------


def test_reader_takes_compressed_messages_and_others_in_turn() -> None:
    reader = MessageReader(max_size=1000, inflater=Inflater)
    payload = deflated("grüß dich".encode() * 50)
    assert reader.receive(Opcode.TEXT, True, payload, True) == "grüß dich" * 50
    assert reader.receive(Opcode.TEXT, True, b"plain") == "plain"
    assert reader.receive(Opcode.BINARY, False, payload[:5], True) is None
    assert not reader.idle
    assert reader.receive(Opcode.CONTINUATION, True, payload[5:]) == "grüß dich".encode() * 50
    assert reader.receive(Opcode.TEXT, False, b"pl") is None
    assert reader.receive(Opcode.CONTINUATION, True, b"ain") == "plain"
    assert reader.idle


def test_fragments_count_as_what_they_become() -> None:
    reader = MessageReader(max_size=1000, inflater=Inflater)
    payload = deflated(bytes(600)) + deflated(bytes(600))
    half = len(payload) // 2
    reader.receive(Opcode.BINARY, False, payload[:half] + b"\x00\x00\xff\xff", True)
    with pytest.raises(WebSocketError) as caught:
        reader.receive(Opcode.CONTINUATION, True, payload[half:])
    assert caught.value.code == CloseCode.TOO_BIG


def test_compressed_text_is_utf8() -> None:
    reader = MessageReader(max_size=1000, inflater=Inflater)
    with pytest.raises(WebSocketError) as caught:
        reader.receive(Opcode.TEXT, True, deflated(b"\xff"), True)
    assert caught.value.code == CloseCode.INVALID_TEXT


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.CONTINUATION])
def test_compressed_message_keeps_the_order_of_frames(opcode: Opcode) -> None:
    reader = MessageReader(max_size=1000, inflater=Inflater)
    if opcode is Opcode.TEXT:
        reader.receive(Opcode.TEXT, False, b"a")
    with pytest.raises(WebSocketError) as caught:
        reader.receive(opcode, True, HELLO, True)
    assert caught.value.code == CloseCode.PROTOCOL_ERROR
