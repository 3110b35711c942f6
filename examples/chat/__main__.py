"""Serve the chat: `python -m examples.chat`.

PORT (5000) and HOST (127.0.0.1; 0.0.0.0 lets a phone on the same network in) say where, CHAT_DATABASE names the file
that keeps the messages (chat.sqlite3 beside this one).
"""

from __future__ import annotations

import os

from examples.chat.app import app, socketio

if __name__ == "__main__":
    socketio.run(app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")))
