"""uvicorn's HTTP connection, with a few things of ours.

WebSockets go to the engine; what a client may send, and how slowly, is bounded, and so is how slowly it may read; and
the request being answered hears that its client has left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from itertools import chain
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ..transport.drain import Drain
from ..transport.engine import Engine
from ..transport.http import Request, Response, address_of
from ..transport.picows_link import accept
from ..transport.refusal import Refused
from .environ import request_from_scope
from .middlewares import Arrived, Asked, HandshakeRouter
from .transfer_pace import LEAST, PERIOD, TransferPace

logger = logging.getLogger("flask_socketio")

#: The largest request head, in bytes: request line, headers and all their cookies.
MAX_HEAD_SIZE = 16_384

#: Seconds that a client has for the head of a request, counted from its first byte, and to begin with its first one.
HEAD_TIMEOUT = 60.0

#: Seconds that a refused client has to read why.
GOODBYE = 1.0

_TOO_LARGE = Response(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    [("Content-Type", "text/plain; charset=utf-8")],
    f"The head of the request is larger than {MAX_HEAD_SIZE} bytes; most often cookies are the cause.\n".encode(),
)

_TOO_SLOW = Response(
    HTTPStatus.REQUEST_TIMEOUT,
    [("Content-Type", "text/plain; charset=utf-8")],
    f"The body of the request came too slowly: expected {LEAST} bytes a second, or all in {PERIOD:g} s.\n".encode(),
)

_NOBODY = asyncio.Protocol()


class NativeProtocol(HttpToolsProtocol):
    """One connection. `router` and `amend` are set by subclassing, since uvicorn makes the instances."""

    #: Who decides about WebSocket handshakes.
    router: HandshakeRouter
    #: Corrects the scope of a request, where the server's settings say more of it than the request itself.
    amend: Callable[[MutableMapping[str, Any]], None] | None = None

    _refused = False
    _upgrades: bool | None = None
    _idle_bytes = 0
    _in_head = False
    _in_body = False
    _body_bytes = 0
    _reading: TransferPace | None = None
    _writing: TransferPace | None = None
    _answered: RequestResponseCycle | None = None
    _deadline: asyncio.TimerHandle | None = None
    _arriving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is uvicorn's
        """A client has connected.

        This is all that uvicorn's own does, but for asking the system for both addresses, by a socket object for each:
        the loop has them already.
        """
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = _address(transport.get_extra_info("peername"))
        local = transport.get_extra_info("sockname")
        self.server = (local, None) if isinstance(local, str) else _address(local)
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._end_after(HEAD_TIMEOUT)

    # What has come and led to nothing yet is bounded: that is a head without end, but also what may stand around the
    # chunks of a body and behind them. A head that comes at once is measured when it is complete.

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._idle_bytes += len(data)
        super().data_received(data)
        if self._idle_bytes > MAX_HEAD_SIZE:
            self._refuse_head()
        elif self._in_head and self._deadline is None:
            self._end_after(HEAD_TIMEOUT)
        elif self._in_body and self._reading is None:
            self._watch_body()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        self._upgrades = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        self._idle_bytes = 0
        self._end_after(None)
        size = len(self.url) + sum(map(len, chain.from_iterable(self.headers))) + 4 * len(self.headers)
        if size > MAX_HEAD_SIZE:
            self._refuse_head()
        elif not self._refused:
            if self.amend is not None:
                scope: Any = self.scope
                self.amend(scope)
            super().on_headers_complete()
            self._in_body = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        self._idle_bytes = 0
        self._body_bytes += len(body)
        if not self._refused:
            super().on_body(body)
            if self._reading is not None and self.flow.read_paused:
                self._reading.excuse()

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._idle_bytes = 0
        self._in_body = False
        if self._reading is not None:
            self._reading.end()
            self._reading = None
        if not self._refused:
            super().on_message_complete()

    # A body that does not come at once has to come at a pace, and an answer has to be read at one.

    def _watch_body(self) -> None:
        self._reading = TransferPace(self.loop, lambda: self._body_bytes, self._sends_too_slowly)
        if self._holds_up_body():
            self._reading.excuse()

    def _holds_up_body(self) -> bool:
        return self.flow.read_paused or (self.cycle is not None and self.cycle.waiting_for_100_continue)

    def _sends_too_slowly(self) -> None:
        self._reading = None
        if self._holds_up_body():
            self._watch_body()
        elif not self._refused:
            self._log_refusal(f"its body comes at less than {LEAST} bytes a second")
            if self._answered is None or self._answered.response_complete:
                self.transport.abort()
            else:
                self._refuse(_TOO_SLOW)

    def _watch_answer(self) -> None:
        if self._writing is None:
            self._writing = TransferPace(
                self.loop, lambda: -self.transport.get_write_buffer_size(), self._reads_too_slowly
            )

    def _reads_too_slowly(self) -> None:
        self._writing = None
        self._log_refusal(f"it takes less than {LEAST} bytes a second of the answer")
        self.transport.abort()

    def pause_writing(self) -> None:
        """The client takes the answer more slowly than it is made."""
        super().pause_writing()
        self._watch_answer()

    def resume_writing(self) -> None:
        """It has taken nearly all that there was."""
        super().resume_writing()
        if self._writing is not None and not self.transport.is_closing():
            self._writing.end()
            self._writing = None

    def on_response_complete(self) -> None:
        """An answer has been written, if not read."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_answer()

    def timeout_keep_alive_handler(self) -> None:
        """No other request has come for a while."""
        super().timeout_keep_alive_handler()
        self._watch_answer()

    # When a connection is lost, uvicorn tells the newest request. The one being answered may be an older one, if the
    # client has sent the next already (pipelining); it would stream to nobody for ever, and hold its worker.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._end_requests()
        self._end_after(None)
        for pace in (self._reading, self._writing):
            if pace is not None:
                pace.end()
        if self._arriving is not None:
            self._arriving.cancel()

    def _end_requests(self) -> None:
        """Tell the request being answered that nobody reads its answer."""
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    # WebSockets

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def _should_upgrade(self) -> bool:
        if self._upgrades is None:  # of a handshake uvicorn asks three times
            self._upgrades = super()._should_upgrade()
        return self._upgrades

    def handle_websocket_upgrade(self) -> None:
        """The head of a WebSocket handshake has come: from here on the connection is the engine's."""
        if self._refused:
            return
        if self._answered is not None and not self._answered.response_complete:
            self.transport.close()  # two answers would share the connection
            return
        try:
            url = httptools.parse_url(self.url)
            raw_path = url.path or b""
            path = self.root_path + unquote(raw_path.decode("ascii"))
        except (httptools.HttpParserError, UnicodeDecodeError):
            self.send_400_response("Invalid HTTP request received.")
            return
        scope = {**self.scope, "path": path, "raw_path": raw_path, "query_string": url.query}
        request = request_from_scope(scope)
        try:
            arriving = self.router.websocket(request)
        except Refused as refused:
            self._refuse(self.router.refuse(request, refused))
            return
        if isinstance(arriving, Arrived):
            self._accept(*arriving)
        else:
            self.transport.pause_reading()  # who has no answer has nothing to say
            self._arriving = self.loop.create_task(self._await(arriving))

    async def _await(self, arriving: Asked) -> None:
        arrived = await arriving
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        if isinstance(arrived, Arrived):
            self._accept(*arrived)
        else:
            self._refuse(arrived)

    def _accept(self, request: Request, engine: Engine) -> None:
        try:
            listener = engine.accept_websocket(request)
        except Refused as refused:
            self._refuse(engine.refuse(request, refused))
            return
        self.connections.discard(self)
        protocol = accept(
            self.transport,
            listener,
            key=request.header("sec-websocket-key") or "",
            max_size=engine.options.max_http_buffer_size,
            headers=engine.websocket_headers(listener),
            deflate=engine.deflate(request),
            reading_turns=engine.reading_turns,
        )
        # uvloop holds on to the last protocol that is handed bytes, and an idle WebSocket would hold its HTTP parser.
        self.transport.set_protocol(_NOBODY)
        self.transport.set_protocol(protocol)
        del self.parser  # it knows this object

    # Ends that uvicorn knows nothing of

    def _end_after(self, seconds: float | None) -> None:
        """Cut the connection off unless this is called again in time; None for no limit."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _refuse_head(self) -> None:
        if not self._refused:
            self._log_refusal(f"its head is larger than {MAX_HEAD_SIZE} bytes")
            self._refuse(_TOO_LARGE)

    def _log_refusal(self, why: str) -> None:
        logger.warning("refused a request from %s: %s", address_of(self.client), why)

    def _refuse(self, response: Response) -> None:
        """Answer by hand and close. What the client still sends is read, or it might never see the answer."""
        self._refused = True
        if self._answered is not None and self._answered.response_started and not self._answered.response_complete:
            self.transport.close()  # this is no place for another answer
            return
        self._end_requests()
        self.transport.write(response.to_bytes())
        self.transport.set_protocol(Drain(self))
        self._end_after(GOODBYE)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:  # TLS
            self.transport.close()


def _address(name: object) -> tuple[str, int] | None:
    """Host and port; of IPv6 there is more, and Unix domain sockets have neither."""
    return (name[0], name[1]) if isinstance(name, tuple) else None
