"""The rules of RFC 6455 that a frame cutter leaves out, for the server's side.

Cutting frames out of a stream (lengths, masks, the size of one frame, control frames in one piece of at most 125 bytes)
is done elsewhere, in C. What a sequence of frames *means* is decided here, without any I/O:

- frames that leave: `frame`, `cut_reason`;
- frames that came: `check_reserved_bits` for all of them, `MessageReader` makes messages of those that carry data,
  `close_reply` reads a Close;
- the handshake: `check_upgrade` for the request, `upgrade_answer`.

The one extension that may be agreed to is compression (deflate.py), which has the first of the three reserved bits. The
others are errors. Section numbers are those of RFC 6455.
"""

from __future__ import annotations

import base64
import codecs
import enum
import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from .errors import ProtocolError, excerpt


class Opcode(enum.IntEnum):
    """What a frame is (section 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(enum.IntEnum):
    """Why a connection is closed (section 7.4.1): those that a server has a use for."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011


class WebSocketError(ProtocolError):
    """The peer broke RFC 6455; the connection is to be closed with `code`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


# Frames that leave ---------------------------------------------------------------------------------------------------


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame as a server sends it: final, without a mask, in the shortest form of its length."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big")
    return head + payload


def cut_reason(reason: str) -> bytes:
    """The reason of a Close as bytes: as much of it as the 123 bytes take that a Close has for it."""
    return reason.encode()[:123].decode(errors="ignore").encode()


# Frames that came ----------------------------------------------------------------------------------------------------


def check_reserved_bits(opcode: int, first: bool, others: bool, *, compression: bool) -> None:
    """Refuse a frame with a reserved bit that means nothing.

    Args:
        opcode: of the frame.
        first: the first of its reserved bits. It means that a message is compressed, and only where that message begins
            (RFC 7692, 6).
        others: whether one of the two others is set.
        compression: whether it is agreed on.

    Raises:
        WebSocketError: 1002.
    """
    if others or (first and not (compression and opcode in _BEGINNINGS)):
        raise WebSocketError(
            CloseCode.PROTOCOL_ERROR, "got a frame with a reserved bit set that nothing agreed on gives a meaning"
        )


_BEGINNINGS = frozenset({Opcode.TEXT, Opcode.BINARY})


class Inflater(Protocol):
    """Makes of the frames of one compressed message what they were before: `deflate.Inflater`."""

    def inflate(self, payload: bytes, final: bool, room: int) -> bytes:
        """Take one frame and give at most `room` bytes; raises WebSocketError."""


class MessageReader:
    """Makes whole messages of the data frames of one connection, and holds them to the rules.

    A message that comes in fragments is gathered in one growing buffer, not in a list of pieces, so that a million
    fragments of one byte cost a megabyte. No message grows beyond `max_size` bytes: that is found out before the
    fragment that would exceed it is taken in.

    Args:
        max_size: bytes of the largest message; of a compressed one, when it is inflated.
        inflater: makes what inflates a message; needed where compression is agreed on.
    """

    __slots__ = ("_buffer", "_check", "_inflater", "_max_size", "_new_inflater", "_text")

    def __init__(self, *, max_size: int, inflater: Callable[[], Inflater] | None = None) -> None:
        self._max_size = max_size
        self._new_inflater = inflater
        self._inflater: Inflater | None = None  # that of this message, if it is compressed
        self._buffer: bytearray | None = None  # the fragments so far; None between two messages
        self._text = False
        self._check: Callable[[bytes, bool], str] = _accept_all

    @property
    def idle(self) -> bool:
        """Whether no message is unfinished."""
        return self._buffer is None

    def receive(self, opcode: int, fin: bool, payload: bytes, compressed: bool = False) -> str | bytes | None:
        """Take one data frame, which `check_reserved_bits` found good; give the message that it completes, if it does.

        Raises:
            WebSocketError: 1002 for a frame out of order, 1007 for text that is not UTF-8 (with the first fragment that
                makes it certain) and for what cannot be inflated, 1009 for a message over `max_size`.
        """
        if compressed or opcode == Opcode.CONTINUATION or not fin or self._buffer is not None:
            return self._receive_fragment(opcode, fin, payload, compressed)
        if len(payload) > self._max_size:
            raise self._too_big(len(payload))
        return _text(payload) if opcode == Opcode.TEXT else payload

    def _receive_fragment(self, opcode: int, fin: bool, payload: bytes, compressed: bool) -> str | bytes | None:
        buffer = self._start(opcode, compressed)
        if self._inflater is not None:
            payload = self._inflater.inflate(payload, fin, self._max_size - len(buffer))
        elif len(buffer) + len(payload) > self._max_size:
            raise self._too_big(len(buffer) + len(payload))
        try:
            self._check(payload, fin)
        except UnicodeDecodeError:
            raise _not_utf8(payload) from None
        buffer += payload
        if not fin:
            return None
        self._buffer = self._inflater = None
        return buffer.decode() if self._text else bytes(buffer)

    def _start(self, opcode: int, compressed: bool) -> bytearray:
        """The buffer that a fragment of this opcode belongs to."""
        if opcode != Opcode.CONTINUATION:
            if self._buffer is not None:
                raise WebSocketError(
                    CloseCode.PROTOCOL_ERROR, "got the start of a message inside another, expected a continuation"
                )
            self._buffer = bytearray()
            self._text = opcode == Opcode.TEXT
            if compressed and self._new_inflater is not None:
                self._inflater = self._new_inflater()
            self._check = codecs.getincrementaldecoder("utf-8")().decode if self._text else _accept_all
        elif self._buffer is None:
            raise WebSocketError(CloseCode.PROTOCOL_ERROR, "got a continuation, expected the start of a message")
        return self._buffer

    def _too_big(self, size: int) -> WebSocketError:
        return WebSocketError(
            CloseCode.TOO_BIG, f"got a message of {size} bytes or more, expected at most {self._max_size}"
        )


def close_reply(payload: bytes) -> int:
    """The code to answer a Close with: the peer's own, or 1000 if it gave none.

    Raises:
        WebSocketError: 1002 for a code that nobody may send (sections 7.4.1 and 7.4.2) or half a one, 1007 for a reason
            that is not UTF-8.
    """
    if not payload:
        return CloseCode.NORMAL
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _PEER_CLOSE_CODES or 3000 <= code < 5000):
        raise WebSocketError(
            CloseCode.PROTOCOL_ERROR, f"got a Close with {excerpt(payload[:2])}, expected a code that may be sent"
        )
    _text(payload[2:])
    return code


# 1004, 1005, 1006 and 1015 are reserved and never sent; up to 2999 what is not defined waits for a new RFC.
_PEER_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _not_utf8(payload) from None


def _not_utf8(payload: bytes) -> WebSocketError:
    return WebSocketError(CloseCode.INVALID_TEXT, f"got {excerpt(payload)}, expected text in UTF-8")


def _accept_all(payload: bytes, final: bool) -> str:
    return ""


# The handshake -------------------------------------------------------------------------------------------------------


def check_upgrade(method: str, header: Callable[[str], str | None]) -> str:
    """The Sec-WebSocket-Key of a request that asks for a WebSocket in the way of section 4.2.1.

    `header` gives the value of a header by its name in lower case, None where the request has none.

    Raises:
        ProtocolError: any other request; it is to be answered with 400 and `Sec-WebSocket-Version: 13`.
    """
    if method != "GET":
        raise ProtocolError(f"got a WebSocket handshake by {excerpt(method)}, expected GET")
    if not _has_token(header("upgrade"), "websocket"):
        raise ProtocolError(f"got Upgrade {excerpt(header('upgrade'))}, expected websocket")
    if not _has_token(header("connection"), "upgrade"):
        raise ProtocolError(f"got Connection {excerpt(header('connection'))}, expected Upgrade")
    if header("sec-websocket-version") != "13":
        raise ProtocolError(f"got Sec-WebSocket-Version {excerpt(header('sec-websocket-version'))}, expected 13")
    key = header("sec-websocket-key")
    if key is None or not _KEY.fullmatch(key):
        raise ProtocolError(f"got Sec-WebSocket-Key {excerpt(key)}, expected 16 bytes in base64")
    return key


def upgrade_answer(key: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """The answer 101 to a request with this Sec-WebSocket-Key, with `headers` added (section 4.2.2).

    Raises:
        ValueError: a header would break out of its line.
    """
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept}")
    for name, value in headers:
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise ValueError(f"{name!r}: {value!r} is not a header")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3: the same for everybody
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*")


def _has_token(value: str | None, token: str) -> bool:
    """Whether a header that holds a list ("keep-alive, Upgrade") names this token, in whatever case."""
    return value is not None and (value.lower() == token or token in map(str.strip, value.lower().split(",")))
