"""Clients that come back with all they missed."""

from __future__ import annotations

from flask_socketio import emit, join_room, request
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app(recovery=True)


@socketio.on("connect")
def connect() -> None:
    """Tell who came."""
    tell("connected", request.recovered)


@socketio.on("disconnect")
def disconnect(reason: str) -> None:
    """Tell who left, and those in the room."""
    socketio.emit("left", reason, to="room")
    tell("disconnected", reason)


@socketio.on("join")
def join() -> None:
    """Enter the room."""
    join_room("room")


@socketio.on("say")
def say(*args: object) -> None:
    """Tell the room; the last argument is a string, as clients expect of offsets."""
    emit("said", (*args, "text"), to="room")


if __name__ == "__main__":
    run(app, socketio)
