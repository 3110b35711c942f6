"""Socket.IO v5 in its default encoding, on raw bytes. Headings are those of the protocol text."""

from __future__ import annotations

import decimal
import json
import math
from typing import Any

import flask.json
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.json_codec import JsonCodec, fill
from flask_socketio.protocol.socketio import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    MISSING,
    RESERVED_EVENTS,
    Packet,
    PacketType,
)

codec = JsonCodec()


def decode(text: bytes | str, *attachments: bytes, codec: JsonCodec = codec) -> Packet:
    """The packet of a text message and its attachments, none of which may be left over or missing."""
    decoder = codec.decoder()
    packet = decoder.text(text if isinstance(text, str) else text.decode())
    for attachment in attachments:
        assert packet is None
        packet = decoder.binary(attachment)
    assert packet is not None
    return packet


def decode_all(encoded: EncodedPacket, codec: JsonCodec = codec) -> Packet:
    assert encoded.text is not None
    return decode(encoded.text, *encoded.attachments, codec=codec)


# Packet encoding: examples -------------------------------------------------------------------------------------------
# The first 4 is Engine.IO's: a message. Then: type, attachments and a dash, namespace and a comma, id, JSON.

BYTES = (b"\x01\x02", b"\x03\x04")
HOLE = '{"_placeholder":true,"num":%d}'

EXAMPLES: list[tuple[Packet, str, tuple[bytes, ...]]] = [
    # Connection to a namespace: type 0
    (Packet(CONNECT), "40", ()),
    (Packet(CONNECT, "/", {"sid": "wZX3"}), '40{"sid":"wZX3"}', ()),
    (Packet(CONNECT, "/admin"), "40/admin,", ()),
    (Packet(CONNECT, "/admin", {"sid": "oSO0"}), '40/admin,{"sid":"oSO0"}', ()),
    # ... refused: type 4
    (Packet(CONNECT_ERROR, "/", {"message": "Not authorized"}), '44{"message":"Not authorized"}', ()),
    (Packet(CONNECT_ERROR, "/admin", {"message": "x"}), '44/admin,{"message":"x"}', ()),
    # Sending and receiving data: type 2
    (Packet(EVENT, "/", ["foo"]), '42["foo"]', ()),
    (Packet(EVENT, "/", ["foo", 1, {"a": []}]), '42["foo",1,{"a":[]}]', ()),
    (Packet(EVENT, "/admin", ["bar"]), '42/admin,["bar"]', ()),
    # ... with binary data: type 5
    (Packet(EVENT, "/", ["baz", BYTES[0]]), f'451-["baz",{HOLE % 0}]', BYTES[:1]),
    (Packet(EVENT, "/admin", ["baz", *BYTES]), f'452-/admin,["baz",{HOLE % 0},{HOLE % 1}]', BYTES),
    (Packet(EVENT, "/", ["a", {"b": [{"c": BYTES[0]}]}]), f'451-["a",{{"b":[{{"c":{HOLE % 0}}}]}}]', BYTES[:1]),
    (Packet(EVENT, "/", ["foo", b""], 14), f'451-14["foo",{HOLE % 0}]', (b"",)),
    # Acknowledgement: an id before the payload, type 3
    (Packet(EVENT, "/", ["foo"], 12), '4212["foo"]', ()),
    (Packet(EVENT, "/", ["foo"], 0), '420["foo"]', ()),
    (Packet(EVENT, "/admin", ["foo"], 13), '42/admin,13["foo"]', ()),
    (Packet(ACK, "/", [], 12), "4312[]", ()),
    (Packet(ACK, "/admin", ["bar"], 13), '43/admin,13["bar"]', ()),
    # ... with binary data: type 6
    (Packet(ACK, "/", ["bar", BYTES[0]], 15), f'461-15["bar",{HOLE % 0}]', BYTES[:1]),
    (Packet(ACK, "/admin", [BYTES[0]], 1), f"461-/admin,1[{HOLE % 0}]", BYTES[:1]),
    # Disconnection from a namespace: type 1
    (Packet(DISCONNECT), "41", ()),
    (Packet(DISCONNECT, "/admin"), "41/admin,", ()),
]


