"""Namespaces in all their forms: functions, a class, and ones whose names nobody knew before."""

from __future__ import annotations

from typing import Any

from flask import request

from flask_socketio import Namespace, disconnect, emit
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app(namespaces=["/quiet", "/dynamic"])


def where(*args: Any) -> tuple[Any, ...]:
    """Where an event has arrived, and by whom."""
    return request.namespace, request.sid, args  # type: ignore[attr-defined]


def left(reason: str) -> None:
    """Tell."""
    tell(request.sid, request.namespace, reason)  # type: ignore[attr-defined]


for namespace in ("/", "/a", "/b", "/naïve/ζ"):
    socketio.on_event("where", where, namespace)
    socketio.on_event("disconnect", left, namespace)
    socketio.on_event("put me out", disconnect, namespace)
    socketio.on_event("fence", lambda: None, namespace)

socketio.on_event("where", where, "*")


class Club(Namespace):
    """Handlers as methods."""

    def on_connect(self, auth: Any) -> bool:
        """Only with a password."""
        return bool(auth == {"password": "please"})

    def on_disconnect(self, reason: str) -> None:
        """Tell."""
        left(reason)

    def on_where(self, *args: Any) -> tuple[Any, ...]:
        """As the functions."""
        return where(*args)

    async def on_shout(self, text: str) -> None:
        """Emit as methods do: to everybody, unless told otherwise."""
        self.emit("shouted", text)
        self.send(text, room=request.sid)  # type: ignore[attr-defined]
        emit("whispered", text)

    def on_fail(self) -> None:
        """Let `error` answer."""
        raise LookupError("nothing there")

    def on_fence(self) -> None:
        """See app.py."""

    def error(self, exception: Exception) -> str:
        """Answer for a handler that failed."""
        return str(exception)


socketio.on_namespace(Club("/club"))

if __name__ == "__main__":
    run(app, socketio)
