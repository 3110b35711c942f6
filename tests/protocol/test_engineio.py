"""Engine.IO v4 on raw bytes. Headings are those of the protocol text."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.protocol import engineio
from flask_socketio.protocol.engineio import EncodedPacket, decode_payload, encode_payload, message, open_packet
from flask_socketio.protocol.errors import ProtocolError

# Protocol: the seven types ------------------------------------------------------------------------------------------


def test_types_have_the_characters_of_the_protocol() -> None:
    names = ("OPEN", "CLOSE", "PING", "PONG", "MESSAGE", "UPGRADE", "NOOP")
    assert [getattr(engineio, name) for name in names] == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (engineio.CLOSE_PACKET, b"1"),
        (engineio.PING_PACKET, b"2"),
        (engineio.PONG_PROBE_PACKET, b"3probe"),  # answers 2probe on the new transport
        (engineio.NOOP_PACKET, b"6"),  # answers the parked poll of a client that upgrades
    ],
)
def test_constant_packets(packet: EncodedPacket, text: bytes) -> None:
    assert packet.text == packet.payload == text
    assert packet.frames == bytes([0x81, len(text)]) + text


@pytest.mark.parametrize("packet", ["0{}", "1", "2", "2probe", "3", "3probe", "4", "4hello", "5", "6"])
def test_each_type_is_read(packet: str) -> None:
    assert decode_payload(packet.encode()) == [packet]


# Handshake -----------------------------------------------------------------------------------------------------------


def test_open_packet_has_the_five_keys_in_milliseconds_and_bytes() -> None:
    packet = open_packet("lv_VI97", upgrades=["websocket"], ping_interval=25, ping_timeout=20, max_payload=1_000_000)
    assert packet.text is not None
    assert packet.text[:1] == b"0"  # type: open
    assert json.loads(packet.text[1:]) == {
        "sid": "lv_VI97",
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1000000,
    }


def test_open_packet_keeps_fractions_of_a_second() -> None:
    text = open_packet("x", upgrades=[], ping_interval=0.3, ping_timeout=0.2, max_payload=1).text
    assert text == b'0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1}'


# Packet encoding, HTTP long-polling ----------------------------------------------------------------------------------

SPEC_TEXTS = (
    b"4hello"  # a message, its text
    b"\x1e"  # record separator
    b"2"  # a ping without text
    b"\x1e"
    b"4world"
)
SPEC_BINARY = (
    b"4hello"
    b"\x1e"
    b"b"  # binary: no type, always a message
    b"AQIDBA=="  # base64 of 01 02 03 04
)


def test_payload_of_several_packets_is_written() -> None:
    assert encode_payload([message("hello"), engineio.PING_PACKET, message("world")]) == SPEC_TEXTS


def test_payload_of_several_packets_is_read() -> None:
    assert decode_payload(SPEC_TEXTS) == ["4hello", "2", "4world"]


def test_binary_in_a_payload_is_base64() -> None:
    assert encode_payload([message("hello"), message(b"\x01\x02\x03\x04")]) == SPEC_BINARY
    assert decode_payload(SPEC_BINARY) == ["4hello", b"\x01\x02\x03\x04"]


def test_text_is_utf8() -> None:
    assert encode_payload([message("€")]) == b"4\xe2\x82\xac"
    assert decode_payload(b"4\xe2\x82\xac") == ["4€"]


def test_empty_messages_are_messages() -> None:
    assert encode_payload([message(""), message(b"")]) == b"4\x1eb"
    assert decode_payload(b"4\x1eb") == ["4", b""]


@given(st.lists(st.one_of(st.text(st.characters(exclude_characters="\x1e", codec="utf-8")), st.binary()), min_size=1))
def test_payload_round_trip(contents: list[str | bytes]) -> None:
    packets = decode_payload(encode_payload([message(content) for content in contents]))
    assert packets == ["4" + content if isinstance(content, str) else content for content in contents]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "packet ''"),  # no packet at all
        (b"4a\x1e", "packet ''"),  # nothing behind a separator
        (b"\x1e4a", "packet ''"),
        (b"4a\x1e\x1e4b", "packet ''"),
        (b"7", "packet '7'"),  # no such type
        (b"abc", "packet 'abc'"),
        (b"B", "packet 'B'"),
        ("٣".encode(), "packet '٣'"),  # a digit, but not one of ours
        (b"4\xff", "byte 0xff"),  # no UTF-8
        (b"4\xed\xa0\x80", "byte 0xed"),  # half of a surrogate pair is none either
        (b"4ok\x1ebAQ", "binary packet 'bAQ'"),  # base64 without its padding
        (b"bA", "binary packet"),
        (b"bAQ==AQ==", "binary packet"),  # padding in the middle
        (b"bAQID\nBA==", "binary packet"),
        (b"b-_-_", "binary packet"),  # another alphabet
        ("b€€€€".encode(), "binary packet"),
        pytest.param(b"x" * 1_000_000, "1000000 long", id="long"),  # which the log is spared
    ],
)
def test_what_is_no_payload_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_payload(body)
    assert complaint in str(caught.value) and len(str(caught.value)) < 300


@given(st.binary())
def test_any_body_gives_packets_or_a_protocol_error(body: bytes) -> None:
    try:
        packets = decode_payload(body)
    except ProtocolError:
        return
    assert packets and all(packet[:1] in set("0123456") for packet in packets if isinstance(packet, str))


def calls_of(function: Callable[[], Any]) -> Counter[str]:
    """How often `function` calls what, in Python and in C."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, callee: Any) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1
        elif event == "c_call":
            calls[callee.__name__] += 1

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def test_work_grows_with_the_body_and_no_faster() -> None:
    def work(packets: int) -> Counter[str]:
        body = b"\x1e".join([b"4x", b"bAQ=="] * packets)
        return calls_of(lambda: decode_payload(body))

    one, two, three = work(100), work(200), work(300)
    # What looks at the whole body does so once, however many packets are in it ...
    assert one["split"] == three["split"] == 1
    # ... and each packet costs as many calls as any other.
    assert two - one == three - two


