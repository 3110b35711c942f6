"""permessage-deflate (RFC 7692), for the server's side: messages that are compressed one by one.

The RFC lets a compressor go on where the message before ended, which saves most where messages are alike. Then each
client has a compressor of its own, a quarter of a megabyte, and an event for a thousand clients is compressed a
thousand times. So this server agrees to one form of it only: no context takeover, in either direction. A message means
the same to every client who agreed, is compressed once for all of them (`EncodedPacket.deflated`), and between two
messages nothing is kept. An offer that wants it otherwise, with a smaller window for what we send, is declined: its
client gets the messages as they are.

What comes is inflated only as far as it may become large: a kilobyte can hold a megabyte, and a megabyte a gigabyte.

Off unless the app asks for it: docs/compression.md says why. Section numbers are those of RFC 7692.
"""

from __future__ import annotations

import re
import zlib
from typing import Final, NamedTuple

from .websocket import CloseCode, WebSocketError, frame

_NAME = "permessage-deflate"
_ANSWER = f"{_NAME}; server_no_context_takeover; client_no_context_takeover"
_WINDOW = "server_max_window_bits"
#: The parameters with which an offer can be accepted (7.1). How a client limits itself is of no concern to us.
_ACCEPTABLE = re.compile(
    rf'(?P<name>(server|client)_no_context_takeover|{_WINDOW}(?=[ \t]*=)|client_max_window_bits)'
    r'([ \t]*=[ \t]*(?P<quote>"?)(?P<value>8|9|1[0-5])(?P=quote))?'
)  # fmt: skip

#: Zlib's 6 makes messages 7 % smaller than this and takes two to three times as long, on the loop.
LEVEL: Final = 3

#: What each message would end with, so it is not sent (7.2.1).
_TAIL: Final = b"\x00\x00\xff\xff"
#: The same and an empty last block: zlib tells where a last block has ended, so it tells whether a message is whole.
_END: Final = _TAIL + b"\x03\x00"

_COMPRESSED = 0x40  # the first reserved bit, beside an opcode


class Deflate(NamedTuple):
    """What is agreed with a client: its messages may come compressed, and those for it are."""

    #: Bytes of the smallest message that is compressed for it.
    threshold: int
    #: For the answer 101.
    header: tuple[str, str]


def negotiate(offers: str | None, threshold: int) -> Deflate | None:
    """Agree to the first acceptable offer of a client (7.1), if there is one.

    Args:
        offers: its header Sec-WebSocket-Extensions, None where it has none.
        threshold: see `Deflate`.
    """
    for offer in (offers or "").split(","):
        extension, *parameters = (part.strip() for part in offer.split(";"))
        names = [_acceptable(parameter) for parameter in parameters]
        if extension == _NAME and None not in names and len(set(names)) == len(names):
            answer = f"{_ANSWER}; {_WINDOW}=15" if _WINDOW in names else _ANSWER
            return Deflate(threshold, ("Sec-WebSocket-Extensions", answer))
    return None


def _acceptable(parameter: str) -> str | None:
    """The name of a parameter that does not stand in the way, None for any other."""
    match = _ACCEPTABLE.fullmatch(parameter)
    if match is None:
        return None
    name, value = match["name"], match["value"]
    if name == _WINDOW:
        return name if value == "15" else None
    return name if value is None or name == "client_max_window_bits" else None


def window(size: int) -> int:
    """The bits of zlib's window for so many bytes: no larger than of use, since making it is half of the work."""
    return min(max(size.bit_length(), 9), zlib.MAX_WBITS)


def deflated_frame(opcode: int, payload: bytes) -> bytes:
    """One whole message as a server sends it: compressed, unless it is smaller as it is."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -window(len(payload)))
    deflated = (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]
    return frame(opcode | _COMPRESSED, deflated) if len(deflated) < len(payload) else frame(opcode, payload)


class Inflater:
    """Gives back what one message was before it was compressed."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    def inflate(self, payload: bytes, final: bool, room: int) -> bytes:
        """Take one frame, and give what it becomes, which is at most `room` bytes.

        Raises:
            WebSocketError: 1007 for what is no compressed message, 1009 for one that would take more than `room`; it is
                not inflated beyond that.
        """
        stream = self._stream
        try:
            data = stream.decompress(payload + _END if final else payload, room + 1)
        except zlib.error as error:
            raise WebSocketError(
                CloseCode.INVALID_TEXT, f"got a message that cannot be inflated ({error}), expected deflate"
            ) from None
        if len(data) > room:
            raise WebSocketError(
                CloseCode.TOO_BIG, f"got a message that inflates to more than the {room} bytes that are left for it"
            )
        # A sender may say itself which block is the last; then one zero octet follows (7.2.3.4).
        behind = (b"", b"\x00" + _END) if final else (b"", b"\x00")
        if stream.unused_data not in behind or (final and not stream.eof):
            raise WebSocketError(
                CloseCode.INVALID_TEXT, "got a message that ends before or after its last block, expected just that one"
            )
        return data
