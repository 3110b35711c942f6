"""Serve the chat: `python -m examples.chat`.

Environment: PORT (5000), HOST (127.0.0.1; 0.0.0.0 lets a phone in), CHAT_FOLDER (`saved`, beside this: keeps it all).
"""

from __future__ import annotations

import os

from examples.chat.app import app, socketio

if __name__ == "__main__":
    socketio.run(app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")))
