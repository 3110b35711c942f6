"""The servers that are measured: where each runs, and its app."""

from __future__ import annotations

from dataclasses import dataclass

from bench.environments import ROOT, Checkout, Environment, NodeModules, VirtualEnvironment

APPS = ROOT / "bench" / "apps"


@dataclass(frozen=True)
class Peer:
    """One server under measurement."""

    name: str
    """For the command line and the results."""
    title: str
    """For the tables."""
    environment: Environment
    app: str
    """The file in `apps/`, and its arguments; `--port N` is added."""
    async_handlers: bool = True
    """Whether an event may have an `async def` handler (or, in JavaScript, an `async` function)."""

    def command(self, interpreter: str) -> list[str]:
        """What starts the server, but for the port."""
        file, *arguments = self.app.split()
        return [interpreter, str(APPS / file), *arguments]


FLASK_SOCKETIO_5 = "flask-socketio>=5.7,<6"
BASELINE = "upstream-threading"

PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "ours", "this checkout", Checkout(("flask-socketio", "picows", "uvicorn")), "flask_app.py --async-handlers"
        ),
        Peer(
            BASELINE,
            "Flask-SocketIO 5, threading",
            VirtualEnvironment(
                "upstream-threading",
                (FLASK_SOCKETIO_5, "simple-websocket"),
                shown=("flask-socketio", "python-socketio", "python-engineio"),
            ),
            "flask_app.py --mode threading",
            async_handlers=False,
        ),
        Peer(
            "upstream-gevent",
            "Flask-SocketIO 5, gevent",
            VirtualEnvironment(
                "upstream-gevent",
                (FLASK_SOCKETIO_5, "gevent", "gevent-websocket"),
                shown=("flask-socketio", "gevent", "gevent-websocket"),
            ),
            "flask_app.py --mode gevent",
            async_handlers=False,
        ),
        Peer(
            "python-socketio",
            "python-socketio, ASGI on uvicorn",
            VirtualEnvironment(
                "python-socketio",
                ("python-socketio>=5.18", "uvicorn", "websockets", "httptools", "uvloop"),
                shown=("python-socketio", "uvicorn", "websockets", "uvloop"),
            ),
            "python_socketio_app.py",
        ),
        Peer("node", "Node socket.io", NodeModules("node", ("socket.io@^4.8",)), "socketio.cjs"),
        Peer(
            "bun",
            "Bun with @socket.io/bun-engine",
            NodeModules("bun", ("socket.io@^4.8", "@socket.io/bun-engine@^0.1", "bun@^1.3"), interpreter="bun"),
            "socketio.cjs",
        ),
        Peer("picows", "raw picows, no protocol: the floor", Checkout(("picows", "uvloop")), "picows_floor.py"),
    )
}
