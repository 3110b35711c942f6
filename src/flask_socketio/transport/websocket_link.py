"""What a WebSocket connection is to those who use it, whoever cuts its frames.

A host accepts a connection and makes a `WebSocketLink` of it; the server's side of the conversation is a
`WebSocketListener`. All of it happens on one event loop.
"""

from __future__ import annotations

from typing import Protocol

from ..protocol.engineio import EncodedPacket
from ..protocol.errors import ProtocolError
from ..protocol.websocket import CloseCode


class WebSocketLink(Protocol):
    """The way out. After `close`, `abort` or the end of the connection nothing is sent any more, and nothing raises."""

    def write(self, packets: list[EncodedPacket], /) -> None:
        """Send packets, one or more, each text and each attachment a message; in one write where the host lets us."""

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Say goodbye: what is buffered goes out first, then a Close; the connection ends with the peer's answer.

        A peer that does not take or answer it within a second is cut off. Calling it again does nothing.
        """

    def abort(self) -> None:
        """End the connection now, without a word; what is buffered is lost."""

    def pause_reading(self) -> None:
        """Take no more from the socket, so that the peer has to wait; what has been taken is still delivered."""

    def resume_reading(self) -> None:
        """Take from the socket again."""

    @property
    def buffered(self) -> int:
        """Bytes that wait until the peer takes them."""


class WebSocketListener(Protocol):
    """The one who is told what happens. What a method raises is logged and closes this connection, no other."""

    def opened(self, link: WebSocketLink) -> None:
        """The handshake is answered: the first call, and sending is allowed from here on."""

    def message(self, data: str | bytes) -> None:
        """A whole message came: text is str, valid, and no message is larger than the limit."""

    def blocked(self) -> None:
        """The peer takes less than it is sent: the write buffer has passed its mark. Sending still buffers."""

    def resumed(self) -> None:
        """The write buffer is below its mark again."""

    def closed(self, error: ProtocolError | None) -> None:
        """The connection is gone: the last call, exactly once. `error` is the rule that the peer broke, if it did."""