def test_number_of_packets_is_not_limited() -> None:
    assert decode_payload(b"\x1e".join([b"4"] * 100_000)) == ["4"] * 100_000


# Packet encoding, WebSocket ------------------------------------------------------------------------------------------


def test_text_packet_is_one_text_frame() -> None:
    assert message("hello").frames == (
        b"\x81"  # final, opcode text
        b"\x06"  # not masked, 6 bytes
        b"4hello"  # type message, its text
    )


def test_binary_message_is_one_binary_frame_as_it_is() -> None:
    assert message(b"\x01\x02").frames == (
        b"\x82"  # final, opcode binary
        b"\x02"  # not masked, 2 bytes
        b"\x01\x02"  # no type
    )


def test_each_part_of_a_message_is_a_frame_or_packet_of_its_own() -> None:
    packet = EncodedPacket(b"452-[]", (b"\x01", b""))
    assert packet.frames == b"\x81\x06452-[]" + b"\x82\x01\x01" + b"\x82\x00"
    assert packet.payload == b"452-[]\x1ebAQ==\x1eb"


def test_message_without_text_has_no_text_frame() -> None:
    packet = EncodedPacket(None, (b"\x01",))
    assert packet.frames == b"\x82\x01\x01"
    assert packet.payload == b"bAQ=="


def test_long_messages_have_long_lengths() -> None:
    assert message("x" * 125).frames[:4] == b"\x81\x7e\x00\x7e"  # 126 bytes with the type: a length of 16 bits
    assert message(b"x" * 65536).frames[:10] == b"\x82\x7f" + (65536).to_bytes(8, "big")


def test_size_counts_the_bytes_held() -> None:
    assert EncodedPacket(b"4hello").size == 6
    assert EncodedPacket(b"452-[]", (b"123", b"4")).size == 10
    assert EncodedPacket(None, (b"123",)).size == 3


def test_only_what_is_large_enough_is_compressed() -> None:
    small = EncodedPacket(b"451-[]", (b"x",))
    assert small.deflated(1024) == small.frames
    large = EncodedPacket(b"451-[]", (b"x" * 1023, b"y" * 1024))
    deflated = large.deflated(1024)
    assert deflated.startswith(b"\x81\x06451-[]" + b"\x82\x7e\x03\xff" + b"x" * 1023 + b"\xc2")
    assert len(deflated) < 1060
    assert EncodedPacket(b"4" * 1024).deflated(1024)[:1] == b"\xc1"
    assert EncodedPacket(None, (b"y" * 1024,)).deflated(1024)[:1] == b"\xc2"


def test_each_form_is_made_once_for_all_receivers() -> None:
    packet = EncodedPacket(b"451-[]", (b"x",))
    large = EncodedPacket(b"4" * 2000)
    assert packet.deflated(1024) is packet.deflated(1024)
    assert large.deflated(1024) is large.deflated(1024) is not large.frames
    assert packet.frames is packet.frames
    assert packet.payload is packet.payload


# JSONP ---------------------------------------------------------------------------------------------------------------


def test_jsonp_answer_calls_back_with_the_payload_as_a_string() -> None:
    assert engineio.jsonp_answer("3", b'4{"a":"b\\n"}\x1e2') == (
        b"___eio[3]("  # the callback of this poll
        rb'"4{\"a\":\"b\\n\"}\u001e2"'
        b");"
    )


def test_jsonp_answer_has_no_line_ends_of_scripts() -> None:
    answer = engineio.jsonp_answer("0", "4\u2028\u2029é".encode())
    assert answer == b'___eio[0]("4\\u2028\\u2029\xc3\xa9");'


@pytest.mark.parametrize("index", ["", "x", "1]", "-1", "1.0", "٣", "0](alert(1));//"])
def test_jsonp_index_must_be_a_number(index: str) -> None:
    with pytest.raises(ProtocolError, match="JSONP"):
        engineio.jsonp_answer(index, b"6")


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"d=4hello", b"4hello"),
        (b"t=1&d=4a%20b+c&x=", b"4a b c"),
        (b"d=4%E2%82%AC", "4€".encode()),
        (b"d=4a%1E2", b"4a\x1e2"),
        (b"d=4a%5Cnb", b"4a\nb"),  # backslash n stands for a line break
        (b"d=4%22a%5C%5Cnb%22", b'4"a\\nb"'),  # one more backslash: it was backslash n all along, as in JSON
        (b"d=4a%26b%3Dc", b"4a&b=c"),
        (b"d=", b""),
    ],
)
def test_jsonp_body(body: bytes, payload: bytes) -> None:
    assert engineio.jsonp_body(body) == payload


@pytest.mark.parametrize("body", [b"", b"4hello", b"e=4hello", b"xd=1", b"%64=1"])
def test_jsonp_body_without_its_field_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="field d"):
        engineio.jsonp_body(body)
