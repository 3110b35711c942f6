"""All that can be under way when a server is stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from flask import Response, request

from flask_socketio import emit
from tests.apps.e2e.app import make_app, run, tell

FOREVER = 30.0  # seconds: longer than anybody may have to wait for a stop

app, socketio = make_app()


@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell why."""
    tell(request.sid, reason)  # type: ignore[attr-defined]


@socketio.on("block")
def block() -> None:
    """Keep a thread."""
    emit("busy")
    time.sleep(FOREVER)


@socketio.on("wait")
async def wait() -> None:
    """Keep a coroutine."""
    emit("busy")
    await asyncio.sleep(FOREVER)


@socketio.on("remember")
def remember(value: str) -> None:
    """Tell what came."""
    tell("remembered", value)


@socketio.on("stop")
def stop() -> None:
    """Stop the server from inside."""
    socketio.stop()


@app.get("/stream")
def stream() -> Response:
    """Server-sent events, many."""

    def events() -> Iterator[str]:
        while True:
            yield "data: tick\n\n"
            time.sleep(0.01)

    return Response(events(), mimetype="text/event-stream")


@app.get("/silent-stream")
def silent_stream() -> Response:
    """Server-sent events, of which the second never comes."""

    def events() -> Iterator[str]:
        yield "data: tick\n\n"
        time.sleep(FOREVER)

    return Response(events(), mimetype="text/event-stream")


@app.get("/slow")
def slow() -> str:
    """An answer that does not come in time."""
    tell("slow", "has begun")
    time.sleep(FOREVER)
    return "too late"


if __name__ == "__main__":
    run(app, socketio)
    tell("run", "returned")
