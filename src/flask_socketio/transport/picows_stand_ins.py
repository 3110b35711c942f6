"""What stands in for picows' own objects, where a connection has none yet, has none any more, or needs none."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from picows import WSCloseCode, WSMsgType, WSTransport, WSUpgradeResponse

from ..protocol.websocket import frame


class EmptyAnswer(WSUpgradeResponse):
    """What picows answers a handshake with: nothing. One serves all connections, since nobody gets to see it."""

    status = HTTPStatus.SWITCHING_PROTOCOLS

    def __init__(self) -> None:
        self.headers = cast(Any, {})

    def to_bytes(self) -> bytearray:
        """Nothing."""
        return bytearray()


EMPTY_ANSWER: Final = EmptyAnswer()


class Link(Protocol):
    """The link whose connection is opening."""

    def on_answered(self, ws: WSTransport, write: Callable[[bytes], None]) -> None:
        """The answer to the handshake is about to be written; from now on the peer is sent to in these ways."""


class Opening:
    """Stands where picows' transport will, until something is sent: that leaves in one write with our answer.

    Args:
        link: whose connection is opening.
        write: of its transport.
        answer: to the handshake.

    Attributes:
        ws: picows' transport, to be set before anything is sent.
    """

    __slots__ = ("_answer", "_link", "_write", "ws")

    ws: WSTransport

    def __init__(self, link: Link, write: Callable[[bytes], None], answer: bytes) -> None:
        self._link = link
        self._write = write
        self._answer = answer

    def end(self) -> None:
        """The moment is over: the answer leaves alone, if nothing has been sent."""
        if self._answer:
            self.write(b"")

    def write(self, frames: bytes) -> None:
        """Send frames that are ready."""
        answer, self._answer = self._answer, b""
        self._link.on_answered(self.ws, self._write)
        self._write(answer + frames)

    def send(self, kind: WSMsgType, payload: bytes) -> None:
        """As picows' transport."""
        self.write(frame(kind.value, payload))

    def send_close(self, code: WSCloseCode, reason: bytes) -> None:
        """As picows' transport."""
        self.write(b"")
        self.ws.send_close(code, reason)


class Gone:
    """Stands where picows' transport stood once the connection is gone."""

    def send(self, kind: WSMsgType, payload: bytes) -> None:
        """Drop it."""


GONE: Final = Gone()
