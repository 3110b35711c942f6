"""The servers that are measured: where each runs, and its app."""

from __future__ import annotations

from dataclasses import dataclass

from bench.environments import ROOT, Checkout, Environment, NodeModules, VirtualEnvironment
from bench.features import FLASK_SOCKETIO, SOCKETIO, Feature
from bench.load.workload import Workload

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
    offers: Feature
    most_clients: int | None = None
    """How many it is asked to hold: more of them take it minutes, or break it."""

    def refuses(self, workload: Workload) -> str:
        """Why it is not asked to bear a workload; empty if it is."""
        if workload.needs not in self.offers:
            return f"it does not offer {workload.needs}"
        if self.most_clients is not None and workload.clients > self.most_clients:
            return f"it is not asked to hold more than {self.most_clients:,} clients"
        return ""

    def command(self, interpreter: str) -> list[str]:
        """What starts the server, but for the port."""
        file, *arguments = self.app.split()
        return [interpreter, str(APPS / file), *arguments]


FLASK_SOCKETIO_5 = "flask-socketio>=5.7,<6"
OURS = "ours"
UPSTREAM = "upstream-threading"
GUNICORN = "gunicorn"

PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            OURS,
            "flask_socketio 6",
            Checkout(("flask-socketio", "picows", "uvicorn")),
            "flask_app.py --async-handlers",
            FLASK_SOCKETIO | Feature.ASYNC_HANDLERS,
        ),
        Peer(
            UPSTREAM,
            "Flask-SocketIO 5, threading",
            VirtualEnvironment(
                "upstream-threading",
                (FLASK_SOCKETIO_5, "simple-websocket"),
                shown=("flask-socketio", "python-socketio", "python-engineio"),
            ),
            "flask_app.py --mode threading",
            FLASK_SOCKETIO,
            most_clients=1000,
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
            FLASK_SOCKETIO,
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
            SOCKETIO | Feature.ASYNC_HANDLERS,
        ),
        Peer(
            "node",
            "Node socket.io",
            NodeModules("node", ("socket.io@^4.8",)),
            "socketio.cjs",
            SOCKETIO | Feature.ASYNC_HANDLERS,
        ),
        Peer(
            "bun",
            "Bun with @socket.io/bun-engine",
            NodeModules("bun", ("socket.io@^4.8", "@socket.io/bun-engine@^0.1", "bun@^1.3"), interpreter="bun"),
            "socketio.cjs",
            SOCKETIO | Feature.ASYNC_HANDLERS,
        ),
        Peer(
            "picows",
            "raw picows, no protocol: the floor",
            Checkout(("picows", "uvloop")),
            "picows_floor.py",
            Feature.EVENTS | Feature.ASYNC_HANDLERS,
        ),
        Peer(
            GUNICORN,
            "gunicorn gthread, Flask's routes only",
            VirtualEnvironment("gunicorn", ("flask", "gunicorn"), shown=("flask", "gunicorn")),
            "gunicorn_gthread.py",
            Feature.FLASK_ROUTES,
        ),
    )
}
