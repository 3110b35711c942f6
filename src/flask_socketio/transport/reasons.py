"""Why a connection ended: one closed list, used from the transport up to the users' `disconnect` handlers."""

from __future__ import annotations

import enum


class Reason(str, enum.Enum):
    """Why a client is gone. Each member is a `str`, so handlers can compare it with the text."""

    #: The server disconnected the client from a namespace.
    SERVER_DISCONNECT = "server disconnect"
    #: The client left a namespace by a DISCONNECT packet.
    CLIENT_DISCONNECT = "client disconnect"
    #: No PONG within `ping_timeout` after a PING.
    PING_TIMEOUT = "ping timeout"
    #: The client closed its transport, or the network did in an orderly way.
    TRANSPORT_CLOSE = "transport close"
    #: The transport broke: a poll given up half-way, a reset, a client that stopped reading.
    TRANSPORT_ERROR = "transport error"
    #: The client broke the protocol.
    PARSE_ERROR = "parse error"
    #: The server is being stopped.
    SERVER_SHUTTING_DOWN = "server shutting down"

    def __str__(self) -> str:
        return self.value
