"""The ways to part."""

from __future__ import annotations

import asyncio

from flask import request

from flask_socketio import disconnect, emit, join_room, rooms
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()


@socketio.on("connect")
def connect(auth: dict[str, str]) -> None:
    """Be in a room."""
    join_room(auth["hall"])


@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell, and say goodbye to those who stay."""
    own_room, hall = rooms()
    tell(own_room, reason, hall)
    emit("somebody left", reason, to=hall, include_self=False)


@socketio.on("sign")
def sign() -> None:
    """Tell that the client is there, and do not answer it."""
    tell(rooms()[0], "signed")


@socketio.on("put me out")
def put_me_out() -> None:
    """Emit, disconnect, and emit in vain."""
    emit("last", 1)
    emit("words", b"2")
    disconnect()
    emit("too late")


@socketio.on("put out")
def put_out(sid: str) -> None:
    """Disconnect somebody else."""
    disconnect(sid)


@app.post("/put-out/<sid>")
def put_out_by_http(sid: str) -> str:
    """Disconnect somebody who is no part of this."""
    socketio.running_server.disconnect(sid, "/")
    return "done"


@socketio.on("disconnect", namespace="/without-reason")
def left_without_reason() -> None:
    """A handler that does not want to know."""
    tell(request.sid)  # type: ignore[attr-defined]


@socketio.on("disconnect", namespace="/async")
async def left_async(reason: str) -> None:
    """A handler that takes its time."""
    await asyncio.sleep(0)
    tell(request.sid, reason)  # type: ignore[attr-defined]


@socketio.on("put me out", namespace="/async")
async def put_me_out_async() -> None:
    """Disconnect on the loop."""
    disconnect()


if __name__ == "__main__":
    run(app, socketio)
