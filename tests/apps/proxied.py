"""An app that tells what it is told of its clients, behind the middlewares that PROXY_FIX says: `none` or `both`.

Of `both`, one was set before `SocketIO(app)` and says who asks and how, the other one after it, and says for what.
"""

from __future__ import annotations

import json
import os
from typing import Any

from flask import Flask, request, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import SocketIO

app = Flask("proxied", static_folder=None)
wraps: Any = app  # whose `wsgi_app` is no method to be left alone
fixes = os.environ.get("PROXY_FIX", "none") == "both"
if fixes:
    wraps.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0)
socketio = SocketIO(app, **json.loads(os.environ.get("SOCKETIO_OPTIONS", "{}")))
if fixes:
    wraps.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=0, x_host=1, x_prefix=1)


@socketio.on("facts")
@app.get("/facts")
def facts() -> dict[str, Any]:
    """What routes and handlers see."""
    return {
        "address": request.remote_addr,
        "scheme": request.scheme,
        "host": request.host,
        "root": request.root_path,
        "url": url_for("facts", _external=True),
    }


@socketio.on("process")
def process() -> int:
    """Which one it is."""
    return os.getpid()


@app.post("/news/<text>")
def news(text: str) -> str:
    """Emit from a route to all clients."""
    socketio.emit("news", text)
    return "emitted"


#: For ASGI servers.
asgi = socketio.asgi_app

#: The app below a prefix, for WSGI servers.
mounted = DispatcherMiddleware(Flask("front", static_folder=None), {"/shop": app})

if __name__ == "__main__":
    socketio.run(app, port=0)
