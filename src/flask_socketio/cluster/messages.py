"""What processes tell each other, and how upstream's Redis manager writes it.

The format is that of python-socketio, so that its processes and ours understand each other on one channel: JSON
objects, each with its `method` and the `host_id` of its sender. An emit's arguments are a list, in which no argument at
all is `[null]`. Where there is binary among them, that list becomes the first element of another one, with placeholders
where binary was, and the binary follows in base64; `"binary": true` says so. An answer (`callback`) carries the
`host_id` of the process that it is *for*. Upstream cannot send an answer with binary in it; we do it as in an emit, and
only other processes of ours can read it. Only they understand `volatile` and `latest`, too; upstream ignores both.

Whoever can write to the bus can emit to every client, and that is what a message queue is for. But nobody who writes to
it shall get further than that: `decode` checks everything, makes nothing but plain values, and runs nothing. In
particular it never reads pickles, as python-socketio did up to 5.13.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import msgspec

from ..hub.rooms import Room
from ..protocol.errors import ProtocolError, excerpt
from ..protocol.json_codec import JsonCodec, fill
from ..protocol.json_values import Attachments, dumps

#: The largest message, in bytes, that is sent or read. It is as much as may wait for one client; and Redis, unless it
#: is told otherwise, disconnects everyone who is subscribed over a message of more than 32 MB.
MAX_SIZE = 16_000_000

# A room whose name goes over a bus is a JSON value, and one that is not itself a list of rooms.
_ROOM = (str, int, float)

_PICKLE = b"\x80"  # what every pickle since protocol 2 begins with, and no JSON text


class AckAddress(msgspec.Struct, frozen=True):
    """Where the answer to an event goes: the process, and what it knows the answer by."""

    host: str
    #: Whom the event was for, in the sender's words: it only wants them back.
    target: Any
    namespace: str
    id: int | str


class Emit(msgspec.Struct, frozen=True):
    """Send an event to your clients in a namespace, or to those in any of the rooms `to`, but not to the sids `skip`.

    `volatile` and `latest` say what slow clients may miss, `ack` who wants the answers.
    """

    event: str
    args: tuple[Any, ...]
    namespace: str
    to: Collection[Room] | None = None
    skip: Collection[str] = ()
    ack: AckAddress | None = None
    volatile: bool = False
    latest: str | None = None


class Ack(msgspec.Struct, frozen=True):
    """A client of mine has answered your event."""

    address: AckAddress
    args: Sequence[Any]


class Disconnect(msgspec.Struct, frozen=True):
    """Take this client out of the namespace, if it is yours."""

    sid: str
    namespace: str


class EnterRoom(msgspec.Struct, frozen=True):
    """Put this client into a room, if it is yours."""

    sid: str
    namespace: str
    room: Room


class LeaveRoom(msgspec.Struct, frozen=True):
    """Take this client out of a room, if it is yours."""

    sid: str
    namespace: str
    room: Room


class CloseRoom(msgspec.Struct, frozen=True):
    """Take all your clients out of a room."""

    namespace: str
    room: Room


Message: TypeAlias = Emit | Ack | Disconnect | EnterRoom | LeaveRoom | CloseRoom


class MessageCodec:
    """Upstream's format. Its methods may be called in any thread.

    Args:
        json: how values are written and read; binary in them is its business too.
        max_size: the most bytes of a message.
    """

    def __init__(self, json: JsonCodec, *, max_size: int = MAX_SIZE) -> None:
        self._json = json
        self._max_size = max_size

    def encode(self, message: Message, host: str) -> bytes:
        """A message from the process `host`. Raises TypeError or ValueError for what cannot be sent."""
        match message:
            case Emit():
                body = self._encode_emit(message, host)
            case Ack():
                body = self._encode_ack(message)
            case Disconnect(sid, namespace):
                body = _object(method="disconnect", sid=sid, namespace=namespace, host_id=host)
            case EnterRoom(sid, namespace, room):
                body = _object(
                    method="enter_room", sid=sid, room=_checked_room(room), namespace=namespace, host_id=host
                )
            case LeaveRoom(sid, namespace, room):
                body = _object(
                    method="leave_room", sid=sid, room=_checked_room(room), namespace=namespace, host_id=host
                )
            case CloseRoom(namespace, room):
                body = _object(method="close_room", room=_checked_room(room), namespace=namespace, host_id=host)
        if len(body) > self._max_size:
            raise ValueError(
                f"a message of {len(body)} bytes is too large for the message queue, which takes {self._max_size}: "
                "send a link to the data, or the data in pieces"
            )
        return body

    def _encode_emit(self, emit: Emit, host: str) -> bytes:
        binary, data = self._encode_args(emit.args or (None,))
        to = None if emit.to is None else [_checked_room(room) for room in emit.to]
        ack = emit.ack
        head = _object(
            method="emit",
            event=emit.event,
            binary=binary,
            namespace=emit.namespace,
            room=to[0] if to is not None and len(to) == 1 else to,
            skip_sid=list(emit.skip) or None,
            callback=None if ack is None else [ack.target, ack.namespace, ack.id],
            host_id=host,
            **({"volatile": True} if emit.volatile else {}),
            **({"latest": emit.latest} if emit.latest is not None else {}),
        )
        return head[:-1] + b',"data":' + data + b"}"

    def _encode_ack(self, answer: Ack) -> bytes:
        binary, args = self._encode_args(answer.args)
        address = answer.address
        fields = {"method": "callback", "sid": address.target, "namespace": address.namespace, "id": address.id}
        head = _object(**fields, host_id=address.host, **({"binary": True} if binary else {}))
        return head[:-1] + b',"args":' + args + b"}"

    def _encode_args(self, args: Sequence[Any]) -> tuple[bool, bytes]:
        body = self._json.encode_body(list(args))
        if not body.attachments:
            return False, body.data
        attachments = b"".join(b',"%s"' % b64encode(attachment) for attachment in body.attachments)
        return True, b"[" + body.data + attachments + b"]"

    def decode(self, body: bytes) -> tuple[str | None, Message]:
        """Who sent a message (None if it does not say), and the message; ProtocolError for anything else.

        Of an answer the sender is not known: its `host_id` is whom it is for.
        """
        fields = self._decode_object(body)
        method = fields.get("method")
        host = _optional(fields, "host_id", str)
        namespace = _optional(fields, "namespace", str) or "/"
        match method:
            case "emit":
                return host, self._decode_emit(fields, host, namespace)
            case "callback":
                return None, self._decode_ack(fields, host, namespace)
            case "disconnect":
                return host, Disconnect(_required(fields, "sid", str), namespace)
            case "enter_room":
                return host, EnterRoom(_required(fields, "sid", str), namespace, _required(fields, "room", _ROOM))
            case "leave_room":
                return host, LeaveRoom(_required(fields, "sid", str), namespace, _required(fields, "room", _ROOM))
            case "close_room":
                return host, CloseRoom(namespace, _required(fields, "room", _ROOM))
        raise ProtocolError(f"got the method {excerpt(method)}, which is not known")

    def _decode_object(self, body: bytes) -> dict[str, Any]:
        if len(body) > self._max_size:
            raise ProtocolError(f"got {len(body)} bytes, expected at most {self._max_size}")
        if body[:1] == _PICKLE:
            raise ProtocolError(
                "got a pickle, which is never read, since reading one may run anything: update the process that sends "
                "it to python-socketio 5.14 or later, which sends JSON"
            )
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise ProtocolError(f"got {excerpt(body)}, expected JSON") from None
        fields = self._json.loads(text)
        if not isinstance(fields, dict):
            raise ProtocolError(f"got {excerpt(fields)}, expected a JSON object")
        return fields

    def _decode_emit(self, fields: dict[str, Any], host: str | None, namespace: str) -> Emit:
        args = self._decode_args(fields, "data")
        ack = fields.get("callback")
        if ack is not None and (host is None or not isinstance(ack, list) or len(ack) != 3):
            raise ProtocolError(f"got a callback of {excerpt(ack)}, expected room, namespace, id, and a host_id")
        return Emit(
            _required(fields, "event", str),
            () if args == [None] else tuple(args),
            namespace,
            _several(fields, "room", _ROOM),
            _several(fields, "skip_sid", str) or (),
            None if ack is None or host is None else _address(host, *ack),
            bool(_optional(fields, "volatile", bool)),
            _optional(fields, "latest", str),
        )

    def _decode_ack(self, fields: dict[str, Any], host: str | None, namespace: str) -> Ack:
        if host is None:
            raise ProtocolError("got a callback without a host_id, which says whom it is for")
        address = _address(host, fields.get("sid"), namespace, fields.get("id"))
        return Ack(address, tuple(self._decode_args(fields, "args")))

    def _decode_args(self, fields: dict[str, Any], name: str) -> list[Any]:
        args: list[Any] = _required(fields, name, list)
        if not fields.get("binary"):
            return args
        if not args or not isinstance(args[0], list):
            raise ProtocolError(f"got {name} without the list that binary belongs into")
        filled: list[Any] = fill(args[0], [_decode_binary(attachment) for attachment in args[1:]])
        return filled


def _object(**fields: Any) -> bytes:
    return dumps(fields, Attachments())


def _checked_room(room: Room) -> Room:
    if not isinstance(room, _ROOM):
        raise TypeError(
            f"{room!r} names a room, but not on a message queue: names are strings or numbers there, "
            f"not of type {type(room).__qualname__}"
        )
    return room


def _decode_binary(attachment: Any) -> bytes:
    try:
        return b64decode(attachment, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ProtocolError(f"got {excerpt(attachment)}, expected base64") from None


def _address(host: str, target: Any, namespace: Any, id: Any) -> AckAddress:
    if not isinstance(namespace, str) or not isinstance(id, (int, str)):
        raise ProtocolError(f"got a callback in {excerpt(namespace)} with the id {excerpt(id)}")
    return AckAddress(host, target, namespace, id)


def _required(fields: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    value = fields.get(name)
    if not isinstance(value, kind):
        raise ProtocolError(f"got {name} {excerpt(value)} in {excerpt(fields.get('method'))}")
    return value


def _optional(fields: dict[str, Any], name: str, kind: type) -> Any:
    return None if fields.get(name) is None else _required(fields, name, kind)


def _several(fields: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> tuple[Any, ...] | None:
    """One value or a list of them; None where there is none."""
    value = fields.get(name)
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, kind) for one in values):
        raise ProtocolError(f"got {name} {excerpt(value)} in {excerpt(fields.get('method'))}")
    return tuple(values)
