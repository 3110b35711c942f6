"""An app with two `SocketIO`, at /first/ and /second/, and another app below /other with one of its own.

Run with the argument `before` or `behind`, which says where in relation to Socket.IO the other app is mounted, it
serves all three, else the two. With `hidden` it is mounted where nobody can see it; then it has to be `named`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

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


def make(name: str, *paths: str, mounts: Mapping[str, Flask] | None = None) -> tuple[Flask, list[SocketIO]]:
    """An app whose only route is `/`; `mounts` are apps below it, behind its Socket.IO."""
    app = Flask(name, static_folder=None)
    app.add_url_rule("/", view_func=lambda: name)
    if mounts:
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {**mounts})  # type: ignore[method-assign]
    extensions = [SocketIO(app, path=path) for path in paths]
    for socketio, path in zip(extensions, paths, strict=True):
        write(socketio, f"{name} {path}")
    return app, extensions


other, (third,) = make("other", "first")
app, (first, second) = make("main", "first", "second", mounts={"/other": other} if "behind" in sys.argv else None)

#: Everything, for servers that are given a WSGI app.
wsgi = DispatcherMiddleware(app, {"/other": other})

#: What belongs to `app`, for ASGI servers.
asgi = first.asgi_app

if __name__ == "__main__":
    if "before" in sys.argv:
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/other": other})  # type: ignore[method-assign]
    if "hidden" in sys.argv:
        beside = DispatcherMiddleware(app.wsgi_app, {"/other": other})
        app.wsgi_app = lambda *call: beside(*call)  # type: ignore[method-assign]  # noqa: PLW0108
    second.run(app, port=0, mounted=[third] if "named" in sys.argv else [])
