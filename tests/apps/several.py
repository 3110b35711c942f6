"""An app with two `SocketIO`, at /first/ and /second/, and another app below /other with one of its own.

Run with the argument `mounted` it serves all three, else the two.
"""

from __future__ import annotations

import sys

from flask import Flask, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flask_socketio import SocketIO, emit


def write(socketio: SocketIO, name: str) -> None:
    """Handlers that tell which one this is."""

    @socketio.on("who")
    def who() -> tuple[str, str]:
        emit("everybody", name, broadcast=True)
        return name, request.root_path

    socketio.on_event("fence", lambda: None)


def make(name: str, *paths: str) -> tuple[Flask, list[SocketIO]]:
    """An app whose only route is `/`."""
    app = Flask(name, static_folder=None)
    app.add_url_rule("/", view_func=lambda: name)
    extensions = [SocketIO(app, path=path) for path in paths]
    for socketio, path in zip(extensions, paths, strict=True):
        write(socketio, f"{name} {path}")
    return app, extensions


app, (first, second) = make("main", "first", "second")
other, (third,) = make("other", "socket.io")

#: Everything, for servers that are given a WSGI app.
wsgi = DispatcherMiddleware(app, {"/other": other})

#: What belongs to `app`, for ASGI servers.
asgi = first.asgi_app

if __name__ == "__main__":
    if "mounted" in sys.argv:
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/other": other})  # type: ignore[method-assign]
        second.run(app, port=0, mounted=[third])
    else:
        second.run(app, port=0)
