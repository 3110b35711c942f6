"""What can be set about the Socket.IO server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .limits import Rate


@dataclass(frozen=True)
class RecoveryOptions:
    """How clients that lose their connection come back; times in seconds."""

    #: How long a client may be away.
    max_disconnection_duration: float = 120.0
    #: Let a client that comes back in without asking the connect handler.
    skip_middlewares: bool = False
    #: The most events of one namespace that are kept for those who may come back, and their bytes.
    max_messages: int = 10_000
    max_bytes: int = 16_000_000
    #: The most clients that are waited for.
    max_sessions: int = 10_000
    #: Where all of it is kept while the server is restarted; None: nowhere.
    path: str | None = None


@dataclass(frozen=True)
class ServerOptions:
    """Settings of a `Server`; times in seconds."""

    #: Namespaces that clients may join besides those with handlers; `"*"` among them: any.
    namespaces: Collection[str] = ("/",)
    #: Send CONNECT before the connect handler runs; a refusal then is a DISCONNECT.
    always_connect: bool = False
    #: Every event on a thread of its own, without an order, as Flask-SocketIO 5 did by default.
    async_handlers: bool = False
    #: How long a connection may stay without joining any namespace.
    connect_timeout: float = 45.0
    #: The most threads for `def` handlers and Flask's views.
    max_threads: int = 64
    #: A handler that runs longer than this loses its turn (`mailbox.py`).
    overtake_after: float = 1.0
    #: So many threads may be lost in such handlers before they count against `max_threads`.
    max_overtaken: int = 256
    #: The most events of one client in one namespace that may wait for their handlers.
    max_queued_events: int = 1_000
    #: The most acknowledgements that one client in one namespace may owe.
    max_pending_acks: int = 1_000
    #: What clients that lose their connection get when they come back; None: nothing.
    recovery: RecoveryOptions | None = None
    #: How many events one client may send, and how many bytes in events; None: no limit.
    rate_limit: Rate | None = None
    byte_rate_limit: Rate | None = None
    #: Of so many events of one client that are to be handled once, the ids and answers are remembered.
    max_remembered: int = 100
    #: The most rooms that one client may be in.
    max_rooms: int = 10_000
    #: Bytes of one event to clients from which on the log names it, and above which it is refused; None: never.
    payload_warning: int | None = 32_768
    max_emit_size: int | None = None
    #: The most namespaces that one connection may be in. One that it has left counts until its handlers are done.
    max_namespaces: int = 100
