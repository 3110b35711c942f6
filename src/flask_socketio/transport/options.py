"""What can be set about the Engine.IO connections of a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from .http import Request

#: Which origins may connect: None the server's own, `"*"` all, a list of them, or a function of origin and request.
#: An empty list switches CORS off altogether: nothing is checked and no header is sent (upstream's behaviour).
AllowedOrigins: TypeAlias = str | Sequence[str] | Callable[[str, Request], bool] | None

#: The same, one for each part of the application by its name, and for all that are not named, `"*"`.
AllowedByPart: TypeAlias = Mapping[str, AllowedOrigins]

#: A cookie of the handshake: its name, or its name and attributes.
Cookie: TypeAlias = str | Mapping[str, object] | None

#: What happens to a client that reads too slowly.
SlowClients: TypeAlias = Literal["disconnect", "drop-oldest"]
SLOW_CLIENTS = get_args(SlowClients)

TRANSPORTS = ("polling", "websocket")


@dataclass(frozen=True)
class EngineOptions:
    """Settings of an `Engine`; times in seconds, sizes in bytes. The defaults are those of Flask-SocketIO 5."""

    #: Where requests for Engine.IO begin, with both slashes.
    path: str = "/socket.io/"
    #: Time from one PING to the next; where the PONG takes longer than that, from the PONG to the next PING.
    ping_interval: float = 25.0
    #: Added to the interval that clients are told: how late a PING may come before they give up.
    ping_grace: float = 0.0
    #: How long a client may take to answer a PING.
    ping_timeout: float = 20.0
    #: Largest POST body and largest WebSocket message accepted; clients are told it as maxPayload.
    max_http_buffer_size: int = 1_000_000
    #: Whether a polling client may go over to WebSocket.
    allow_upgrades: bool = True
    #: How long an upgrade may take from the WebSocket's opening to its UPGRADE packet.
    upgrade_timeout: float = 10.0
    #: The transports accepted.
    transports: tuple[str, ...] = TRANSPORTS
    #: Whether answers to polls are compressed, and whether WebSocket messages are; and from which size on.
    http_compression: bool = True
    websocket_compression: bool = False
    compression_threshold: int = 1024
    cookie: Cookie = None
    #: Where it says it for each part, those may connect that are allowed in any; the application sees to the rest.
    cors_allowed_origins: AllowedOrigins | AllowedByPart = None
    cors_credentials: bool = True
    #: How many connections there may be at a time, and how many from one address; None: any number.
    max_connections: int | None = None
    max_connections_per_address: int | None = None
    #: How much may wait for one client that reads too slowly. What one turn of the loop may produce at once
    #: (`connection.FLUSH_PACKETS`, `FLUSH_SIZE`) may wait in any case.
    max_outbox_packets: int = 10_000
    max_outbox_size: int = 16_000_000
    #: What happens past either: its connection ends ("disconnect", TRANSPORT_ERROR), or what has waited longest is
    #: given up ("drop-oldest").
    slow_clients: SlowClients = "disconnect"
    #: How long a closed polling session waits for the poll that fetches its last packets.
    close_timeout: float = 30.0
