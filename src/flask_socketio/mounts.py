"""Which `SocketIO` are in a WSGI app: its own, and those of the apps that are mounted in it.

A server that asks the engines before the app has to know all of them. Werkzeug's DispatcherMiddleware tells what it
mounts, and nearly all middlewares tell what they wrap; who does neither is told of with `mounted=`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask

from .hosts.wsgi import SocketIOMiddleware
from .server.server import Server

if TYPE_CHECKING:
    from .hosts.native import NativeServer

#: What middlewares call the app that they wrap.
_WRAPPED = ("wsgi_app", "app", "application")


class Served(Protocol):
    """The extension, as those who serve it need it."""

    #: The server that runs, while one runs.
    native_server: NativeServer | None

    @property
    def running_server(self) -> Server:
        """The Socket.IO server."""

    def neighbours(self) -> list[Server]:
        """Those of the app at other paths."""

    def stop(self) -> None:
        """Let `native_server` end."""


def find_socketios(app: Any) -> Iterator[Served]:
    """The extensions of a WSGI app, whatever middlewares are around it, and of the apps that are mounted in it."""
    seen: list[Any] = []
    ahead = [app]
    while ahead:
        app = ahead.pop(0)
        if app is None or app in seen:
            continue
        seen.append(app)
        if isinstance(app, SocketIOMiddleware):
            ahead.insert(0, app.flask_app)
        elif isinstance(app, Flask) and "socketio" in app.extensions:
            yield app.extensions["socketio"]
        mounts = getattr(app, "mounts", None)  # of Werkzeug's DispatcherMiddleware
        ahead += [getattr(app, name, None) for name in _WRAPPED] + list(mounts.values() if mounts else ())


def servers_of(socketios: Iterable[Served]) -> list[Server]:
    """Their servers and those beside them, each once; it may be that of several apps."""
    each = [server for socketio in socketios for server in (socketio.running_server, *socketio.neighbours())]
    return list(dict.fromkeys(each))
