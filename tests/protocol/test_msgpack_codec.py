"""Packets as the npm package socket.io-msgpack-parser writes and checks them, on raw bytes."""

from __future__ import annotations

import collections
import datetime
import enum
import math
import uuid
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.msgpack_codec import MsgpackCodec
from flask_socketio.protocol.socketio import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    MAX_ID,
    MISSING,
    RESERVED_EVENTS,
    Packet,
)

codec = MsgpackCodec()

# In the order in which that parser writes the fields. 8N is a map of N fields, aN a string of N bytes, 9N a list of N.
TYPE, DATA, NSP, ID = b"\xa4type", b"\xa4data", b"\xa3nsp", b"\xa2id"

EXAMPLES: list[tuple[Packet, bytes]] = [
    (Packet(CONNECT), b"\x82" + TYPE + b"\x00" + NSP + b"\xa1/"),
    (Packet(CONNECT, "/a", {"sid": "x"}), b"\x83" + TYPE + b"\x00" + DATA + b"\x81\xa3sid\xa1x" + NSP + b"\xa2/a"),
    (Packet(DISCONNECT, "/a"), b"\x82" + TYPE + b"\x01" + NSP + b"\xa2/a"),
    (Packet(EVENT, "/", ["e"]), b"\x83" + TYPE + b"\x02" + DATA + b"\x91\xa1e" + NSP + b"\xa1/"),
    (
        Packet(EVENT, "/", ["e", 1], 0),
        b"\x84" + TYPE + b"\x02" + DATA + b"\x92\xa1e\x01" + NSP + b"\xa1/" + ID + b"\x00",
    ),
    # Binary (c4, length) in its place, in an ordinary EVENT and ACK
    (Packet(EVENT, "/", ["e", b"\xff"]), b"\x83" + TYPE + b"\x02" + DATA + b"\x92\xa1e\xc4\x01\xff" + NSP + b"\xa1/"),
    (Packet(ACK, "/", [b""], 12), b"\x84" + TYPE + b"\x03" + DATA + b"\x91\xc4\x00" + NSP + b"\xa1/" + ID + b"\x0c"),
    (
        Packet(CONNECT_ERROR, "/", {"message": ""}),
        b"\x83" + TYPE + b"\x04" + DATA + b"\x81\xa7message\xa0" + NSP + b"\xa1/",
    ),
]


def decode(data: bytes) -> Packet | None:
    return codec.decoder().binary(data)


def packed(**fields: Any) -> bytes:
    """A packet with any fields, as a client may send it."""
    return msgspec.msgpack.encode(fields)


def encode(packet: Packet) -> bytes:
    data = MISSING if packet.data is None else packet.data
    encoded = codec.encode(packet.type, packet.namespace, data, packet.id)
    assert encoded.text is None
    (message,) = encoded.attachments
    return message


@pytest.mark.parametrize(("packet", "message"), EXAMPLES)
def test_example_is_read(packet: Packet, message: bytes) -> None:
    assert decode(message) == packet


@pytest.mark.parametrize(("packet", "message"), EXAMPLES)
def test_example_is_written_with_the_same_fields(packet: Packet, message: bytes) -> None:
    # Compared as values: the order of fields in a map means nothing. Absent fields must be absent, not null.
    assert msgspec.msgpack.decode(encode(packet)) == msgspec.msgpack.decode(message)


def test_one_body_serves_many_packets() -> None:
    body = codec.encode_body(["chat", b"x"])
    for id in (1, 2):
        (message,) = codec.assemble(EVENT, "/x", body, id).attachments
        assert decode(message) == Packet(EVENT, "/x", ["chat", b"x"], id)


def test_no_more_is_sent_than_one_binary_message() -> None:
    encoded = codec.encode(EVENT, "/", ["e", *[b"x"] * 11])
    assert encoded.text is None and len(encoded.attachments) == 1


def test_namespace_may_have_a_comma() -> None:
    assert decode(encode(Packet(EVENT, "/a,b", ["e"]))) == Packet(EVENT, "/a,b", ["e"])


@pytest.mark.parametrize(
    "fields", [{"data": None}, {"id": None}, {"data": None, "id": None}, {"options": {"compress": True}}]
)
def test_fields_that_say_nothing_are_ignored(fields: dict[str, Any]) -> None:
    assert decode(packed(type=0, nsp="/", **fields)) == Packet(CONNECT)
    assert decode(packed(type=1, nsp="/", **fields)) == Packet(DISCONNECT)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
