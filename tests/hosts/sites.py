"""A Flask app with Socket.IO on a host in this process, and a client that polls."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

from flask import Flask
from werkzeug.test import Client

from flask_socketio import SocketIO
from flask_socketio.hosts.native import NativeServer, listen
from flask_socketio.transport.reasons import Reason

PATIENCE = 20.0

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


_PEER = {"REMOTE_ADDR": "127.0.0.1"}


class Answer(NamedTuple):
    status: int
    body: str
    headers: Any


class Site(Protocol):
    """Where an app is served."""

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        """One request. Underscores in the names of headers are hyphens."""


class WsgiSite:
    """A WSGI server that lends its connections to nobody."""

    def __init__(self, app: Flask) -> None:
        self._client = Client(app)

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        response = self._client.open(target, method=method, data=body, headers=_named(headers), environ_base=_PEER)
        return Answer(response.status_code, response.text, response.headers)


class NativeSite:
    """The native host."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    def ask(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        client = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            client.request(method, target, body or None, _named(headers))
            response = client.getresponse()
            return Answer(response.status, response.read().decode(), response.headers)
        finally:
            client.close()

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(self.address, PATIENCE)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def native(socketio: SocketIO, app: Flask) -> Iterator[NativeSite]:
    listener = listen("127.0.0.1", 0)
    server = NativeServer(socketio.running_server, app, part_of_app=True, stop_timeout=0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield NativeSite(listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


@contextmanager
def wsgi(socketio: SocketIO, app: Flask) -> Iterator[WsgiSite]:
    server = socketio.running_server

    def end_sessions() -> None:
        for connection in list(server.engine.connections.values()):
            connection.lost(Reason.TRANSPORT_CLOSE)

    try:
        yield WsgiSite(app)
    finally:
        if server.running:
            server.ask(end_sessions)  # they need not be waited for
            server.background.leave_and_wait()


HOSTS: dict[str, Callable[[SocketIO, Flask], AbstractContextManager[Site]]] = {"native": native, "wsgi": wsgi}


class Poller:
    """A Socket.IO client on long polling.

    Args:
        site: what it connects to.
        target: where, with the query.
        **headers: of all its requests.
    """

    def __init__(self, site: Site, target: str = HANDSHAKE, **headers: str) -> None:
        self._site = site
        self._headers = headers
        opened = site.ask(target, "GET", "", **headers)
        assert opened.status == 200 and opened.body.startswith("0{"), opened
        self._target = f"{target}&sid={json.loads(opened.body[1:])['sid']}"
        self.send("40")
        self.receive("40")

    def ask(self, event: str) -> Any:
        """Emit an event; returns the argument of its acknowledgement."""
        self.send(f'420["{event}"]')
        return json.loads(self.receive("430"))[0]

    def leave(self) -> None:
        """Close the connection, and fetch what the server still has to say, so that it need not wait with that."""
        self.send("1")
        self._site.ask(self._target, "GET", "", **self._headers)

    def send(self, packet: str) -> None:
        answer = self._site.ask(self._target, "POST", packet, **self._headers)
        assert answer.status == 200, answer

    def receive(self, kind: str) -> str:
        """What comes next of a kind of packet."""
        while True:
            answer = self._site.ask(self._target, "GET", "", **self._headers)
            assert answer.status == 200, answer
            for packet in answer.body.split("\x1e"):
                if packet.startswith(kind):
                    return packet.removeprefix(kind)
