"""The payload budget: what is large is named once, with what takes the space; what is too large is refused."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.protocol.json_codec import JsonCodec
from flask_socketio.server.payloads import MAX_NAMED, PayloadBudget
from tests.memory import running


def test_large_events_are_named_once_with_what_takes_the_space(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"), payload_warning=1_000)
    with running(socketio) as server:
        client = server.joined()
        for _ in range(3):
            socketio.emit("state", {"id": 5, "players": ["x" * 50] * 20, "map": b"y" * 1_500})
            client.next()
            client.next()
        socketio.emit("small", "x" * 900)
        socketio.emit("other", ("x" * 1_000, 5))
        assert client.event()[0] == "small"
    assert [record.message for record in caplog.records] == [
        "'state' has 2,630 bytes for each client it goes to, more than payload_warning=1,000: "
        "map 1,529 bytes, players 1,061 bytes, 20 items",
        "'other' has 1,016 bytes for each client it goes to, more than payload_warning=1,000: argument 1 1,002 bytes",
    ]


def test_events_above_the_limit_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"), max_emit_size=1_000)
    with running(socketio) as server:
        client = server.joined()
        with pytest.raises(ValueError, match=r"'big' has 1,110 bytes, and max_emit_size=1,000 refuses it: argument 1"):
            socketio.emit("big", "x" * 1_098)
        with pytest.raises(ValueError, match="max_emit_size"):
            socketio.emit("big", b"x" * 1_098, callback=print)
        with pytest.raises(ValueError, match="max_emit_size"):
            socketio.call("big", "x" * 1_098, to=client.sid)
        assert client.nothing_came()
    assert not caplog.records


def test_no_budget_no_word(caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(Flask("app"), payload_warning=None)
    with running(socketio) as server:
        client = server.joined()
        socketio.emit("big", "x" * 100_000)
        assert client.event()[0] == "big"
    assert not caplog.records


def test_names_are_not_remembered_without_end(caplog: pytest.LogCaptureFixture) -> None:
    budget = PayloadBudget(JsonCodec(), 10, None)
    for number in range(MAX_NAMED + 10):
        budget.check(f"event {number}", ("x" * 20,), 30)
    assert len(caplog.records) == MAX_NAMED
