"""What a server may be asked for: a workload needs one feature, a peer offers some."""

from __future__ import annotations

from enum import Flag, auto


class Feature(Flag):
    """One of them, or several."""

    EVENTS = auto()
    """Events and rooms over WebSocket."""
    ASYNC_HANDLERS = auto()
    """An event may have an `async def` handler (or, in JavaScript, an `async` function)."""
    HEARTBEATS = auto()
    """Engine.IO's pings."""
    POLLING = auto()
    """Long polling, and the upgrade from it to WebSocket."""
    BLOCKING_HANDLERS = auto()
    """A `def` handler may sleep while others run."""
    FLASK_ROUTES = auto()
    """Views of Flask's own."""


SOCKETIO = Feature.EVENTS | Feature.HEARTBEATS | Feature.POLLING
FLASK_SOCKETIO = SOCKETIO | Feature.BLOCKING_HANDLERS | Feature.FLASK_ROUTES
