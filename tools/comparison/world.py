"""What an observation acts in: a Flask app with its `SocketIO`, a server, clients, and the transcript."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import flask
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_socketio import SocketIO, SocketIOTestClient
from tools.comparison import wire
from tools.comparison.clients import FENCE, Client, Poller, show

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


_HANDSHAKE = re.compile(r'0{"sid":"([^"]+)"')

#: Flask's request, with the attributes that it has in handlers.
request: Any = flask.request


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing."""


class Host:
    """Werkzeug's threaded server, which `flask run` starts; one for all observations, each of which has its own app.

    Attributes:
        app: the app that it serves now.
        in_order: whether the events of a client are handled one after the other.
        patience: seconds after which what has not come is taken as not coming.
    """

    def __init__(self, in_order: bool, patience: float) -> None:
        self.app: Flask
        self.in_order = in_order
        self.patience = patience
        server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet)
        self.port: int = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app.wsgi_app(environ, start_response)


class World:
    """A Flask app with its `SocketIO` on a host, for one observation.

    Attributes:
        app, socketio: to add routes and handlers to.
        port: of the server.
        patience: as that of the host.
    """

    def __init__(self, host: Host, options: dict[str, Any]) -> None:
        self.app = Flask("app")
        self.app.secret_key = "the same for both"
        self.socketio = SocketIO(self.app, **{"async_mode": "threading", **options})
        self.port = host.port
        self.patience = host.patience
        self._host = host
        self._wire: list[str] = []
        self._seen: list[str] = []
        self._noted = threading.Condition()
        self._names: dict[str, str] = {}
        self._clients: list[Client] = []
        self._test_clients: list[SocketIOTestClient] = []
        self._fences: set[str] = set()
        host.app = self.app

    # Handlers

    def on(self, event: str, handler: Callable[..., Any], namespace: str | None = None) -> None:
        """Register a handler."""
        self.socketio.on_event(event, handler, namespace)

    def note(self, *what: Any) -> None:
        """Write down what a handler, or the observation itself, sees."""
        with self._noted:
            self._seen.append(show(" ".join(thing if isinstance(thing, str) else repr(thing) for thing in what)))
            self._noted.notify_all()

    def noting(self, name: str, result: Any = None) -> Callable[..., Any]:
        """A handler that notes its arguments and returns `result`."""

        def handler(*args: Any) -> Any:
            self.note(f"{name}({', '.join(map(repr, args))})")
            return result

        return handler

    def attempt(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Note what a call returns, or what kind of error it raises."""
        try:
            self.note("returned", function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # it is what is observed
            self.note("raised", type(error).__name__)

    def until(self, notes: int) -> None:
        """Wait until so many things are noted."""
        with self._noted:
            if not self._noted.wait_for(lambda: len(self._seen) >= notes, self.patience):
                self._seen.append("(nothing)")

    # Clients

    def client(self, label: str = "", query: str = "", headers: dict[str, str] | None = None) -> Client:
        """A client with a connection, in no namespace yet."""
        client = Client(self, label, query, headers)
        self._clients.append(client)
        return client

    def joined(self, label: str = "", namespace: str = "/", auth: Any = None) -> Client:
        """A client in a namespace."""
        return self.client(label).joined(namespace, auth)

    def leave(self, client: Client, namespace: str = "/") -> None:
        """Let a client leave a namespace, whose disconnect handler notes something."""
        notes = len(self._seen)
        client.send("41" if namespace == "/" else f"41{namespace},")
        self.until(notes + 1)
        client.still()

    def poller(self) -> Poller:
        """A client that polls, in no namespace yet."""
        return Poller(self)

    def test_client(self, **options: Any) -> SocketIOTestClient:
        """A test client of the package."""
        client = self.socketio.test_client(self.app, **options)
        self._test_clients.append(client)
        return client

    def http(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        shown: Iterable[str] = (),
    ) -> wire.Answer:
        """One HTTP request; written down with its answer, and with some of the headers of that."""
        self.write(f"> {method} {path}" + (f" {show(body.decode())}" if body else ""))
        answer = wire.request(self.port, method, path, body or None, headers, self.patience)
        text = show(answer.text) if answer.headers["Content-Encoding"] is None else "(compressed)"
        handshake = _HANDSHAKE.match(text)
        if handshake is not None:
            self.learn("connection", handshake[1])
            text = "(a handshake)"
        self.write(f"< {answer.status} {text}".rstrip())
        for name in shown:
            for value in answer.headers.get_all(name, ["(none)"]):
                self.write(f"< {name}: {value}")
        return answer

    # What clients need

    def write(self, line: str) -> None:
        """Add a line to the transcript of the wire."""
        self._wire.append(line)

    def learn(self, kind: str, sid: str) -> None:
        """Let a session id have a name in the transcript."""
        if sid not in self._names:
            self._names[sid] = f"{kind}-{sum(name.startswith(kind) for name in self._names.values()) + 1}"

    def fence(self, namespace: str) -> int:
        """See `Scene`. Where events have no order, a moment and a second answer have to do."""
        if namespace not in self._fences:
            self._fences.add(namespace)
            self.on(FENCE, lambda: None, namespace)
        if self._host.in_order:
            return 1
        time.sleep(0.05)
        return 2

    # The end

    def close(self) -> dict[str, list[str]]:
        """End all connections; returns the transcript."""
        transcript = {"wire": list(map(self._named, self._wire)), "seen": list(map(self._named, self._seen))}
        for client in self._clients:
            client.drop()
        for test_client in self._test_clients:
            if hasattr(test_client, "close"):
                test_client.close()
        return transcript

    def _named(self, line: str) -> str:
        for sid, name in self._names.items():
            line = line.replace(sid, name)
        return line