names = st.text().filter(lambda name: name not in RESERVED_EVENTS)


@given(names, st.lists(values, max_size=4), st.text(), st.none() | st.integers(0, MAX_ID))
def test_events_come_back_as_they_went(name: str, args: list[Any], namespace: str, id: int | None) -> None:
    packet = Packet(EVENT, "/" + namespace, [name, *args], id)
    assert repr(decode(encode(packet))) == repr(packet)


@given(st.lists(values, max_size=4), st.integers(0, MAX_ID))
def test_acknowledgements_come_back_as_they_went(args: list[Any], id: int) -> None:
    packet = Packet(ACK, "/", args, id)
    assert repr(decode(encode(packet))) == repr(packet)


# Values beside those of JSON -----------------------------------------------------------------------------------------


class Point(NamedTuple):
    x: int
    y: int


class Celsius(float):
    pass


class Level(enum.IntEnum):
    HIGH = 3


NOON = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        # As with the default serializer
        (Markup("<b>"), "<b>"),
        (Celsius(1.5), 1.5),
        (Level.HIGH, 3),
        (Point(1, 2), [1, 2]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (bytearray(b"x"), b"x"),
        (memoryview(b"x"), b"x"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (MultiDict([("a", "1"), ("a", "2")]), {"a": "1"}),
        # msgpack has more kinds of values than JSON, and JavaScript reads them
        (math.inf, math.inf),
        (NOON, NOON),
        (NOON.astimezone(datetime.timezone(datetime.timedelta(hours=2))), NOON),
        ({1: "a", None: "b"}, {1: "a", None: "b"}),  # keys that JavaScript makes strings of
    ],
)
def test_values_are_received_as(sent: object, received: object) -> None:
    packet = decode(encode(Packet(EVENT, "/", ["e", sent])))
    assert packet is not None and repr(packet.data[1]) == repr(received)