@pytest.mark.parametrize(("packet", "text", "attachments"), EXAMPLES)
def test_example_is_written(packet: Packet, text: str, attachments: tuple[bytes, ...]) -> None:
    data = MISSING if packet.data is None else packet.data
    encoded = codec.encode(packet.type, packet.namespace, data, packet.id)
    assert (encoded.text, encoded.attachments) == (text.encode(), attachments)


@pytest.mark.parametrize(("packet", "text", "attachments"), EXAMPLES)
def test_example_is_read(packet: Packet, text: str, attachments: tuple[bytes, ...]) -> None:
    assert decode(text, *attachments) == packet


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("40/admin", Packet(CONNECT, "/admin")),  # nothing follows, so some clients leave the comma out
        ("41/admin", Packet(DISCONNECT, "/admin")),
        ('42/a/b-c?d=1,["e"]', Packet(EVENT, "/a/b-c?d=1", ["e"])),  # only a comma ends a namespace
        ('42/é,["e"]', Packet(EVENT, "/é", ["e"])),
        ('42007["e"]', Packet(EVENT, "/", ["e"], 7)),
        ('42 [ "e" , 1 ]', Packet(EVENT, "/", ["e", 1])),
        ('42/,["e"]', Packet(EVENT, "/", ["e"])),
        ('429007199254740991["e"]', Packet(EVENT, "/", ["e"], 2**53 - 1)),
        ('42["\\ud83d",100000000000000000000]', Packet(EVENT, "/", ["\ud83d", 10**20])),
    ],
)
def test_unusual_packets_are_read(text: str, packet: Packet) -> None:
    assert decode(text) == packet


def test_one_body_serves_many_packets() -> None:
    body = codec.encode_body(["chat", b"x"])
    first, second = (codec.assemble(EVENT, "/x", body, id) for id in (1, 2))
    assert first.text == b'451-/x,1["chat",' + (HOLE % 0).encode() + b"]"
    assert second.text == b'451-/x,2["chat",' + (HOLE % 0).encode() + b"]"
    assert first.attachments is second.attachments is body.attachments


finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
names = st.text().filter(lambda name: name not in RESERVED_EVENTS)
namespaces = st.text(st.characters(codec="utf-8", exclude_characters=",")).map(lambda name: "/" + name)
ids = st.integers(0, 2**53 - 1)


@given(names, st.lists(values, max_size=4), namespaces, st.none() | ids)
def test_events_come_back_as_they_went(name: str, args: list[Any], namespace: str, id: int | None) -> None:
    codec = JsonCodec(max_attachments=100)
    packet = Packet(EVENT, namespace, [name, *args], id)
    assert repr(decode_all(codec.encode(EVENT, namespace, [name, *args], id), codec)) == repr(packet)


@given(st.lists(values, max_size=4), namespaces, ids)
def test_acknowledgements_come_back_as_they_went(args: list[Any], namespace: str, id: int) -> None:
    codec = JsonCodec(max_attachments=100)
    assert repr(decode_all(codec.encode(ACK, namespace, args, id), codec)) == repr(Packet(ACK, namespace, args, id))


# Writing: what the caller is told ------------------------------------------------------------------------------------


def test_more_attachments_than_clients_take_are_refused_with_the_ways_out() -> None:
    assert len(codec.encode(EVENT, "/", ["e", *[b"x"] * 10]).attachments) == 10
    with pytest.raises(ValueError, match=r"^11 binary values .* max_attachments .* serializer='msgpack'"):
        codec.encode(EVENT, "/", ["e", *[b"x"] * 11])
    assert len(JsonCodec(max_attachments=11).encode(EVENT, "/", ["e", *[b"x"] * 11]).attachments) == 11


