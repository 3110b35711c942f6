"""The default codec: a head of a few characters, JSON behind it, binary beside it.

    <type>[<attachments>-][<namespace>,][<id>][<JSON>]

Binary in the data goes out as messages of its own behind the text, and leaves `{"_placeholder": true, "num": 0}` where
it was. The receiver is told how many to wait for, so a peer decides how much we hold for it: hence a limit on their
number (their size is limited where messages are read), and an end of the connection that sends anything else before
they are complete. Placeholders are looked for only where attachments were announced; in any other packet such an
object is the user's own and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from .engineio import EncodedPacket
from .errors import ProtocolError, excerpt
from .json_values import Attachments, loads_most
from .json_values import dumps as fast_dumps
from .json_values import loads as fast_loads
from .socketio import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    EVENT,
    MISSING,
    RESERVED_EVENTS,
    Body,
    Codec,
    Decoder,
    Packet,
    PacketType,
    check_event,
    checked,
)
from .values import BINARY, TOO_DEEP

#: As many as the official client takes (it closes the connection at one more).
MAX_ATTACHMENTS: Final = 10

_HEADS = [b"4%d" % kind for kind in PacketType]
_BINARY_TYPES = {EVENT: BINARY_EVENT, ACK: BINARY_ACK}
_TYPES = {str(kind.value): kind for kind in PacketType} | {"5": EVENT, "6": ACK}

# Each part is bounded by a character that cannot be in it, so matching takes linear time.
_HEAD = re.compile(r"4(?:([0-4])|([56])(\d+)-)(?:(/[^,]*),?)?(\d*)", re.ASCII)


class JsonCodec(Codec):
    """Packets as JSON with attachments, which every Socket.IO client speaks unless told otherwise.

    `max_attachments` bounds the binary parts of one packet in both directions. `dumps` and `loads` replace our JSON:
    `dumps` is handed data in which binary is already replaced, and what they raise is a bad payload in the caller
    (dumps) or a bad packet (loads).
    """

    def __init__(
        self,
        *,
        max_attachments: int = MAX_ATTACHMENTS,
        dumps: Callable[[Any], str | bytes] | None = None,
        loads: Callable[[str], Any] | None = None,
    ) -> None:
        self._max_attachments = max_attachments
        self._dumps = fast_dumps if dumps is None else _with_attachments(dumps)
        self._loads = fast_loads if loads is None else loads

    def encode_body(self, data: Any) -> Body:
        """`data` as JSON and its attachments; also ValueError for more than `max_attachments` of them."""
        return Body(*self._write(data))

    def encode(self, type: PacketType, namespace: str, data: Any = MISSING, id: int | None = None) -> EncodedPacket:
        """See `Codec.encode`; here without a `Body` in between, since this is what most emits are."""
        text, attachments = self._write(data)
        if type is EVENT and namespace == "/" and id is None and not attachments:
            return EncodedPacket(b"42" + text)
        return self._packet(type, namespace, text, attachments, id)

    def assemble(self, type: PacketType, namespace: str, body: Body, id: int | None = None) -> EncodedPacket:
        """A text message and the attachments; also ValueError for a namespace with a comma, which ends it here."""
        return self._packet(type, namespace, body.data, body.attachments, id)

    def loads(self, text: str) -> Any:
        """The value of a JSON text, with placeholders where `fill` puts binary; ProtocolError if it is no JSON."""
        return _parsed(self._loads, text)

    def decoder(self) -> JsonDecoder:
        """A decoder with the limits of this codec."""
        return JsonDecoder(self._loads, self._max_attachments)

    def _write(self, data: Any) -> tuple[bytes, tuple[bytes, ...]]:
        if data is MISSING:
            return b"", ()
        attachments = Attachments()
        text = self._dumps(data, attachments)
        if not attachments:
            return text, ()
        if len(attachments) > self._max_attachments:
            raise ValueError(
                f"{len(attachments)} binary values in one packet, but max_attachments is {self._max_attachments}: the "
                f"official client closes the connection at more than {MAX_ATTACHMENTS}. Join them, send several "
                "packets, or use serializer='msgpack', which has no such limit"
            )
        return text, tuple(attachments)

    @staticmethod
    def _packet(
        type: PacketType, namespace: str, text: bytes, attachments: tuple[bytes, ...], id: int | None
    ) -> EncodedPacket:
        if not attachments:
            head = _HEADS[type]
        elif type in _BINARY_TYPES:
            head = b"4%d%d-" % (_BINARY_TYPES[type], len(attachments))
        else:
            raise TypeError(f"binary cannot be sent in a {type.name} packet, only in events and acknowledgements")
        if namespace != "/":
            if "," in namespace:
                raise ValueError(f"the namespace {namespace!r} cannot be sent: a comma ends a namespace in this codec")
            head += b"%s," % namespace.encode()
        if id is not None:
            head += b"%d" % id
        return EncodedPacket(head + text, attachments, vital=type is not EVENT)

    def stamp(self, event: EncodedPacket, offset: str) -> EncodedPacket:
        """See `Codec`."""
        assert event.text is not None
        return EncodedPacket(b'%b,"%b"]' % (event.text[:-1], offset.encode()), event.attachments)


class _Unfinished(msgspec.Struct):
    """A packet that waits for its attachments, and where they go: container, key in it, number of the attachment."""

    packet: Packet
    expected: int
    holes: list[tuple[Any, Any, int]]
    attachments: list[bytes] = []


class JsonDecoder(Decoder):
    """The packets of one connection; see `socketio.Decoder`."""

    __slots__ = ("_loads", "_loads_most", "_max_attachments", "_unfinished")

    def __init__(self, loads: Callable[[str], Any], max_attachments: int) -> None:
        self._loads = loads
        self._loads_most = loads_most if loads is fast_loads else loads
        self._max_attachments = max_attachments
        self._unfinished: _Unfinished | None = None

    def text(self, packet: str) -> Packet | None:
        """The packet, or None where it announces attachments; ProtocolError if it is none or comes too early."""
        if packet[:3] != "42[" or self._unfinished is not None:
            return self._any_text(packet)
        # The packet of which there are a thousand for every other one: an event in "/" that wants no answer.
        try:
            data = self._loads_most(packet[2:])
        except Exception:  # noqa: BLE001  # if it fails again, then in a place that says what is wrong
            data = _parsed(self._loads, packet[2:])
        if type(data) is not list or not data or type(data[0]) is not str or data[0] in RESERVED_EVENTS:
            check_event(data)  # likewise
        return Packet(EVENT, "/", data)

    def _any_text(self, packet: str) -> Packet | None:
        if self._unfinished is not None:
            self._unfinished = None
            raise ProtocolError(f"got {excerpt(packet)}, expected the binary attachments of the packet before it")
        head = _HEAD.match(packet)
        if head is None:
            raise ProtocolError(f"got {excerpt(packet)}, expected a Socket.IO packet")
        plain_type, binary_type, count, namespace, digits = head.groups()
        expected = self._count(count) if binary_type else 0
        if len(digits) > 16:
            raise ProtocolError(f"got an acknowledgement id of {len(digits)} digits, expected at most 16")
        rest = packet[head.end() :]
        decoded = checked(
            _TYPES[plain_type or binary_type],
            namespace or "/",
            _parsed(self._loads, rest) if rest else MISSING,
            int(digits) if digits else None,
        )
        if not expected:
            return decoded
        self._unfinished = _Unfinished(decoded, expected, _holes(decoded.data, expected))
        return None

    def binary(self, data: bytes) -> Packet | None:
        """The packet whose last attachment `data` is, else None; ProtocolError if no packet waits for it."""
        unfinished = self._unfinished
        if unfinished is None:
            raise ProtocolError(f"got {len(data)} bytes of binary, expected a packet that announces them")
        unfinished.attachments.append(data)
        if len(unfinished.attachments) < unfinished.expected:
            return None
        self._unfinished = None
        for container, key, number in unfinished.holes:
            container[key] = unfinished.attachments[number]
        return unfinished.packet

    def _count(self, digits: str) -> int:
        # The length first: int() takes quadratic time.
        if len(digits) > 9 or not 0 < int(digits) <= self._max_attachments:
            raise ProtocolError(
                f"got a packet with {excerpt(digits)} attachments, expected 1 to {self._max_attachments}"
            )
        return int(digits)


def fill(data: Any, attachments: Sequence[bytes]) -> Any:
    """`data` with binary where placeholders stand for it; ProtocolError for a placeholder of none of them."""
    whole = [data]
    for container, key, number in _holes(whole, len(attachments)):
        container[key] = attachments[number]
    return whole[0]


def _parsed(loads: Callable[[str], Any], text: str) -> Any:
    try:
        return loads(text)
    except Exception as error:  # a loads of the user's may raise anything; whatever it is, the packet is bad
        raise ProtocolError(f"got the payload {excerpt(text)}, expected JSON: {excerpt(str(error))}") from error


def _holes(data: Any, attachments: int) -> list[tuple[Any, Any, int]]:
    """Every placeholder in `data`: what holds it, under which key, and which of so many attachments belongs there."""
    holes = []
    containers = [data]
    for container in containers:  # which grows meanwhile: no recursion, so no depth is too deep
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(item, dict) and item.get("_placeholder") is True:
                number = item.get("num")
                if type(number) is not int or not 0 <= number < attachments:
                    raise ProtocolError(
                        f"got a placeholder with the number {excerpt(number)} of {attachments} attachments"
                    )
                holes.append((container, key, number))
            elif isinstance(item, (dict, list)):
                containers.append(item)
    return holes


def _with_attachments(dumps: Callable[[Any], str | bytes]) -> Callable[[Any, Attachments], bytes]:
    """A user's `dumps` that takes binary out of the data first, which ours does by the way."""

    def dumps_with_attachments(value: Any, attachments: Attachments) -> bytes:
        try:
            text = dumps(_without_binary(value, attachments))
        except RecursionError:
            raise ValueError(TOO_DEEP) from None
        return text.encode() if isinstance(text, str) else text

    return dumps_with_attachments


def _without_binary(value: Any, attachments: Attachments) -> Any:
    """`value` with placeholders for the binary in it.

    Lists and dicts that hold some are copied; all others stay the objects they are, since the user's JSON may have
    ideas of its own about a named tuple, say.
    """
    if isinstance(value, BINARY):
        return attachments(value)
    before = len(attachments)
    copy: dict[Any, Any] | list[Any]
    if isinstance(value, dict):
        copy = {key: _without_binary(item, attachments) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        copy = [_without_binary(item, attachments) for item in value]
    else:
        return value
    return copy if len(attachments) > before else value
