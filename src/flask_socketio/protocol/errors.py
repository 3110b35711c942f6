"""What a peer can do wrong.

    ProtocolError                   the peer broke a protocol: its connection is closed, reason 'parse error'
      websocket.WebSocketError      the same, with the close code that RFC 6455 has for it

Mistakes of our own side (a payload that cannot be encoded, say) are TypeError and ValueError in the caller.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer sent what its protocol does not allow.

    The text is one sentence for the log, "got X, expected Y", in which everything the peer sent is shortened by
    `excerpt`; nothing of it goes back to the peer.
    """


def excerpt(value: object, limit: int = 60) -> str:
    """`value` as a log line can bear it: its repr (so control characters are escaped), cut after `limit` characters.

    Strings and bytes are cut before they are turned into a repr, so that a megabyte of garbage costs nothing.
    """
    if isinstance(value, (str, bytes)):
        short = repr(value[:limit])
        return f"{short}... ({len(value)} long)" if len(value) > limit else short
    if isinstance(value, (bool, float, type(None))):
        return repr(value)
    return type(value).__name__


def hint(secret: str) -> str:
    """A secret as a log line can bear it: the first quarter of it, by which two lines can be told to be about one."""
    return f"{excerpt(secret[: len(secret) // 4])}..."
