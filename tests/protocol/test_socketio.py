"""What a packet may be, whatever codec it came through. The wire is tested with each codec."""

from __future__ import annotations

from typing import Any

import pytest

from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.json_codec import JsonCodec
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
    Codec,
    Packet,
    PacketType,
    checked,
)


def test_types_have_the_numbers_of_the_protocol() -> None:
    names = ["CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"]
    assert [(kind.name, kind.value) for kind in PacketType] == [(name, number) for number, name in enumerate(names)]


@pytest.mark.parametrize(
    ("kind", "data", "id"),
    [
        (CONNECT, MISSING, None),
        (CONNECT, {}, None),
        (CONNECT, {"token": "123"}, None),
        (DISCONNECT, MISSING, None),
        (EVENT, ["foo"], None),
        (EVENT, ["foo", 1, [2]], 0),
        (EVENT, [""], None),  # a string too
        (EVENT, ["error"], None),  # reserved in versions long past
        (EVENT, ["foo"], MAX_ID),
        (ACK, [], 12),
        (ACK, ["connect"], 12),  # not the name of an event here
        (CONNECT_ERROR, {"message": "Not authorized"}, None),
        (CONNECT_ERROR, "Unable to connect", None),
    ],
)
def test_what_belongs_together_becomes_a_packet(kind: PacketType, data: Any, id: int | None) -> None:
    assert checked(kind, "/x", data, id) == Packet(kind, "/x", None if data is MISSING else data, id)


@pytest.mark.parametrize(
    ("kind", "data", "id", "complaint"),
    [
        # An event needs a payload, a list with something in it
        (EVENT, MISSING, None, "an event with no payload"),
        (EVENT, [], None, "an event with the payload list"),
        (EVENT, {}, None, "an event with the payload dict"),
        (EVENT, "foo", None, "an event with the payload 'foo'"),
        (EVENT, None, None, "an event with the payload None"),
        # that starts with the name of the event
        (EVENT, [1], None, "an event named int"),
        (EVENT, [None], None, "an event named None"),
        (EVENT, [True], None, "an event named True"),
        (EVENT, [["foo"]], None, "an event named list"),
        (EVENT, [{"toString": "foo"}], None, "an event named dict"),
        *((EVENT, [name], None, f"an event named '{name}'") for name in sorted(RESERVED_EVENTS)),
        # An acknowledgement needs a payload, a list that may be empty, and the id of what it answers
        (ACK, MISSING, 1, "an ACK with id 1 and no payload"),
        (ACK, {}, 1, "an ACK with id 1 and the payload dict"),
        (ACK, [], None, "an ACK with id None"),
        (CONNECT, [], None, "CONNECT with the payload list, expected an object or no payload"),
        (CONNECT, None, None, "CONNECT with the payload None"),
        (CONNECT, "token", None, "CONNECT with the payload 'token'"),
        (CONNECT, {}, 1, "CONNECT with id 1"),
        (DISCONNECT, {}, None, "DISCONNECT with the payload dict, expected no payload"),
        (DISCONNECT, MISSING, 1, "DISCONNECT with id 1"),
        (CONNECT_ERROR, MISSING, None, "CONNECT_ERROR with no payload, expected an object or a string"),
        (CONNECT_ERROR, [], None, "CONNECT_ERROR with the payload list"),
        (EVENT, ["foo"], -1, "acknowledgement id -1"),
        (EVENT, ["foo"], MAX_ID + 1, "acknowledgement id 9007199254740992"),
        (ACK, [], MAX_ID + 1, "acknowledgement id"),
    ],
)
def test_what_does_not_is_a_protocol_error(kind: PacketType, data: Any, id: int | None, complaint: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        checked(kind, "/", data, id)
    assert complaint in str(caught.value)


def test_an_error_about_something_long_is_short() -> None:
    with pytest.raises(ProtocolError) as caught:
        checked(EVENT, "/", "x" * 1_000_000, None)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("codec", [JsonCodec(), MsgpackCodec()])
def test_a_client_may_miss_events_and_nothing_else(codec: Codec) -> None:
    event = codec.encode(EVENT, "/", ["news"])
    with_id = codec.encode(EVENT, "/room", ["news", b"binary"], 1)
    assert not any(packet.vital for packet in (event, with_id, codec.stamp(event, "offset-1")))
    others = [(CONNECT, {"sid": "s"}), (DISCONNECT, MISSING), (ACK, []), (CONNECT_ERROR, {"message": "no"})]
    assert all(codec.encode(kind, "/", data, 1 if kind is ACK else None).vital for kind, data in others)
