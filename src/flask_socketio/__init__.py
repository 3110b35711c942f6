"""WebSockets for Flask over Socket.IO.

from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app)

@socketio.on("chat message")
def handle_chat_message(message):
    socketio.emit("chat message", message)
"""

from __future__ import annotations

from . import installation as installation  # first: it checks that the others are ours
from ._version import __version__
from .context import request
from .exceptions import ConnectionRefusedError, EventError
from .extension import SocketIO
from .functions import call, close_room, disconnect, emit, join_room, leave_room, rooms, send
from .namespace import Namespace, event_rules
from .test_client import SocketIOTestClient

__all__ = [
    "ConnectionRefusedError",
    "EventError",
    "Namespace",
    "SocketIO",
    "SocketIOTestClient",
    "__version__",
    "call",
    "close_room",
    "disconnect",
    "emit",
    "event_rules",
    "join_room",
    "leave_room",
    "request",
    "rooms",
    "send",
]