@pytest.mark.parametrize("kind", [CONNECT, CONNECT_ERROR, DISCONNECT])
def test_binary_goes_into_events_and_acknowledgements_only(kind: PacketType) -> None:
    with pytest.raises(TypeError, match=f"binary cannot be sent in a {kind.name} packet"):
        codec.encode(kind, "/", {"token": b"x"})


def test_namespace_with_a_comma_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="comma"):
        codec.encode(CONNECT, "/a,b")


def test_what_is_no_json_is_refused_at_the_call() -> None:
    with pytest.raises(TypeError, match=r"set cannot be sent \(found at \[1\]\)"):
        codec.encode(EVENT, "/", ["e", {1}])


def test_not_a_number_is_null() -> None:
    assert codec.encode(EVENT, "/", ["e", math.nan]).text == b'42["e",null]'


# Reading: placeholders -----------------------------------------------------------------------------------------------


def test_placeholder_in_a_packet_without_attachments_is_the_users_own() -> None:
    assert decode(f'42["e",{HOLE % 0}]').data == ["e", {"_placeholder": True, "num": 0}]
    assert decode(f"431[{HOLE % 0}]").data == [{"_placeholder": True, "num": 0}]


@pytest.mark.parametrize(
    "item",
    [{"_placeholder": False, "num": 0}, {"_placeholder": 1, "num": 0}, {"_placeholder": "true", "num": 0}, {"num": 0}],
)
def test_what_only_looks_like_a_placeholder_is_left(item: dict[str, Any]) -> None:
    assert decode(f'451-["e",{json.dumps(item)},{HOLE % 0}]', b"x").data == ["e", item, b"x"]


def test_placeholders_may_repeat_or_be_missing_as_in_node() -> None:
    assert decode(f'452-["e",{HOLE % 1},{HOLE % 1}]', b"0", b"1").data == ["e", b"1", b"1"]
    assert decode('451-["e"]', b"0").data == ["e"]


@pytest.mark.parametrize("num", ["-1", '"x"', '"0"', "true", "false", "1e9", "1", "2", "0.0", "null", "[]", "9" * 400])
def test_number_of_a_placeholder_must_be_that_of_an_attachment(num: str) -> None:
    with pytest.raises(ProtocolError, match="placeholder with the number"):
        codec.decoder().text(f'451-["e",{{"_placeholder":true,"num":{num}}}]')


def test_placeholder_needs_a_number() -> None:
    with pytest.raises(ProtocolError, match="placeholder with the number None"):
        codec.decoder().text('451-["e",{"_placeholder":true}]')


def test_placeholders_are_found_at_any_depth() -> None:
    levels = 300
    packet = decode(f'451-["e",{"[" * levels}{HOLE % 0}{"]" * levels}]', b"x")
    item = packet.data[1]
    for _ in range(levels):
        item = item[0]
    assert item == b"x"


# Reading: attachments ------------------------------------------------------------------------------------------------


def test_decoder_goes_on_after_a_packet_with_attachments() -> None:
    decoder = codec.decoder()
    assert decoder.text(f'451-["a",{HOLE % 0}]') is None
    assert decoder.binary(b"x") == Packet(EVENT, "/", ["a", b"x"])
    assert decoder.text('42["b"]') == Packet(EVENT, "/", ["b"])
    assert decoder.text(f"462-7[{HOLE % 0},{HOLE % 1}]") is None
    assert decoder.binary(b"y") is None
    assert decoder.binary(b"z") == Packet(ACK, "/", [b"y", b"z"], 7)


@pytest.mark.parametrize("text", ['42["b"]', "40", "41", '451-["c"]', "4312[]"])
def test_text_before_the_last_attachment_is_refused(text: str) -> None:
    decoder = codec.decoder()
    decoder.text('452-["a"]')
    decoder.binary(b"x")
    with pytest.raises(ProtocolError, match="expected the binary attachments of the packet before it"):
        decoder.text(text)


