"""An app that any server can serve; the options of `SocketIO` come as JSON in the environment, as SOCKETIO_OPTIONS."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from flask import Flask, request

from flask_socketio import SocketIO, disconnect

app = Flask("hosting", static_folder=None)
socketio = SocketIO(app, **json.loads(os.environ.get("SOCKETIO_OPTIONS", "{}")))


def tell(about: str, *facts: Any) -> None:
    """Let the test know. `about` is what it will ask for, such as the sid of one of its clients."""
    sys.stdout.write(json.dumps(["told", about, *facts]) + "\n")
    sys.stdout.flush()


@app.get("/")
def index() -> str:
    """A route; the answer is the process it runs in."""
    return str(os.getpid())


@app.post("/news/<text>")
def news(text: str) -> str:
    """Emit from a route to all clients."""
    socketio.emit("news", text)
    return "emitted"


@app.get("/slow/<int:seconds>")
def slow(seconds: int) -> str:
    """An answer that takes its time."""
    tell("slow", "has begun")
    time.sleep(seconds)
    return "at last"


@socketio.on("echo")
def echo(*args: Any) -> tuple[Any, ...]:
    """Acknowledge with what came."""
    return args


@socketio.on("echo on the loop")
async def echo_on_the_loop(*args: Any) -> tuple[Any, ...]:
    """The same, elsewhere."""
    return args


@socketio.on("request")
def handshake() -> dict[str, Any]:
    """What handlers see of the handshake."""
    return {
        "address": request.remote_addr,
        "host": request.host,
        "path": request.path,
        "root": request.root_path,
        "scheme": request.scheme,
        "token": request.args.get("token"),
    }


@socketio.on("fence")
def fence() -> None:
    """Acknowledged after all that was sent to the client before."""


@socketio.on("leave")
def leave() -> None:
    """Disconnect the client."""
    disconnect()


@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell why a client has left."""
    tell(request.sid, reason)  # type: ignore[attr-defined]


#: For servers that take nothing but the name of a module's attribute.
asgi = socketio.asgi_app
