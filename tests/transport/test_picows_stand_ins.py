"""What stands in for picows' own objects; the link with them is tested over real sockets in test_picows_link.py."""

from __future__ import annotations

from typing import Any, cast

from picows import WSCloseCode, WSMsgType

from flask_socketio.transport.picows_stand_ins import EMPTY_ANSWER, GONE, Opening

ANSWER_101 = b"HTTP/1.1 101\r\n\r\n"


class Connection:
    """A link, its transport, and what picows would send by: all write to one list."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ws: Any = None
        self.opening = Opening(self, self.written.append, ANSWER_101)
        self.opening.ws = cast(Any, self)

    def on_answered(self, ws: Any, write: Any) -> None:
        self.ws = ws
        assert write == self.written.append

    def send_close(self, code: int, reason: bytes) -> None:
        self.written.append(b"Close")


def test_first_message_leaves_in_one_write_with_the_answer() -> None:
    connection = Connection()
    connection.opening.send(WSMsgType.TEXT, b"hello")
    assert connection.ws is connection  # which the next one is sent by
    connection.opening.end()
    assert connection.written == [ANSWER_101 + b"\x81\x05hello"]


def test_frames_that_are_ready_leave_with_the_answer_too() -> None:
    connection = Connection()
    connection.opening.write(b"frames")
    connection.opening.end()
    assert connection.written == [ANSWER_101 + b"frames"]


def test_answer_leaves_alone_if_nothing_is_sent_at_once() -> None:
    connection = Connection()
    connection.opening.end()
    assert connection.ws is connection
    assert connection.written == [ANSWER_101]


def test_close_comes_after_the_answer() -> None:
    connection = Connection()
    connection.opening.send_close(WSCloseCode.OK, b"")
    connection.opening.end()
    assert connection.written == [ANSWER_101, b"Close"]


def test_answer_of_picows_is_empty_whatever_it_puts_into_it() -> None:
    EMPTY_ANSWER.headers["Sec-WebSocket-Accept"] = "x"
    assert EMPTY_ANSWER.status == 101
    assert EMPTY_ANSWER.to_bytes() == b""


def test_nothing_is_sent_when_the_connection_is_gone() -> None:
    GONE.send(WSMsgType.TEXT, b"hello")
