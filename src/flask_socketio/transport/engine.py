"""The Engine.IO server: all connections, who may open one, and their heartbeats.

Hosts bring it two things: HTTP requests (`respond`) and WebSocket handshakes (`accept_websocket`). The application on
top (the Socket.IO server, or an echo) is told of new connections and gets their messages. Everything runs on one
asyncio loop and takes no lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from ..protocol import engineio
from ..protocol.deflate import Deflate, negotiate
from ..protocol.errors import ProtocolError, excerpt, hint
from ..protocol.websocket import check_upgrade
from .complaints import Complaints
from .compression import compress
from .connection import FLUSH_PACKETS, FLUSH_SIZE, Connection, MessageHandler, State, make_id
from .connection_limits import ConnectionLimits
from .cookie import cookie_header
from .counters import Counters
from .deadlines import Clock, Deadlines
from .http import Request, Response
from .jsonp import jsonp_index, payload_response
from .options import EngineOptions
from .origin import OriginPolicy
from .polling import PollingTransport, ReadBody
from .reading_turns import ReadingTurns
from .reasons import Reason
from .refusal import Cause, Refused
from .websocket import WebSocketTransport

logger = logging.getLogger("flask_socketio")

#: Seconds in which a poll may still come of a client that has closed its session: the two have crossed.
CROSSING = 1.0

#: Refusals that are nothing but what a limit is there for.
_LIMITS = (Cause.FULL, Cause.TOO_MANY)

#: Seconds that clients have to fetch or acknowledge their goodbye when the server stops, however long it may take to.
#: Those that are there do so at once; a polling client that went without a word never would.
FAREWELL = 1.0


class Application(Protocol):
    """What runs on top of the engine."""

    def opened(self, connection: Connection) -> MessageHandler:
        """A client has connected; its handshake packet is already in its outbox."""


class Engine:
    """All Engine.IO connections of one server.

    Args:
        application: gets the connections and their messages.
        options: see `EngineOptions`.

    Nothing works before `start`.
    """

    def __init__(self, application: Application, options: EngineOptions) -> None:
        self.configure(options)
        self.connections: dict[str, Connection] = {}
        self.counters = Counters()
        #: Whether other processes get some of the requests, and so of the clients; set by the host.
        self.one_of_many = False
        #: Makes the session ids; replaceable, as in Node's server.
        self.generate_id: Callable[[], str] = make_id
        self._application = application
        self.unflushed: list[Connection] = []
        self._stopping = False
        self._empty: asyncio.Future[None] | None = None

    def configure(self, options: EngineOptions) -> None:
        """Take these options from now on; times and the most connections from the next `start` on."""
        self.options = options
        self.max_outbox_packets = options.max_outbox_packets
        self.max_outbox_size = options.max_outbox_size
        self.flush_packets = min(FLUSH_PACKETS, options.max_outbox_packets)
        self.flush_size = min(FLUSH_SIZE, options.max_outbox_size)
        self.drops_oldest = options.slow_clients == "drop-oldest"
        self._origins = OriginPolicy(options.cors_allowed_origins, options.cors_credentials)

    def start(self, clock: Clock) -> None:
        """Begin to serve on a loop. A server that is started again has forgotten all its connections."""
        options = self.options
        self._clock = clock
        #: What was said of whom in the log of late.
        self.complaints = Complaints(clock.time)
        self._limits = ConnectionLimits(options.max_connections, options.max_connections_per_address)
        #: Where those wait from whom much is read.
        self.reading_turns = ReadingTurns(clock)
        self._stopping = False
        self._empty = None
        self.connections.clear()
        self.unflushed.clear()
        self._until_ping: Deadlines[Connection] = Deadlines(clock, options.ping_interval, self._ping)
        self._until_pong: Deadlines[Connection] = Deadlines(
            clock, options.ping_timeout, lambda connection: connection.lost(Reason.PING_TIMEOUT)
        )
        self._until_opened: Deadlines[Any] = Deadlines(clock, options.upgrade_timeout, self._never_opened)
        self._until_upgraded: Deadlines[WebSocketTransport] = Deadlines(
            clock, options.upgrade_timeout, lambda transport: transport.close(Reason.TRANSPORT_ERROR, [])
        )
        self._until_fetched: Deadlines[Connection] = Deadlines(
            clock, options.close_timeout, lambda connection: connection.lost(Reason.TRANSPORT_CLOSE)
        )
        self._until_crossed: Deadlines[str] = Deadlines(clock, CROSSING, lambda sid: None)

    async def stop(self, timeout: float) -> None:
        """Accept no more connections, tell all clients, wait until they are gone: `timeout`, at most a `FAREWELL`."""
        self._stopping = True
        for connection in list(self.connections.values()):
            connection.close(Reason.SERVER_SHUTTING_DOWN)
        if self.connections and timeout > 0:
            if self._empty is None or self._empty.done():  # else somebody waits for the same already
                self._empty = asyncio.get_running_loop().create_future()
            self._clock.call_at(self._clock.time() + min(timeout, FAREWELL), self._all_gone)
            await self._empty

    # What hosts call

    async def respond(self, request: Request, read_body: ReadBody) -> Response:
        """Answer an HTTP request to the Engine.IO path. A GET may take as long as a ping interval.

        To be cancelled when the client goes away before the answer.
        """
        try:
            self._check_origin(request)
            if request.method == "OPTIONS":
                response = Response(204, [])
            else:
                response = await self._polling(request, read_body)
        except Refused as refused:
            response = self.refuse(request, refused)
        else:
            response.headers += self._origins.headers(request)
        if self.options.http_compression:
            try:
                response = await compress(request, response, self.options.compression_threshold)
            except asyncio.CancelledError:
                if request.method == "GET" and (connection := self._named_by(request)):
                    connection.lost(Reason.TRANSPORT_ERROR)  # as in `PollingTransport.get`: the packets are taken
                raise
        return response

    def _named_by(self, request: Request) -> Connection | None:
        return self.connections.get(request.query.get("sid", ""))

    def knows(self, request: Request) -> bool:
        """Whether a request names a session that is open."""
        return self._named_by(request) is not None

    def end_poll(self, request: Request) -> None:
        """Let a request that waits in `respond` be answered now: the host cannot let it wait any longer."""
        connection = self._named_by(request)
        if connection is not None and isinstance(connection.transport, PollingTransport):
            connection.transport.relieve()

    def accept_websocket(self, request: Request) -> WebSocketTransport:
        """The transport for a WebSocket whose handshake this request is; the host tells it `opened`, and so on.

        It counts from now on, and no longer if it is not open by the upgrade timeout, or `closed` before.

        Raises:
            Refused: the handshake is to be answered with `refuse()` instead.
        """
        self._check_origin(request)
        connection = self._check(request, "websocket")
        try:
            check_upgrade(request.method, request.header)
        except ProtocolError as error:
            raise Refused(Cause.BAD_REQUEST, str(error), ("Sec-WebSocket-Version", "13")) from None
        transport = WebSocketTransport(self)
        if connection is None:
            self._limits.admit(request)
            transport.connection = Connection(self, self.generate_id(), request, transport)
            self._until_opened.start(transport)
        elif connection.upgrading is not None or connection.transport.name == "websocket":
            self._log_refusal(request, "this session has a WebSocket already, and a second one is closed at once")
            transport.connection = None
        elif not self.options.allow_upgrades:
            raise Refused(Cause.BAD_REQUEST, "upgrades are switched off (SocketIO(app, allow_upgrades=False))")
        else:
            transport.connection = connection
            connection.upgrading = transport
            self._until_opened.start(transport)
        return transport

    def _never_opened(self, transport: WebSocketTransport) -> None:
        if (connection := transport.connection) and connection.transport is transport:
            self._limits.left(connection.request)
        transport.closed(None)

    def websocket_headers(self, transport: WebSocketTransport) -> list[tuple[str, str]]:
        """Headers for the 101 answer to an accepted handshake: a new session's cookie, if one is set up."""
        connection = transport.connection
        if connection is None or connection.transport is not transport:
            return []
        return cookie_header(self.options.cookie, connection.sid)

    def deflate(self, request: Request) -> Deflate | None:
        """What to agree on about compressed messages; for hosts that carry the frames themselves."""
        if not self.options.websocket_compression:
            return None
        return negotiate(request.header("sec-websocket-extensions"), self.options.compression_threshold)

    def refuse(self, request: Request, refused: Refused) -> Response:
        """The answer to a refused request; the log gets one line, of those that are too many one for each address."""
        if refused.cause not in _LIMITS or self.complaints.due(refused.cause.name, request.address):
            self._log_refusal(request, refused.why)
        response = refused.response()
        if refused.cause is not Cause.FORBIDDEN:
            response.headers += self._origins.headers(request)
        return response

    def _log_refusal(self, request: Request, why: str) -> None:
        logger.warning("refused %s %s from %s: %s", request.method, excerpt(request.path), request.address, why)

    # Who may come in

    def _check_origin(self, request: Request) -> None:
        connection = self._named_by(request)
        problem = self._origins.problem(request, request if connection is None else connection.request)
        if problem is not None:
            raise Refused(Cause.FORBIDDEN, problem)

    def _check(self, request: Request, transport: str) -> Connection | None:
        """The session that a request names, None for one that opens a session (Engine.IO v4, "Query parameters")."""
        query = request.query
        if query.get("EIO") != "4":
            raise Refused(
                Cause.UNSUPPORTED_VERSION,
                f"got EIO={excerpt(query.get('EIO'))}, expected EIO=4: this server speaks Engine.IO 4 (Socket.IO "
                f"clients 3 and 4); load the client that fits from {self.options.path}socket.io.js",
            )
        wanted = query.get("transport")
        if wanted not in self.options.transports:
            raise Refused(
                Cause.UNKNOWN_TRANSPORT,
                f"got transport={excerpt(wanted)}, expected one of {list(self.options.transports)} "
                "(SocketIO(app, transports=...))",
            )
        sid = query.get("sid")
        connection = None if sid is None else self._find(sid, transport)
        if connection is None and self._stopping:
            raise Refused(Cause.STOPPING, "the server is shutting down")
        if wanted != transport:
            got = "a plain HTTP request" if transport == "polling" else "a WebSocket handshake"
            raise Refused(Cause.BAD_REQUEST, f"got transport={wanted} in {got}, expected transport={transport}")
        return connection

    def _find(self, sid: str, transport: str) -> Connection:
        self._until_pong.expire()  # a late timer must not keep a dead session alive
        connection = self.connections.get(sid)
        if connection is None or (connection.closing and transport == "websocket"):
            raise Refused(
                Cause.UNKNOWN_SID_HERE if self.one_of_many else Cause.UNKNOWN_SID,
                f"no session {hint(sid)} here: it has ended, or another process has it (polling clients must "
                "always reach the same one)",
            )
        return connection

    # Long polling

    async def _polling(self, request: Request, read_body: ReadBody) -> Response:
        jsonp = jsonp_index(request)
        if request.method == "GET" and self._until_crossed.cancel(request.query.get("sid", "")):
            return payload_response(engineio.encode_payload([engineio.NOOP_PACKET]), jsonp)
        connection = self._check(request, "polling")
        if connection is None:
            if request.method != "GET":
                raise Refused(Cause.BAD_METHOD, f"got {request.method} without a session id, expected GET")
            return self._open_polling(request, jsonp)
        transport = connection.transport
        if not isinstance(transport, PollingTransport):
            raise Refused(Cause.BAD_REQUEST, "got a poll, expected none: this session is on WebSocket")
        if request.method == "GET":
            return payload_response(await transport.get(), jsonp)
        if request.method != "POST":
            raise Refused(Cause.BAD_REQUEST, f"got {request.method}, expected GET or POST")
        await transport.post(read_body, self.options.max_http_buffer_size, jsonp=jsonp is not None)
        return Response(200, [("Content-Type", "text/html")], b"ok")

    def _open_polling(self, request: Request, jsonp: str | None) -> Response:
        self._limits.admit(request)
        transport = PollingTransport()
        connection = Connection(self, self.generate_id(), request, transport)
        transport.connection = connection
        upgradable = request.upgradable and self.options.allow_upgrades and "websocket" in self.options.transports
        upgrades = ["websocket"] if upgradable else []
        connection.state = State.OPEN
        self._register(connection)
        response = payload_response(self._open_packet(connection, upgrades).payload, jsonp)
        response.headers += cookie_header(self.options.cookie, connection.sid)
        return response

    # Connections

    def opened(self, connection: Connection) -> None:
        """The WebSocket of a new connection is open, or what a client in memory has for it."""
        if not self._until_opened.cancel(connection.transport):
            self._limits.came(connection.request)
        connection.state = State.OPEN
        connection.send(self._open_packet(connection, []))
        self._register(connection)
        connection.flush()  # now, and not at the end of the turn: so it leaves with the answer to the handshake

    def _open_packet(self, connection: Connection, upgrades: list[str]) -> engineio.EncodedPacket:
        options = self.options
        return engineio.open_packet(
            connection.sid,
            upgrades=upgrades,
            ping_interval=options.ping_interval + options.ping_grace,
            ping_timeout=options.ping_timeout,
            max_payload=options.max_http_buffer_size,
        )

    def _register(self, connection: Connection) -> None:
        self.connections[connection.sid] = connection
        self._until_ping.start(connection)
        connection.handler = self._application.opened(connection)

    def leaving(self, connection: Connection) -> None:
        """See `connection.Owner`: of the session that ends now, nothing but its name is kept for such a poll."""
        transport = connection.transport
        if isinstance(transport, PollingTransport) and not transport.asked:
            self._until_crossed.start(connection.sid)

    def closing(self, connection: Connection) -> None:
        """A connection has ended; see `connection.Owner`."""
        self._until_ping.cancel(connection)
        self._until_pong.cancel(connection)
        if connection.state is State.CLOSING:
            self._until_fetched.start(connection)

    def closed(self, connection: Connection) -> None:
        """Nothing more will come of a connection."""
        self._until_fetched.cancel(connection)
        registered = self.connections.pop(connection.sid, None) is not None
        if registered or self._until_opened.cancel(connection.transport):
            self._limits.left(connection.request)
        if not self.connections:
            self._all_gone()

    def _all_gone(self) -> None:
        """Nobody is waited for any more."""
        if self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    # Heartbeats

    def _ping(self, connection: Connection) -> None:
        if connection not in self._until_pong:  # else it is awaited still, and the PONG sets the next PING
            due = self._until_ping.when
            if connection.reading:  # else it is we who keep the PONG from arriving
                self._until_pong.start(connection, since=due)
            self._until_ping.start(connection, since=due)
            connection.send(engineio.PING_PACKET)

    def answered(self, connection: Connection) -> None:
        """A client has sent a PONG."""
        self._until_pong.cancel(connection)
        if connection not in self._until_ping:
            self._until_ping.start(connection)

    # Upgrades

    def probing(self, transport: WebSocketTransport) -> None:
        """An upgrade has begun."""
        self._until_opened.cancel(transport)
        self._until_upgraded.start(transport)

    def probed(self, transport: WebSocketTransport) -> None:
        """An upgrade has ended."""
        self._until_upgraded.cancel(transport)

    # The end of a turn of the loop

    def schedule_flush(self) -> None:
        """See `connection.Owner`."""
        self._clock.call_soon(self._flush)

    def schedule_close(self, connection: Connection, reason: Reason) -> None:
        """See `connection.Owner`."""
        self._clock.call_soon(connection.close, reason)

    def _flush(self) -> None:
        connections, self.unflushed = self.unflushed, []
        for connection in connections:
            try:
                connection.flush()
            except Exception:  # one that fails must not cost the others their turn
                logger.exception("closing connection %s: it cannot be written to", connection)
                connection.lost(Reason.TRANSPORT_ERROR)
