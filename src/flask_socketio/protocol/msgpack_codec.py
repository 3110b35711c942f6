"""The msgpack codec: every packet is one binary message, on the wire of the npm package socket.io-msgpack-parser.

    {"type": 2, "data": ["chat", "hi"], "nsp": "/", "id": 12}

Binary is a value like any other, so there are no attachments, no placeholders and no unfinished packets. `data` and
`id` are left out where there is none: that parser takes null for a bad payload. Clients in Python send null there, so
coming in it counts as left out.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from .engineio import EncodedPacket
from .errors import ProtocolError, excerpt
from .json_values import TOO_DEEP, simpler
from .socketio import CONNECT, DISCONNECT, MISSING, Body, Codec, Decoder, Packet, PacketType, checked


class _Wire(msgspec.Struct):
    """A packet as it is written; fields that are UNSET are not. Fields we do not know are ignored."""

    type: Annotated[int, msgspec.Meta(ge=0, le=4)]
    nsp: Annotated[str, msgspec.Meta(pattern="^/")]
    data: Any = msgspec.UNSET
    id: int | msgspec.UnsetType | None = msgspec.UNSET


_write = msgspec.msgpack.Encoder(enc_hook=simpler).encode
_read = msgspec.msgpack.Decoder(_Wire).decode
_TYPES = tuple(PacketType)
_NO_BODY = Body(b"")


class MsgpackCodec(Codec):
    """Packets as msgpack, for clients that were given the same parser."""

    def encode_body(self, data: Any) -> Body:
        """`data` as msgpack; TypeError or ValueError as `Codec` says."""
        if data is MISSING:
            return _NO_BODY
        try:
            return Body(_write(data))
        except OverflowError:
            raise ValueError("an int of more than 64 bits cannot be sent with the msgpack serializer") from None
        except RecursionError:
            raise ValueError(TOO_DEEP) from None

    def assemble(self, type: PacketType, namespace: str, body: Body, id: int | None = None) -> EncodedPacket:
        """One binary message; never raises for a body of `encode_body`."""
        data = msgspec.Raw(body.data) if body.data else MISSING
        packet = _Wire(type, namespace, data, MISSING if id is None else id)
        return EncodedPacket(None, (_write(packet),))

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
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"got the binary packet {excerpt(data)}, expected msgpack: {error}") from error
        kind = _TYPES[wire.type]
        absent = wire.data is None and kind in (CONNECT, DISCONNECT)
        return checked(kind, wire.nsp, MISSING if absent else wire.data, wire.id if isinstance(wire.id, int) else None)
