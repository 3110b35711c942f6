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
from flask_socketio.server.recovery.memory import MemoryRecovery
from tools.faults.limits import many_descriptors

app = Flask(__name__)
app.secret_key = "faults"
settings: dict[str, Any] = json.loads(sys.argv[1])
socketio = SocketIO(app, **settings.get("socketio", {}))
publishing = threading.Event()
wall_clock = time.time


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


async def publish(rate: float, rooms: int, size: int) -> None:
    """Emit to one room after the other, as long as somebody wants it, texts of so many characters.

    The numbers are the time in nanoseconds, so they grow from process to process.
    """
    began, count, text = time.monotonic(), 0, "x" * size
    with Path(settings["journal"]).open("a", encoding="ascii", buffering=1) as journal:  # noqa: ASYNC230  # 10 a second
        while publishing.is_set():
            room, number = count % rooms, time.monotonic_ns()
            journal.write(f"{room} {number}\n")
            socketio.emit("number", (room, number, text), to=room)
            count += 1
            await asyncio.sleep(max(0.0, began + count / rate - time.monotonic()))


@app.post("/publish/<float:rate>")
def start_publishing(rate: float) -> ResponseReturnValue:
    """Begin to publish."""
    publishing.set()
    rooms, size = int(request.args["rooms"]), int(request.args["size"])
    socketio.start_background_task(publish, rate, rooms, size)
    return "", 204


@app.post("/hush")
def hush() -> ResponseReturnValue:
    """Stop publishing."""
    publishing.clear()
    return "", 204


@app.post("/clock/<int(signed=True):seconds>")
def turn_clock(seconds: int) -> ResponseReturnValue:
    """Let the wall clock of this process be so many seconds ahead."""
    time.time = lambda: wall_clock() + seconds
    return "", 204


@app.get("/nap")
def nap() -> ResponseReturnValue:
    """Keep a thread for a while."""
    time.sleep(0.5)
    return "", 204


@app.get("/state")
def state() -> ResponseReturnValue:
    """What this process holds."""
    if "collect" in request.args:
        gc.collect()
    server = socketio.running_server
    connections, recovery = server.engine.connections, server._recovery
    return jsonify(
        {
            "connections": len(connections),
            "blocked": server.ask(lambda: sum(not each.transport.writable for each in connections.values())),
            "sockets": server.ask(lambda: len(server.sockets())),
            "sessions": len(recovery._sids) if isinstance(recovery, MemoryRecovery) else 0,
            "threads": threading.active_count(),
            "tasks": server.ask(lambda: len(asyncio.all_tasks())),
            "descriptors": len(os.listdir("/proc/self/fd")),
            **socketio.counters(),
        }
    )


if __name__ == "__main__":
    many_descriptors()
    socketio.run(app, host=settings["host"], port=settings["port"])
