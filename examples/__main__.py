"""Serve all examples and a page that leads to them: `python -m examples`, or `make demo`.

PORT (5000) and HOST (127.0.0.1; 0.0.0.0 lets a phone on the same network in) say where. Each example keeps what it
has to keep where it does when it is served alone.
"""

from __future__ import annotations

import os

from examples.start.app import app, mounted, socketio

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "5000"))
    socketio.run(app, host=host, port=port, mounted=mounted)
