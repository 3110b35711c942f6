"""Admission: limits come first, then whether the event is new."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_socketio import SocketIO
from tests.memory import running


def test_repetitions_count_against_the_limit() -> None:
    socketio = SocketIO(Flask("app"))
    handled: list[Any] = []

    @socketio.on("*", rate_limit="2/hour", once="id")
    def anything(event: str, data: dict[str, Any]) -> str:
        handled.append((event, data["id"]))
        return "done"

    with running(socketio) as server:
        client = server.joined()
        for ack in range(3):
            client.emit("order", {"id": 1}, ack=ack)
        answers = [str(client.next()) for _ in range(3)]
        assert sorted(answers)[:2] == ['430["done"]', '431["done"]'] and "rate_limited" in sorted(answers)[2]
    assert handled == [("order", 1)]
