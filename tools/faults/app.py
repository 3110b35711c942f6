"""The server under test: `python -m tools.faults.app OPTIONS`, where OPTIONS is JSON for `SocketIO`.

It emits numbers to rooms, as many a second as it is asked for, and writes each into a journal before: that is what
clients should have got. What it knows of itself is at /state.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from flask_socketio import SocketIO, join_room
from tools.faults.server import ROOMS

app = Flask(__name__)
app.secret_key = "faults"
settings: dict[str, Any] = json.loads(sys.argv[1])
socketio = SocketIO(app, **settings.get("socketio", {}))
publishing = threading.Event()


@socketio.on("join")
def join(room: int) -> None:
    """Enter a room, whose number is acknowledged."""
    join_room(room)


@socketio.on("echo")
def echo(value: Any) -> Any:
    """Answer with what came."""
    return value


@socketio.on("tell")
def tell(room: int, value: str) -> None:
    """Tell a room."""
    socketio.emit("told", (room, value), to=room)


async def publish(rate: float) -> None:
    """Emit to one room after the other, as long as somebody wants it. The numbers grow from process to process."""
    began, count = time.monotonic(), 0
    with Path(settings["journal"]).open("a", encoding="ascii", buffering=1) as journal:  # noqa: ASYNC230  # 10 a second
        while publishing.is_set():
            room, number = count % ROOMS, time.monotonic_ns()
            journal.write(f"{room} {number}\n")
            socketio.emit("number", (room, number), to=room)
            count += 1
            await asyncio.sleep(max(0.0, began + count / rate - time.monotonic()))


@app.post("/publish/<float:rate>")
def start_publishing(rate: float) -> ResponseReturnValue:
    """Begin to publish."""
    publishing.set()
    socketio.start_background_task(publish, rate)
    return "", 204


@app.post("/hush")
def hush() -> ResponseReturnValue:
    """Stop publishing."""
    publishing.clear()
    return "", 204


@app.post("/clock/<int(signed=True):seconds>")
def turn_clock(seconds: int) -> ResponseReturnValue:
    """Let the wall clock jump, for this process."""
    real = time.time
    time.time = lambda: real() + seconds
    return "", 204


@app.get("/state")
def state() -> ResponseReturnValue:
    """What this process holds."""
    if "collect" in request.args:
        gc.collect()
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    server = socketio.running_server
    return jsonify(
        {
            "memory_kib": memory,
            "connections": len(server.engine.connections),
            "sockets": server.ask(lambda: len(server.sockets())),
            "threads": threading.active_count(),
            "tasks": server.ask(lambda: len(asyncio.all_tasks())),
            "descriptors": len(os.listdir("/proc/self/fd")),
            **socketio.counters(),
        }
    )


if __name__ == "__main__":
    socketio.run(app, port=settings["port"])