def test_binary_without_its_packet_is_refused() -> None:
    decoder = codec.decoder()
    with pytest.raises(ProtocolError, match="got 3 bytes of binary, expected a packet that announces them"):
        decoder.binary(b"abc")
    decoder.text('42["a"]')
    with pytest.raises(ProtocolError, match="binary"):
        decoder.binary(b"abc")
    decoder.text('451-["a"]')
    decoder.binary(b"x")
    with pytest.raises(ProtocolError, match="binary"):
        decoder.binary(b"one too many")


def test_bad_packet_announces_nothing() -> None:
    decoder = codec.decoder()
    with pytest.raises(ProtocolError):
        decoder.text('451-["connect"]')
    with pytest.raises(ProtocolError, match="binary"):
        decoder.binary(b"x")


@pytest.mark.parametrize("count", ["0", "00", "11", "99", "9" * 10, "9" * 1_000_000], ids=lambda count: count[:11])
def test_number_of_attachments_is_limited(count: str) -> None:
    with pytest.raises(ProtocolError, match="attachments, expected 1 to 10"):
        codec.decoder().text(f'45{count}-["a"]')


def test_as_many_attachments_as_allowed_are_read() -> None:
    assert codec.decoder().text('4510-["a"]') is None
    assert JsonCodec(max_attachments=11).decoder().text('4511-["a"]') is None


# Reading: what is no packet ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("4", "47", "49[]", "4x", "4-1", '4["e"]', '4/admin,["e"]', "4٢[]"),  # no such type
        *("42", "42/admin,", "4212", "43", "4312"),  # no payload
        *("42[]", '42{"0":"e"}', '42"e"', "42null", "42[1]", "42[null]", '42[["e"]]'),  # not [name, ...]
        *('42["connect"]', '42/x,1["disconnect"]', '42["newListener"]'),  # reserved
        *('42["e"', '42["e"]]', "42[", "42[e]", "42['e']", '42["e",]', '42["\x00"]'),  # no JSON
        *('42admin,["e"]', '42,["e"]', '42-1["e"]', '421.5["e"]', '42+1["e"]', '421 2["e"]', '42٢["e"]'),  # no head
        *('429007199254740992["e"]', "42" + "1" * 17 + '["e"]', "42" + "1" * 1_000_000 + '["e"]'),  # no id
        *("43[]", "43/admin,[]", "431{}", '431"x"', "431null"),  # no acknowledgement
        *("40[]", "40null", '40"token"', "401", "40{", "40/admin,[]", "4012{}"),  # no connection
        *("41{}", "41[]", "4112", "41null"),  # no disconnection
        *("44", "44[]", "441"),  # no refusal
        *('45["e"]', '45-["e"]', '451["e"]', '45x-["e"]', '45-1-["e"]', '451.0-["e"]', '45 1-["e"]', "451-", "45"),
        *('451-{"_placeholder":true,"num":0}', '451-[{"_placeholder":true,"num":0}]', "461-[]", '46["e"]', "461-1{}"),
        *("42" + "[" * 100_000, '42["e",' + '{"a":' * 100_000, "451-" + "[" * 100_000, "40" + '{"a":' * 100_000),
        "42/" + "a" * 1_000_000,
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_what_is_no_packet_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        codec.decoder().text(text)
    assert str(caught.value).startswith("got ") and "expected" in str(caught.value)
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


@given(st.lists(st.text('0123456789-/,[]{}"_a', max_size=12).map("4".__add__) | st.binary(max_size=2), max_size=6))
def test_anything_gives_packets_or_a_protocol_error(messages: list[str | bytes]) -> None:
    decoder = codec.decoder()
    for message in messages:
        try:
            packet = decoder.binary(message) if isinstance(message, bytes) else decoder.text(message)
        except ProtocolError:
            continue
        if packet is not None and packet.type is EVENT:
            assert isinstance(packet.data[0], str)


