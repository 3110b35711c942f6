"""Socket.IO for the official protocol suite: `python tests/apps/socketio_protocol.py --port N`.

The handlers and the timing are what the suite expects. It listens at /socket.io/ on the loopback address.
"""

from __future__ import annotations

import argparse
import asyncio
from functools import partial
from typing import Any

from flask import Flask, request

from flask_socketio import SocketIO, emit

#: Seconds between CONNECT and `auth`. The suite begins to listen for the second when it has seen the first, and so
#: must not get both in one read; a client does not mind, and what an app emits on connection goes out with CONNECT.
GAP = 0.1

app = Flask(__name__)
socketio = SocketIO(app, ping_interval=0.3, ping_timeout=0.2, connect_timeout=1, cors_allowed_origins="*")


@socketio.on("connect")
@socketio.on("connect", namespace="/custom")
async def connected(auth: Any) -> None:
    me: Any = request  # Flask's types do not know what it is in an event
    emit_auth = partial(socketio.emit, "auth", auth or {}, to=me.sid, namespace=me.namespace)
    asyncio.get_running_loop().call_later(GAP, emit_auth)


@socketio.on("message")
def answer(*args: Any) -> None:
    emit("message-back", args)


@socketio.on("message-with-ack")
def acknowledge(*args: Any) -> tuple[Any, ...]:
    return args


def main() -> None:
    parser = argparse.ArgumentParser(description="What the official Socket.IO protocol suite talks to.")
    parser.add_argument("--port", type=int, default=0, help="a free one, if not given")
    socketio.run(app, port=parser.parse_args().port)


if __name__ == "__main__":
    main()
