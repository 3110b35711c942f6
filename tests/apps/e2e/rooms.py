"""Who hears what: rooms and broadcasts, alike in two namespaces."""

from __future__ import annotations

from typing import Any

from flask_socketio import close_room, emit, join_room, leave_room, rooms
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()


def say(text: Any, how: dict[str, Any]) -> None:
    """Emit from the handler."""
    emit("said", text, **how)


def say_from_outside(text: Any, how: dict[str, Any]) -> None:
    """Emit as code does that is no handler."""
    socketio.emit("said", text, **how)


def join_own_room_of(sid: str) -> str:
    """Nobody may listen in to what is meant for one."""
    try:
        join_room(sid)
    except ValueError as error:
        return str(error)
    return "joined"


def poll(about: str, how: dict[str, Any]) -> None:
    """Ask many."""
    emit("vote", about, callback=lambda *votes: tell(about, *votes), **how)


for namespace in ("/", "/other"):
    socketio.on_event("join", join_room, namespace)
    socketio.on_event("leave", leave_room, namespace)
    socketio.on_event("close", close_room, namespace)
    socketio.on_event("rooms", rooms, namespace)
    socketio.on_event("say", say, namespace)
    socketio.on_event("say from outside", say_from_outside, namespace)
    socketio.on_event("join own room of", join_own_room_of, namespace)
    socketio.on_event("poll", poll, namespace)
    socketio.on_event("fence", lambda: None, namespace)

if __name__ == "__main__":
    run(app, socketio)
