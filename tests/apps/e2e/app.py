"""What the apps of the end-to-end tests have in common: `python -m tests.apps.e2e.NAME '{"run": {"port": 5000}}'`.

The argument, which may be left out, is JSON: under "socketio" options of `SocketIO`, under "run" those of its `run`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from flask import Flask

from flask_socketio import SocketIO

_options: dict[str, dict[str, Any]] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}


def make_app(**defaults: Any) -> tuple[Flask, SocketIO]:
    """An app and its SocketIO, with the options of the command line over these."""
    app = Flask("e2e", static_folder=None)
    app.secret_key = "e2e"
    socketio = SocketIO(app, **{**defaults, **_options.get("socketio", {})})

    @socketio.on("fence", namespace="*")
    def fence() -> None:
        """Acknowledged after all that was sent to the client before."""

    @socketio.on("fence")
    def fence_at_root() -> None:
        """The same, where there are other handlers."""

    return app, socketio


def tell(about: str, *facts: Any) -> None:
    """Let the test know. `about` is what it will ask for, such as the sid of one of its clients."""
    sys.stdout.write(json.dumps(["told", about, *facts]) + "\n")  # in one piece, other than print: threads tell, too
    sys.stdout.flush()


def run(app: Flask, socketio: SocketIO) -> None:
    """Serve the app, on any free port unless the command line has another wish."""
    socketio.run(app, **{"port": 0, **_options.get("run", {})})
