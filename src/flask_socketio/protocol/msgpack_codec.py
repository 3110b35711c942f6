"""The msgpack codec: every packet is one binary message, on the wire of the npm package socket.io-msgpack-parser.

    {"type": 2, "data": ["chat", "hi"], "nsp": "/", "id": 12}

Binary is a value like any other, so there are no attachments, no placeholders and no unfinished packets. What is absent
has no key, since that parser takes null for a bad payload; coming in, null counts as absent too, since clients in
Python send it.

That parser stands on notepack.io 2, which knows nothing of msgpack's timestamps and has extensions of its own, all of
type 0 and told apart by their header: `undefined` (1 byte), Date (8 bytes, milliseconds since 1970) and ArrayBuffer (a
header that states the length). Ours does not tell which header it was, only how long the value is. So an ArrayBuffer of
8 bytes is taken for a Date, and one zero byte for undefined. Only clients in Node send ArrayBuffers in that way, and
only if they are not Buffers; browsers send them as binary.
"""

from __future__ import annotations

import datetime
from types import NoneType
from typing import Annotated, Any

import msgspec

from .engineio import EncodedPacket
from .errors import ProtocolError, excerpt
from .socketio import CONNECT, DISCONNECT, EVENT, MISSING, Body, Codec, Decoder, Packet, PacketType, checked
from .values import BINARY, TOO_DEEP, plain, simpler

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_LEAVES: frozenset[type] = frozenset((str, int, float, bool, NoneType, bytes, msgspec.msgpack.Ext))


class _Wire(msgspec.Struct):
    """A packet as it is written; fields that are UNSET are not. Fields we do not know are ignored."""

    type: Annotated[int, msgspec.Meta(ge=0, le=4)]
    nsp: Annotated[str, msgspec.Meta(pattern="^/")]
    data: Any = msgspec.UNSET
    id: int | msgspec.UnsetType | None = msgspec.UNSET


class _Event(msgspec.Struct):
    """An event as it is written, its arguments left as they are."""

    type: int
    nsp: str
    data: list[msgspec.Raw]


def _simpler(value: object) -> Any:
    """`values.simpler` for a format that has binary and points in time."""
    if isinstance(value, BINARY):
        return bytes(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        milliseconds = (value - _EPOCH) // _MILLISECOND
        return msgspec.msgpack.Ext(0, milliseconds.to_bytes(8, "big", signed=True))
    return simpler(value)


def _extension(code: int, data: memoryview) -> Any:
    """What an extension stands for: None, a datetime, bytes; one that nobody sends stays what it is."""
    value = bytes(data)
    if code != 0:
        return msgspec.msgpack.Ext(code, value)
    if value == b"\x00":
        return None
    if len(value) != 8:
        return value
    try:
        return _EPOCH + int.from_bytes(value, "big", signed=True) * _MILLISECOND
    except OverflowError:  # no year that Python can count
        return value


_write = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(_Wire, ext_hook=_extension).decode
_read_event = msgspec.msgpack.Decoder(_Event).decode
_TYPES = tuple(PacketType)
_NO_BODY = Body(b"")


class MsgpackCodec(Codec):
    """Packets as msgpack, for clients that were given the same parser.

    Takes what the default codec takes, and also aware datetimes (a Date in JavaScript) and floats that are no number;
    but no ints beyond 64 bits and no lone surrogates.
    """

    def encode_body(self, data: Any) -> Body:
        """`data` as msgpack; TypeError or ValueError as `Codec` says."""
        if data is MISSING:
            return _NO_BODY
        try:
            # The library knows more types than we send, and writes them in ways that clients do not understand (a
            # timestamp) or that the default codec does not have (a set), so it is given exact types only.
            return Body(_write(plain(data, _LEAVES, _simpler)))
        except OverflowError:
            raise ValueError("an int of more than 64 bits cannot be sent with the msgpack serializer") from None
        except RecursionError:
            raise ValueError(TOO_DEEP) from None

    def assemble(self, type: PacketType, namespace: str, body: Body, id: int | None = None) -> EncodedPacket:
        """One binary message; never raises for a body of `encode_body`."""
        data = msgspec.Raw(body.data) if body.data else MISSING
        packet = _Wire(type, namespace, data, MISSING if id is None else id)
        return EncodedPacket(None, (_write(packet),), vital=type is not EVENT)

    def stamp(self, event: EncodedPacket, offset: str) -> EncodedPacket:
        """See `Codec`."""
        wire = _read_event(event.attachments[0])
        wire.data.append(msgspec.Raw(_write(offset)))
        return EncodedPacket(None, (_write(wire),))

    def decoder(self) -> MsgpackDecoder:
        """A decoder; it keeps nothing between packets."""
        return MsgpackDecoder()


class MsgpackDecoder(Decoder):
    """The packets of one connection; see `socketio.Decoder`."""

    __slots__ = ()

    def text(self, packet: str) -> Packet | None:
        """Raise ProtocolError: no packet of this codec is text."""
        raise ProtocolError(
            f"got the text {excerpt(packet)}, expected msgpack: this server runs with serializer='msgpack', and its "
            "clients need the parser option set to socket.io-msgpack-parser"
        )

    def binary(self, data: bytes) -> Packet | None:
        """Decode a whole packet, never None; ProtocolError if it is none."""
        try:
            wire = _read(data)
        except Exception as error:  # of types that differ with the version; whatever it is, the packet is bad
            raise ProtocolError(f"got the binary packet {excerpt(data)}, expected msgpack: {error}") from error
        kind = _TYPES[wire.type]
        absent = wire.data is None and kind in (CONNECT, DISCONNECT)
        return checked(kind, wire.nsp, MISSING if absent else wire.data, wire.id if isinstance(wire.id, int) else None)
