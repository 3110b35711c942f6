"""What happened to packets, counted since the server began to run."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(slots=True)
class Counters:
    """Numbers that only grow."""

    #: Packets that came from clients: nearly all are events and acknowledgements, the rest are heartbeats.
    packets_received: int = 0
    #: Packets that were handed to the transports of clients: one for each client that an event went to.
    packets_sent: int = 0
    #: Volatile packets that a client could not take at that moment, and never got.
    volatile_dropped: int = 0
    #: Packets that a newer one with the same `latest` key replaced before a slow client took them.
    latest_replaced: int = 0
    #: Events that were given up because an outbox was full (`slow_clients="drop-oldest"`).
    oldest_dropped: int = 0
    #: Connections that were ended because an outbox was full, and nothing in it could be dropped.
    slow_disconnected: int = 0
