"""A client that comes back, and an app for it."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, session

from flask_socketio import SocketIO, emit, join_room
from tests.memory import Client, Running


class Device:
    """A client that remembers what the official one does: its pid, and the last offset it was told."""

    def __init__(self, server: Running, namespace: str = "/", address: str = "192.0.2.1") -> None:
        self._server = server
        self._address = address
        self._prefix = "" if namespace == "/" else namespace + ","
        self.pid: str | None = None
        self.offset: str | None = None
        self.sid = ""
        self.recovered = False
        self.client: Client
        self.connect()

    def connect(self, **auth: Any) -> None:
        """Join, or come back."""
        self.client = self._server.client(address=self._address)
        self.ask(**auth)
        self.answered()

    def ask(self, **auth: Any) -> None:
        claims = {} if self.pid is None else {"pid": self.pid, "offset": self.offset}
        self.client.send(f"40{self._prefix}{json.dumps({**claims, **auth})}")

    def answered(self) -> None:
        answer = str(self.client.next())
        assert answer.startswith(f"40{self._prefix}"), answer
        told = json.loads(answer[2 + len(self._prefix) :])
        self.recovered = self.pid == told["pid"]
        self.pid, self.sid = told["pid"], told["sid"]

    def event(self) -> list[Any]:
        """The next event, without its offset."""
        message = str(self.client.next())
        prefix = f"42{self._prefix}"
        assert message.startswith(prefix), message
        event: list[Any] = json.loads(message[len(prefix) :])
        self.offset = event.pop()
        return event

    def emit(self, *event: Any) -> None:
        self.client.send(f"42{self._prefix}{json.dumps(event)}")

    def cut(self) -> None:
        self.client.drop()


def app_with(recovery: Any = True, **options: Any) -> SocketIO:
    app = Flask("app")
    app.secret_key = "secret"
    socketio = SocketIO(app, recovery=recovery, **options)

    @socketio.on("join")
    def join(room: str) -> None:
        join_room(room)
        emit("joined", room)

    @socketio.on("remember")
    def remember(value: str) -> None:
        session["value"] = value
        emit("remembered")

    @socketio.on("recall")
    def recall() -> None:
        emit("value", session.get("value"))

    return socketio
