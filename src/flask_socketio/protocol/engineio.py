"""Engine.IO v4: packets, and their form on each transport.

A packet is one character for its type and, behind it, text. A binary message has no type character: on WebSocket it is
a binary frame, in long polling it is `b` and base64. Several packets share one body in long polling, separated by
U+001E; on WebSocket each one is a message of its own.

`EncodedPacket` is what the layers above hand down: one message in wire form, encoded once for all its receivers. It
works out its forms for the transports when a receiver first needs them, and keeps them, so a broadcast to a thousand
WebSocket clients writes the same bytes object a thousand times, compressed once where they agreed to that.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
import orjson

from .deflate import deflated_frame
from .errors import ProtocolError, excerpt
from .websocket import Opcode, frame

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
MESSAGE: Final = "4"
UPGRADE: Final = "5"
NOOP: Final = "6"

# Out of the enum once: looking a member up is a good part of the cost of a frame.
_TEXT, _BINARY = Opcode.TEXT, Opcode.BINARY

_TYPES = frozenset((OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP))
_SEPARATOR = "\x1e"


class EncodedPacket(msgspec.Struct, gc=False, eq=False):
    """One message, ready for every transport. Immutable by convention; compared by identity.

    A struct because creating one is part of every emit: it costs half of what a class with slots costs, and the
    garbage collector never looks at it (it can only hold bytes, so no cycle can start here).
    """

    #: The text packet with its type digit, `b'42["chat","hi"]'`; None where the message is binary only (msgpack).
    text: bytes | None
    #: Binary messages that follow the text, in order.
    attachments: tuple[bytes, ...] = ()
    #: Bytes held: text and attachments. Derived; what a caller passes is overwritten.
    size: int = 0
    #: Whether a client must not miss it, however slow it is: all but events. (The default is what emits make most of.)
    vital: bool = False
    _frames: bytes | None = None
    _deflated: bytes | None = None
    _payload: bytes | None = None

    def __post_init__(self) -> None:
        text = self.text
        self.size = 0 if text is None else len(text)
        if self.attachments:
            self.size += sum(map(len, self.attachments))

    @property
    def frames(self) -> bytes:
        """All of it as WebSocket frames of a server (unmasked), joined, so that one write sends it."""
        frames = self._frames
        if frames is None:
            frames = b"" if self.text is None else frame(_TEXT, self.text)
            if self.attachments:
                frames += b"".join([frame(_BINARY, attachment) for attachment in self.attachments])
            self._frames = frames
        return frames

    def deflated(self, threshold: int) -> bytes:
        """The same as `frames`, with each message of `threshold` bytes or more compressed.

        For clients that agreed to it. The threshold is one for all of them: what the first call makes is kept.
        """
        deflated = self._deflated
        if deflated is None:
            deflated = self.frames if self.size < threshold else self._deflate(threshold)
            self._deflated = deflated
        return deflated

    def _deflate(self, threshold: int) -> bytes:
        messages = [] if self.text is None else [(_TEXT, self.text)]
        messages += [(_BINARY, attachment) for attachment in self.attachments]
        return b"".join(
            [(deflated_frame if len(content) >= threshold else frame)(opcode, content) for opcode, content in messages]
        )

    @property
    def payload(self) -> bytes:
        """All of it as a piece of a long-polling body: packets separated by U+001E, binary as `b` and base64."""
        payload = self._payload
        if payload is None:
            packets = [] if self.text is None else [self.text]
            packets += [b"b" + base64.b64encode(attachment) for attachment in self.attachments]
            payload = self._payload = b"\x1e".join(packets)
        return payload


PING_PACKET: Final = EncodedPacket(b"2", vital=True)
NOOP_PACKET: Final = EncodedPacket(b"6", vital=True)
CLOSE_PACKET: Final = EncodedPacket(b"1", vital=True)
PONG_PROBE_PACKET: Final = EncodedPacket(b"3probe", vital=True)


def open_packet(
    sid: str, *, upgrades: Sequence[str], ping_interval: float, ping_timeout: float, max_payload: int
) -> EncodedPacket:
    """The handshake that a server opens a session with.

    `ping_interval` and `ping_timeout` are seconds and go out as whole milliseconds (0.3 as 300); `max_payload` is the
    number of bytes that a client may put into one long-polling body.
    """
    handshake = {
        "sid": sid,
        "upgrades": list(upgrades),
        "pingInterval": round(ping_interval * 1000),
        "pingTimeout": round(ping_timeout * 1000),
        "maxPayload": max_payload,
    }
    return EncodedPacket(b"0" + orjson.dumps(handshake), vital=True)


def message(data: str | bytes) -> EncodedPacket:
    """An Engine.IO message that holds `data` as it is."""
    if isinstance(data, str):
        return EncodedPacket(b"4" + data.encode())
    return EncodedPacket(None, (data,))


def encode_payload(packets: Sequence[EncodedPacket]) -> bytes:
    """The body of a long-polling answer with `packets`, in order."""
    return b"\x1e".join([packet.payload for packet in packets])


def decode_payload(body: bytes) -> list[str | bytes]:
    """The packets in the body of a long-polling POST: text ones with their type digit, binary ones decoded.

    Takes time in proportion to the body, whatever is in it; how many packets there are is limited by the size of the
    body alone, as in Node. Raises ProtocolError for the first packet that is none.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"got a payload with the byte {body[error.start]:#04x}, expected UTF-8") from None
    return [packet if packet[:1] in _TYPES else _binary(packet) for packet in text.split(_SEPARATOR)]


def _binary(packet: str) -> bytes:
    """The content of a binary packet in its long-polling form; ProtocolError if `packet` is no such thing."""
    if packet[:1] != "b":
        raise ProtocolError(f"got the packet {excerpt(packet)}, expected a type from 0 to 6 or b")
    try:
        return base64.b64decode(packet[1:], validate=True)
    except ValueError:
        raise ProtocolError(f"got the binary packet {excerpt(packet)}, expected base64 behind the b") from None


# JSONP: the answer is a script, the body of a POST a form with one field, d. No client of this protocol version asks
# for it by itself, but Engine.IO v4 servers answer it, and some embedded browsers have nothing else.

_ESCAPED_LINE_BREAK = re.compile(rb"(\\)?\\n")


def check_jsonp_index(index: str) -> str:
    """The `j` of a query as it is; ProtocolError unless it is a number: it goes into a script."""
    if not (index.isascii() and index.isdigit()):
        raise ProtocolError(f"got j={excerpt(index)}, expected the number of a JSONP callback")
    return index


def jsonp_answer(index: str, payload: bytes) -> bytes:
    """The script that hands `payload` to callback number `index`. Raises ProtocolError as `check_jsonp_index` does."""
    check_jsonp_index(index)
    argument = orjson.dumps(payload.decode())
    # These two are line ends in a script, but not in JSON.
    argument = argument.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return b"___eio[%s](%s);" % (index.encode(), argument)


def jsonp_body(body: bytes) -> bytes:
    r"""The payload in the form that a JSONP client posts; ProtocolError if there is none.

    Browsers rewrite line breaks in form fields, so the client sends a line break as `\n` and puts one more backslash
    before a `\n` that was already in the text.
    """
    for field in body.split(b"&"):
        if field.startswith(b"d="):
            text = unquote_to_bytes(field[2:].replace(b"+", b" "))
            return _ESCAPED_LINE_BREAK.sub(lambda match: b"\\n" if match[1] else b"\n", text)
    raise ProtocolError(f"got the form {excerpt(body)}, expected its field d")
