"""Socket.IO v5: what a packet is, whatever codec writes it.

Life of a packet going out: `Codec.encode_body` turns the payload into bytes, `Codec.assemble` puts type, namespace
and acknowledgement id before it; the result is an Engine.IO message for any number of receivers.

Life of a packet coming in: the `Decoder` of its connection is handed each Engine.IO message and gives back a `Packet`,
or None while binary attachments are still on their way. `checked` is the gate that both codecs send packets through:
whatever comes out of a decoder has the shape that the protocol demands, and nobody above needs to look again.
"""

from __future__ import annotations

import enum
from abc import abstractmethod
from typing import Any, Final, Protocol

import msgspec

from .engineio import EncodedPacket
from .errors import ProtocolError, excerpt


class PacketType(enum.IntEnum):
    """The types, with their numbers on the wire."""

    #: Client: wants to join a namespace, with data for the server. Server: has joined it, with its sid.
    CONNECT = 0
    #: Either side leaves a namespace.
    DISCONNECT = 1
    #: `[event, *arguments]`, with an id if the sender wants an answer.
    EVENT = 2
    #: `[*arguments]` that answer the event with this id.
    ACK = 3
    #: Server: refuses to let the client join, with the reason.
    CONNECT_ERROR = 4
    #: EVENT and ACK with attachments. Only on the wire of the JSON codec; a decoded Packet is EVENT or ACK.
    BINARY_EVENT = 5
    BINARY_ACK = 6


# Out of the enum once: looking a member up in its class costs as much as creating a packet.
CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = PacketType

#: No payload at all, which is something other than a payload of None.
MISSING: Final[Any] = msgspec.UNSET

#: What clients of the JavaScript family emit to themselves. Neither side may send an event of such a name.
RESERVED_EVENTS: Final = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)

#: Above this a JavaScript client can no longer tell one id from the next.
MAX_ID: Final = 2**53 - 1


class Packet(msgspec.Struct, frozen=True, gc=False):
    """A decoded packet, of type CONNECT, DISCONNECT, EVENT, ACK or CONNECT_ERROR.

    `data` is for EVENT a list that starts with the event's name, for ACK a list, for CONNECT a dict or None, for
    CONNECT_ERROR a dict or a string, for DISCONNECT None. `id` is an int on every ACK and on events that want one.
    No cycle can lead back to a packet, so the garbage collector need not know it.
    """

    type: PacketType
    namespace: str = "/"
    data: Any = None
    id: int | None = None


class Body(msgspec.Struct, frozen=True, gc=False):
    """The payload of a packet in the bytes of one codec, to be shared by packets that differ in their head only."""

    data: bytes
    attachments: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """Bytes held: data and attachments."""
        return len(self.data) + sum(map(len, self.attachments))


class Decoder(Protocol):
    """Turns the Engine.IO messages of one connection into packets. Holds at most one unfinished packet."""

    __slots__ = ()

    @abstractmethod
    def text(self, packet: str) -> Packet | None:
        """Take a text message, with its leading 4; None means that attachments follow. May raise ProtocolError."""

    @abstractmethod
    def binary(self, data: bytes) -> Packet | None:
        """Take a binary message; None means that more attachments follow. May raise ProtocolError."""


class Codec(Protocol):
    """One way to write packets. Has no state of its own: all connections and threads share one."""

    @abstractmethod
    def encode_body(self, data: Any) -> Body:
        """The payload of a packet as bytes: `[event, *args]`, `[*args]`, a dict, or MISSING.

        Raises TypeError or ValueError for what cannot be sent; these are meant for the caller of `emit()`.
        """

    @abstractmethod
    def assemble(self, type: PacketType, namespace: str, body: Body, id: int | None = None) -> EncodedPacket:
        """A packet around `body`. `type` is never BINARY_*: the codec knows how to send what `body` holds."""

    @abstractmethod
    def stamp(self, event: EncodedPacket, offset: str) -> EncodedPacket:
        """An event without an id, with one more argument, the last: `offset`, of letters, digits and `-`."""

    @abstractmethod
    def decoder(self) -> Decoder:
        """A decoder for a new connection."""

    def encode(self, type: PacketType, namespace: str, data: Any = MISSING, id: int | None = None) -> EncodedPacket:
        """A packet around `data`, at once. Raises as `encode_body` and `assemble` do."""
        return self.assemble(type, namespace, self.encode_body(data), id)


def event_payload(event: str, args: tuple[Any, ...]) -> list[Any]:
    """The payload of an event to clients. Raises TypeError or ValueError for a name that would break connections."""
    if not isinstance(event, str):
        raise TypeError(f"{event!r} cannot be emitted: the name of an event is a string")
    if event in RESERVED_EVENTS:
        raise ValueError(f"{event!r} cannot be emitted: clients keep this name for themselves; choose another one")
    return [event, *args]


def check_event(data: Any) -> None:
    """Raise ProtocolError unless `data` may be the payload of an EVENT."""
    if not isinstance(data, list) or not data:
        raise ProtocolError(f"got an event with {_shown(data)}, expected a list that starts with the name of the event")
    name = data[0]
    if not isinstance(name, str):
        raise ProtocolError(f"got an event named {excerpt(name)}, expected a string")
    if name in RESERVED_EVENTS:
        raise ProtocolError(f"got an event named {name!r}, expected none of the names that clients keep for themselves")


def checked(kind: PacketType, namespace: str, data: Any, id: int | None) -> Packet:
    """The packet of these parts, `data` MISSING where it has no payload; ProtocolError if they do not go together."""
    if id is not None and not 0 <= id <= MAX_ID:
        raise ProtocolError(f"got the acknowledgement id {id}, expected one from 0 to {MAX_ID}")
    if kind is EVENT:
        check_event(data)
        return Packet(kind, namespace, data, id)
    if kind is ACK:
        if not isinstance(data, list) or id is None:
            raise ProtocolError(f"got an ACK with id {id} and {_shown(data)}, expected an id and a list")
        return Packet(kind, namespace, data, id)
    if id is not None:
        raise ProtocolError(f"got a {kind.name} with id {id}, expected ids on EVENT and ACK only")
    expected = _PAYLOADS[kind]
    if not isinstance(data, expected):
        names = " or ".join(_NAMES[one] for one in expected)
        raise ProtocolError(f"got a {kind.name} with {_shown(data)}, expected {names}")
    return Packet(kind, namespace, None if data is MISSING else data)


_PAYLOADS: dict[PacketType, tuple[type, ...]] = {
    CONNECT: (dict, msgspec.UnsetType),
    DISCONNECT: (msgspec.UnsetType,),
    CONNECT_ERROR: (dict, str),  # a string from servers of other languages
}
_NAMES: dict[type, str] = {dict: "an object", str: "a string", msgspec.UnsetType: "no payload"}


def _shown(data: Any) -> str:
    return "no payload" if data is MISSING else f"the payload {excerpt(data)}"
