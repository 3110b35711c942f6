"""WebSocket frames cut in C by picows.

    the loop's transport --bytes--> FrameCutter (picows) --frames--> PicowsLink --messages--> WebSocketListener

picows is fast because it does little, and some of what it does is not what a server wants. It sees the world only
through `picows_facade.py`, where its ways with sockets are dealt with; it reads as `frame_cutter.py` lets it;
`picows_stand_ins.py` is there before it and after it; and here the others are:

- *It parses the request itself*, strictly and up to 16 KiB: a large cookie or `Connection: keep-alive, Upgrade` ends
  the connection. The host has parsed the request already and ours is the answer, so picows is shown a made-up request
  (`_REQUEST`), and what it would answer is empty (`EMPTY_ANSWER`).
- *It ends connections on its own*: its Close overtakes the answer to the frame before, and may be lost where the peer
  still sends. So it is kept from doing so (`PicowsLink._on_bad_frame`).
- *Its read buffer never shrinks*: a client that once sent a megabyte costs a megabyte for good. So a cutter whose
  buffer is large and empty is replaced by a new one (`PicowsLink._renew`).
- *It leaves out most of RFC 6455*: protocol/websocket.py has it. It also answers pings whatever their reserved bits
  are, and as many as a peer sends without ever reading; so that is ours, too.

The path of an ordinary text message is short on purpose: `on_ws_frame` looks at six attributes and delivers.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Callable, Sequence
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSProtocolError, WSTransport, WSUpgradeResponseWithListener

from ..protocol.deflate import Deflate, Inflater
from ..protocol.engineio import EncodedPacket
from ..protocol.websocket import (
    CloseCode,
    MessageReader,
    WebSocketError,
    check_reserved_bits,
    close_reply,
    cut_reason,
    upgrade_answer,
)
from .drain import Drain
from .frame_cutter import READ_SIZE, FrameCutter, room
from .picows_facade import PicowsFacade
from .picows_stand_ins import EMPTY_ANSWER, GONE, Opening
from .reading_turns import ReadingTurns
from .websocket_link import WebSocketListener

logger = logging.getLogger("flask_socketio")

_GOODBYE = 1.0  # seconds that a peer has to take our Close and to answer it

_TEXT = WSMsgType.TEXT
_REQUEST = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def accept(
    transport: asyncio.Transport,
    listener: WebSocketListener,
    *,
    key: str,
    max_size: int,
    headers: Sequence[tuple[str, str]] = (),
    deflate: Deflate | None = None,
    reading_turns: ReadingTurns | None = None,
) -> asyncio.BaseProtocol:
    """Answer a request for a WebSocket, which `check_upgrade` found good, and open the connection.

    Args:
        transport: the connection, TCP, Unix or TLS, whose last bytes read were the end of the request's head.
        listener: is told at once, before this returns, that the connection is `opened`.
        key: the request's Sec-WebSocket-Key.
        max_size: bytes of the largest message; a larger one closes the connection with 1009 before it is buffered.
        headers: to add to the answer 101.
        deflate: what to agree on about compression.
        reading_turns: where it waits for its turn if much is read from it, as others do; None for one of its own.

    Returns:
        The protocol that the caller hands to `transport.set_protocol`.

    Raises:
        ValueError: a header would break out of its line; nothing has been sent.
    """
    answer = upgrade_answer(key, headers if deflate is None else [*headers, deflate.header])
    reading_turns = reading_turns or ReadingTurns(asyncio.get_running_loop())
    return PicowsLink(transport, listener, max_size, deflate, reading_turns, answer).cut_frames()


class _State(enum.Enum):
    OPENING = enum.auto()  # picows has yet to be led to believe in its handshake
    OPEN = enum.auto()  # messages go both ways
    CLOSING = enum.auto()  # our Close is sent, the peer's is awaited; what else comes is ignored
    ENDING = enum.auto()  # nothing is read any more; the loop will tell when the connection is gone
    CLOSED = enum.auto()  # it is gone


class PicowsLink(WSListener):
    """A WebSocketLink on the connection of an asyncio transport."""

    __slots__ = (
        "_cutter", "_deadline", "_error", "_grown", "_listener", "_max_size", "_paused", "_ping", "_plain", "_reader",
        "_state", "_transport", "_reading_turns", "_vacancy", "_writable", "_write", "_ws", "deflate",
    )  # fmt: skip

    def __init__(
        self,
        transport: asyncio.Transport,
        listener: WebSocketListener,
        max_size: int,
        deflate: Deflate | None,
        reading_turns: ReadingTurns,
        answer: bytes,
    ) -> None:
        self._transport = transport
        self._listener = listener
        self._max_size = max_size
        self._reading_turns = reading_turns
        self._state = _State.OPENING
        self._reader = MessageReader(max_size=max_size, inflater=Inflater)
        self._plain = True  # whether a whole text message may be delivered without a further look
        self._grown = False  # whether the cutter's buffer has become too large to keep
        self._vacancy: int | None = None  # None: something may be in that buffer, else see on_large_buffer
        self._paused = False  # whether the listener wants nothing to be read
        self._writable = True
        self._ping: bytes | None = None  # the last one that could not be answered yet
        self._error: WebSocketError | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.deflate = deflate
        self._ws: Any = Opening(self, transport.write, answer)  # in the end picows' transport
        self._write: Callable[[bytes], None] = self._ws.write
        self._cutter: FrameCutter

    def cut_frames(self) -> FrameCutter:
        """A new frame cutter for this connection, through with its handshake; the transport is to be told of it."""
        surroundings = PicowsFacade(self._transport, self._on_error)
        opening = WSUpgradeResponseWithListener(EMPTY_ANSWER, self)
        self._cutter = cutter = FrameCutter(lambda request: opening, surroundings, self._max_size)
        cutter.connection_made(surroundings)
        surroundings.write = _ignore  # the handshake's answer; picows has found the real one for everything else
        cutter.get_buffer(-1)[: len(_REQUEST)] = _REQUEST
        cutter.buffer_updated(len(_REQUEST))
        return cutter

    # The way out ------------------------------------------------------------------------------------------------------

    def write(self, packets: list[EncodedPacket], /) -> None:
        """Send packets in one write; a lone text straight to the socket where nothing waits before it."""
        packet = packets[0]
        if self.deflate is not None:
            threshold = self.deflate.threshold
            self._write(b"".join([packet.deflated(threshold) for packet in packets]))
        elif len(packets) == 1 and packet.text is not None and not packet.attachments:
            self._ws.send(_TEXT, packet.text)
        else:
            self._write(b"".join([packet.frames for packet in packets]))

    @property
    def buffered(self) -> int:
        """Bytes that wait until the peer takes them."""
        return 0 if self._state is _State.CLOSED else self._transport.get_write_buffer_size()

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Send what is buffered and a Close, and give the peer `_GOODBYE` seconds to answer it."""
        if self._state is _State.OPEN:
            self._say_close(code, reason)
            self._state = _State.CLOSING

    def pause_reading(self) -> None:
        """Take no more from the socket; what has been taken already is still delivered."""
        if self._state is _State.OPEN:
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the socket again."""
        if self._state is _State.OPEN:
            self._paused = False
            self._transport.resume_reading()

    def on_much_read(self, cost: float) -> None:
        """Go on reading when it is this peer's turn; see `reading_turns.py`."""
        if self._state is _State.OPEN and not self._paused:
            self._transport.pause_reading()
            self._reading_turns.join(self._read_on, cost)

    def _read_on(self) -> None:
        if self._state is _State.OPEN and not self._paused:
            self._transport.resume_reading()

    def abort(self) -> None:
        """End the connection at once."""
        if self._state is not _State.CLOSED:
            self._state = _State.ENDING
            self._fall_silent()
            self._transport.abort()

    def _fail(self, error: WebSocketError | None) -> None:
        """Close because the peer broke a rule (`error`), or because of a mistake of our own (None)."""
        if self._state is _State.OPEN:
            self._error = error and error.with_traceback(None)  # in whose frames is this object
            self._say_close(error.code if error else CloseCode.INTERNAL_ERROR)
        elif self._state is not _State.CLOSING:
            return
        self._state = _State.ENDING
        # What the peer still sends is read and dropped: a socket closed with bytes unread would reset the connection,
        # and the peer might never see why it was closed. It closes when it finds that no more comes.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:  # TLS, which reads on by itself until the peer has said goodbye
            self._transport.close()

    def _say_close(self, code: int, reason: str = "") -> None:
        self._ws.send_close(code, cut_reason(reason))
        self._fall_silent()
        self._transport.resume_reading()  # for the peer's Close, or to drop what still comes
        self._deadline = asyncio.get_running_loop().call_later(_GOODBYE, self._transport.abort)

    def _fall_silent(self) -> None:
        self._write = _ignore  # the other ways out are shut by picows, once a Close is sent
        self._plain = False

    # The way in, called by picows -------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """A cutter is through with its handshake."""
        transport.request.headers.clear()  # picows keeps it as long as it lives
        if self._state is _State.OPENING:
            self._state = _State.OPEN
            opening: Opening = self._ws
            opening.ws = transport
            self._listener.opened(self)
            opening.end()
        else:
            self._ws = transport

    def on_answered(self, ws: WSTransport, write: Callable[[bytes], None]) -> None:
        """The answer to the handshake is about to be written; from now on the peer is sent to in these ways."""
        self._ws, self._write = ws, write

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame is complete; it is lent until this returns."""
        if self._plain and frame.msg_type is _TEXT and frame.fin and not (frame.rsv1 or frame.rsv2 or frame.rsv3):
            try:
                text = frame.get_payload_as_utf8_text()
            except UnicodeDecodeError:
                self._on_other_frame(frame)  # it will find the same, and knows what to do
                return
            self._listener.message(text)
        else:
            self._on_other_frame(frame)

    def _on_other_frame(self, frame: WSFrame) -> None:
        if self._state is _State.OPEN:
            try:
                self._receive(frame)
            except WebSocketError as error:
                self._fail(error)
            self._plain = self._state is _State.OPEN and not self._grown and self._reader.idle
        elif self._state is _State.CLOSING and frame.msg_type is WSMsgType.CLOSE:
            self._end()
        if self._grown and frame.last_in_buffer and not frame.tail_size:
            self._vacancy = 0
            asyncio.get_running_loop().call_soon(self._renew)

    def _receive(self, frame: WSFrame) -> None:
        opcode, compressed = frame.msg_type.value, frame.rsv1
        check_reserved_bits(opcode, compressed, frame.rsv2 or frame.rsv3, compression=self.deflate is not None)
        payload = frame.get_payload_as_bytes()
        if frame.msg_type is WSMsgType.PING:
            self._answer_ping(payload)
        elif frame.msg_type is WSMsgType.CLOSE:
            self._say_close(close_reply(payload))
            self._end()
        elif frame.msg_type is not WSMsgType.PONG:
            message = self._reader.receive(opcode, frame.fin, payload, compressed)
            if message is not None:
                self._listener.message(message)

    def _answer_ping(self, payload: bytes) -> None:
        """Of the pings of a peer that does not take the answers only the last one is answered (section 5.5.3)."""
        if self._writable:
            self._ws.send_pong(payload)
        else:
            self._ping = payload

    def _end(self) -> None:
        """Both sides have said goodbye: it is the server who closes the connection (section 7.1.1)."""
        self._state = _State.ENDING
        self._transport.close()

    def _on_error(self, error: BaseException | None) -> None:
        """What picows found wrong, while it is still at it."""
        if isinstance(error, WSProtocolError):
            self._on_bad_frame(WebSocketError(int(error.args[0]), error.args[1]))
        else:
            logger.error("a WebSocket is closed because its listener failed", exc_info=error)
            self._fail(None)

    def _on_bad_frame(self, error: WebSocketError) -> None:
        """The cutter cannot go on, and is about to tell the peer.

        That is too early: it looks one frame ahead, so the frame before is yet to be delivered, and answered. So it is
        made to believe that the connection is gone, and a new one, which will never see a frame, sends what is left.
        What comes from now on makes no sense, and is not looked at.
        """
        if self._state in (_State.OPEN, _State.CLOSING):
            broken = self._cutter
            self._transport.set_protocol(Drain(self.cut_frames()))
            broken.connection_lost(None)
            asyncio.get_running_loop().call_soon(self._fail, error)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone."""
        if transport is not self._ws:
            return  # it is not: a cutter has been put out of work
        self._state = _State.CLOSED
        self._fall_silent()
        if self._deadline is not None:
            self._deadline.cancel()
        listener = self._listener
        del self._listener, self._cutter  # so that no cycle keeps them all until the next garbage collection
        self._ws = GONE
        listener.closed(self._error)

    def pause_writing(self) -> None:
        """The write buffer has passed its mark."""
        self._writable = False
        self._listener.blocked()

    def resume_writing(self) -> None:
        """The write buffer is below its mark again."""
        self._writable = True
        if self._ping is not None:
            self._ws.send_pong(self._ping)
            self._ping = None
        self._listener.resumed()

    # A buffer that has become too large -------------------------------------------------------------------------------

    def on_large_buffer(self, room: int) -> None:
        """See `frame_cutter.Reader`.

        Whether something came of it is seen from the room next time: the first after the buffer was empty is all of it.
        """
        if room > 2 * READ_SIZE:  # only a large message makes it so, many small ones do not
            self._grown = True
            self._plain = False
        if self._vacancy == 0:
            self._vacancy = room
        elif self._vacancy != room:
            self._vacancy = None

    def _renew(self) -> None:
        """Go on with a new cutter, if nothing has come into the buffer of the old one since it was empty."""
        if self._state is _State.OPEN and self._grown and self._vacancy in (0, len(room(self._cutter, -1))):
            self._grown = False
            self._plain = self._reader.idle
            self._transport.set_protocol(self.cut_frames())


def _ignore(data: object) -> None:
    pass