# The json= option ----------------------------------------------------------------------------------------------------


def test_dumps_of_the_user_is_handed_data_without_binary() -> None:
    seen: list[Any] = []

    def dumps(value: Any) -> str:
        seen.append(value)
        return json.dumps(value)

    encoded = JsonCodec(dumps=dumps).encode(EVENT, "/", ["e", {"a": (b"x", 1)}, bytearray(b"y")])
    hole = [{"_placeholder": True, "num": number} for number in range(2)]
    assert seen == [["e", {"a": [hole[0], 1]}, hole[1]]]
    assert encoded.text is not None and encoded.text.startswith(b'452-["e", ')
    assert encoded.attachments == (b"x", b"y")


def test_dumps_of_the_user_sees_the_very_objects_where_no_binary_is_in_them() -> None:
    class Mine(dict[str, int]):
        pass

    mine = Mine(a=1)
    encoded = JsonCodec(dumps=lambda value: str(value[1] is mine)).encode(EVENT, "/", ["e", mine, b""])
    assert encoded.text == b"451-True"


def test_user_may_send_what_only_his_json_knows() -> None:
    app = flask.Flask(__name__)
    with app.app_context():
        encoded = JsonCodec(dumps=flask.json.dumps).encode(EVENT, "/", ["e", decimal.Decimal("1.50")])
    assert encoded.text == b'42["e", "1.50"]'


def test_what_never_ends_is_a_value_error_here_too() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        JsonCodec(dumps=json.dumps).encode(EVENT, "/", ["e", endless])


def test_loads_of_the_user_reads_every_payload() -> None:
    codec = JsonCodec(loads=lambda text: json.loads(text, parse_float=str))
    assert decode('42["e",1.50]', codec=codec).data == ["e", "1.50"]
    assert decode(f'451-/x,1["e",1.50,{HOLE % 0}]', b"x", codec=codec).data == ["e", "1.50", b"x"]


@pytest.mark.parametrize("result", [("e",), {"e": 1}, None, "e"])
def test_loads_of_the_user_must_give_a_list(result: object) -> None:
    with pytest.raises(ProtocolError, match="an event with the payload"):
        JsonCodec(loads=lambda text: result).decoder().text('42["e"]')


def test_whatever_loads_of_the_user_raises_the_packet_is_bad() -> None:
    def loads(text: str) -> Any:
        raise KeyError("surprise")

    with pytest.raises(ProtocolError, match="surprise"):
        JsonCodec(loads=loads).decoder().text('42["e"]')


def test_a_text_and_its_binary_may_be_read_apart_from_any_packet() -> None:
    codec = JsonCodec()
    body = codec.encode_body([{"b": b"\x00"}, b"\x01"])

    assert fill(codec.loads(body.data.decode()), body.attachments) == [{"b": b"\x00"}, b"\x01"]
    assert fill({"_placeholder": True, "num": 0}, [b"\x00"]) == b"\x00"
    with pytest.raises(ProtocolError, match="a placeholder with the number int of 1 attachments"):
        fill([{"_placeholder": True, "num": 1}], [b"\x00"])
    with pytest.raises(ProtocolError, match="expected JSON"):
        codec.loads("{")


def test_stamp_adds_the_offset_as_the_last_argument() -> None:
    codec = JsonCodec()
    plain = codec.stamp(codec.encode(PacketType.EVENT, "/n", ["e", {"a": "]"}]), "ab-12")
    assert plain.text == b'42/n,["e",{"a":"]"},"ab-12"]' and plain.size == len(plain.text)
    binary = codec.stamp(codec.encode(PacketType.EVENT, "/", ["e", b"x"]), "ab-12")
    assert binary.text == b'451-["e",{"_placeholder":true,"num":0},"ab-12"]' and binary.attachments == (b"x",)
    assert codec.stamp(codec.encode(PacketType.EVENT, "/", ["e"]), "ab-12").text == b'42["e","ab-12"]'