# The extensions of notepack.io 2 inside that parser: d4 has 1 byte, d7 has 8, c7 says how many; then their type, 0.
@pytest.mark.parametrize(
    ("extension", "value"),
    [
        (b"\xd4\x00" + b"\x00", None),  # undefined
        (b"\xd7\x00" + bytes(8), datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)),  # Date, milliseconds
        (b"\xd7\x00" + (1577880000001).to_bytes(8, "big"), NOON.replace(microsecond=1000)),
        (b"\xd7\x00" + (-1).to_bytes(8, "big", signed=True), NOON.replace(1969, 12, 31, 23, 59, 59, 999_000)),
        (b"\xd7\x00\x00\x1e" + bytes(6), b"\x00\x1e" + bytes(6)),  # Date of a year that Python does not have
        (b"\xc7\x03\x00abc", b"abc"),  # ArrayBuffer
        (b"\xc7\x00\x00", b""),
    ],
)
def test_what_javascript_has_extensions_for(extension: bytes, value: object) -> None:
    packet = decode(b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/" + DATA + b"\x92\xa1e" + extension)
    assert packet == Packet(EVENT, "/", ["e", value])


def test_a_datetime_is_written_as_that_parser_writes_a_date() -> None:
    assert codec.encode_body([NOON]).data == b"\x91" + b"\xd7\x00" + (1577880000000).to_bytes(8, "big")


def test_undefined_is_no_payload() -> None:
    # The official client writes {type, data: undefined, nsp} when it connects without auth.
    assert decode(b"\x83" + TYPE + b"\x00" + DATA + b"\xd4\x00\x00" + NSP + b"\xa1/") == Packet(CONNECT)


def test_unknown_extensions_are_passed_through() -> None:
    extension = msgspec.msgpack.Ext(5, b"x")
    packet = decode(encode(Packet(EVENT, "/", ["e", extension])))
    assert packet is not None and packet.data == ["e", extension]


# What the caller is told ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_ints_beyond_64_bits_cannot_be_sent(number: int) -> None:
    with pytest.raises(ValueError, match="more than 64 bits cannot be sent with the msgpack serializer"):
        codec.encode(EVENT, "/", ["e", number])


@pytest.mark.parametrize("value", [range(3), {1}, NOON.replace(tzinfo=None), NOON.date(), object()])
def test_what_is_no_value_is_refused_with_its_type_and_place(value: object) -> None:
    with pytest.raises(TypeError, match=rf"type {type(value).__name__} cannot be sent \(found at \[1\]\['a'\]\)"):
        codec.encode(EVENT, "/", ["e", {"a": value}])


def test_half_an_emoji_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        codec.encode(EVENT, "/", ["e", "\ud83d"])


def test_what_never_ends_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        codec.encode(EVENT, "/", ["e", endless])


# What is no packet ---------------------------------------------------------------------------------------------------

NO_EVENTS: list[Any] = [None, [], {}, "e", [1], [b"e"]]
NO_AUTH: list[Any] = [[], "token", 1]


@pytest.mark.parametrize(
    "message",
    [
        *(b"", b"\xc1", b"\x00", b"\x90", b"\x80", b"hello", encode(Packet(EVENT, "/", ["e"])) + b"\x00"),
        # type: an int from 0 to 4, since binary needs no types of its own
        *(packed(nsp="/"), *(packed(type=kind, nsp="/", data=["e"]) for kind in (5, 6, 7, -1, 2.5, "2", True, None))),
        # nsp: a string that starts with a slash
        *(packed(type=2, data=["e"]), *(packed(type=2, nsp=nsp, data=["e"]) for nsp in ("", "admin", 1, None, b"/"))),
        # data: what the type demands
        *(packed(type=2, nsp="/"), *(packed(type=2, nsp="/", data=data) for data in NO_EVENTS)),
        packed(type=2, nsp="/", data=["connect"]),
        *(packed(type=3, nsp="/", data=[]), packed(type=3, nsp="/", id=1), packed(type=3, nsp="/", data=None, id=1)),
        *(packed(type=0, nsp="/", data=data) for data in NO_AUTH),
        packed(type=1, nsp="/", data={}),
        *(packed(type=4, nsp="/"), packed(type=4, nsp="/", data=None), packed(type=4, nsp="/", data=[])),
        # id: an int that JavaScript can count to
        *(packed(type=2, nsp="/", data=["e"], id=id) for id in (-1, MAX_ID + 1, 2**64 - 1, 1.5, "1", True)),
        # Depth, and sizes that are not there
        b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/" + DATA + b"\x91" * 100_000,
        *(
            b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/" + DATA + size + b"\xff" * 4
            for size in (b"\xdd", b"\xdf", b"\xdb", b"\xc6")
        ),
        # A list as a key, text that is no UTF-8, a time that is none
        *(
            b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/" + DATA + b"\x92\xa1e" + bad
            for bad in (b"\x81\x80\xc0", b"\xa1\xff")
        ),
        b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/" + DATA + b"\x92\xa1e\xc7\x0c\xff" + b"\xff" * 12,
    ],
    ids=lambda message: message[:40].hex(),
)
def test_what_is_no_packet_is_refused_in_one_short_sentence(message: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(message)
    assert str(caught.value).startswith("got ") and "expected" in str(caught.value)
    assert len(str(caught.value)) < 400


@given(
    st.binary(max_size=20) | st.builds(bytes.__add__, st.just(b"\x83" + TYPE + b"\x02" + NSP + b"\xa1/"), st.binary())
)
def test_anything_gives_a_packet_or_a_protocol_error(message: bytes) -> None:
    try:
        packet = decode(message)
    except ProtocolError:
        return
    assert packet is not None


def test_text_is_refused_with_the_way_out() -> None:
    with pytest.raises(ProtocolError, match=r"serializer='msgpack'.*socket\.io-msgpack-parser"):
        codec.decoder().text('42["e"]')


@pytest.mark.parametrize("args", [[], [b"x", {"a": [1.5]}], [1] * 14, [1] * 15])
def test_stamp_adds_the_offset_as_the_last_argument(args: list[Any]) -> None:
    codec = MsgpackCodec()
    stamped = codec.stamp(codec.encode(EVENT, "/n", ["e", *args]), "ab-12")
    assert stamped.text is None
    assert codec.decoder().binary(stamped.attachments[0]) == Packet(EVENT, "/n", ["e", *args, "ab-12"])
