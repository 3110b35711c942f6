"""uvicorn's HTTP connection, with three things of ours.

WebSockets go to the engine; request heads are bounded; and the request being answered hears that its client has left.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ..transport.http import Request, Response
from ..transport.picows_link import accept
from ..transport.refusal import Refused
from ..transport.websocket_link import WebSocketListener
from .environ import request_from_scope

#: The largest request head, in bytes: request line, headers and all their cookies.
MAX_HEAD_SIZE = 16_384

_TOO_LARGE = Response(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    [("Content-Type", "text/plain; charset=utf-8")],
    f"The head of the request is larger than {MAX_HEAD_SIZE} bytes; most often cookies are the cause.\n".encode(),
)


class WebSocketHost(Protocol):
    """Who decides about WebSocket handshakes."""

    #: Bytes of the largest message.
    max_size: int

    def accept_websocket(self, request: Request) -> WebSocketListener:
        """Whom to tell about the WebSocket. Raises Refused."""

    def headers(self, listener: WebSocketListener) -> list[tuple[str, str]]:
        """What to add to the answer 101."""

    def refuse(self, request: Request, refused: Refused) -> Response:
        """The answer to a handshake that was refused."""


class NativeProtocol(HttpToolsProtocol):
    """One connection. `host` is set by subclassing, since uvicorn makes the instances."""

    host: WebSocketHost

    _head_size = 0
    _in_head = True
    _refused = False

    # A head that never ends is refused while it comes in, one that came at once when it is complete.

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._refused:
            return
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > MAX_HEAD_SIZE:
            self._refuse(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD_SIZE:
            self._refuse(_TOO_LARGE)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._in_head = True
        self._head_size = 0
        if not self._refused:
            super().on_message_complete()

    # When a connection is lost, uvicorn tells the newest request. The one being answered may be an older one, if the
    # client has sent the next already (pipelining); it would stream to nobody for ever, and hold its worker.

    _answered: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    # WebSockets

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def handle_websocket_upgrade(self) -> None:
        """The head of a WebSocket handshake has come: from here on the connection is the engine's."""
        if self._refused:
            return
        url = httptools.parse_url(self.url)
        path = url.path.decode("latin-1")
        request = request_from_scope({**self.scope, "path": path, "query_string": url.query or b""})
        host = self.host
        try:
            listener = host.accept_websocket(request)
        except Refused as refused:
            self._refuse(host.refuse(request, refused))
            return
        self.connections.discard(self)
        protocol = accept(
            self.transport,
            listener,
            key=request.header("sec-websocket-key") or "",
            max_size=host.max_size,
            headers=host.headers(listener),
        )
        self.transport.set_protocol(protocol)

    def _refuse(self, response: Response) -> None:
        """Answer by hand and close: uvicorn has not seen a request it could answer."""
        self._refused = True
        headers = [*response.headers, ("Content-Length", str(len(response.body))), ("Connection", "close")]
        status = HTTPStatus(response.status)
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers)
        self.transport.write(head.encode("latin-1") + b"\r\n" + response.body)
        self.transport.close()
