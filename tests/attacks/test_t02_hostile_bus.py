"""T2: somebody writes to the message queue what is no message: nothing of it is executed, and the next one is heard."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from tests.attacks.target import Watch, Wire, attacked
from tests.redis_server import RedisServer

MARK = "executed by a pickle"


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (f"import builtins; builtins.marked = {MARK!r}",)


HOSTILE: list[bytes] = [
    pickle.dumps(Bomb()),
    pickle.dumps({"method": "emit", "event": "x", "data": Bomb()}),
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[" * 200_000,
    b'{"method":' * 50_000,
    b"1e999",
    b'"' + b"x" * 2_000_000 + b'"',
    json.dumps({"method": "__reduce__"}).encode(),
    json.dumps({"method": "emit"}).encode(),
    json.dumps({"method": "emit", "event": 5, "data": [], "namespace": "/"}).encode(),
    json.dumps({"method": "emit", "event": "connect", "data": [], "namespace": "/"}).encode(),
    json.dumps({"method": "emit", "event": "x", "data": [], "namespace": ["/"]}).encode(),
    json.dumps({"method": "emit", "event": "x", "data": [], "namespace": "/", "room": {"a": 1}}).encode(),
    json.dumps({"method": "callback", "host_id": "x", "sid": {}, "id": "__proto__", "args": 5}).encode(),
    json.dumps({"method": "disconnect", "sid": ["a"], "namespace": None}).encode(),
    json.dumps({"method": "enter_room", "sid": "../", "room": None, "namespace": "/"}).encode(),
    json.dumps({"method": "close_room", "room": {"__class__": "x"}, "namespace": "/"}).encode(),
]


def test_nothing_is_executed_and_the_next_message_arrives(
    tmp_path: Path, log: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = RedisServer(tmp_path)
    try:
        with attacked(message_queue=redis.url) as target:
            redis.wait_for_listeners("flask-socketio", 1)
            with Wire(target) as wire:
                wire.join_by_websocket()
                for message in HOSTILE:
                    redis.client.publish("flask-socketio", message)
                good = {"method": "emit", "event": "news", "data": ["good"], "namespace": "/", "room": None}
                redis.client.publish("flask-socketio", json.dumps({**good, "skip_sid": None, "host_id": "other"}))
                assert wire.hear() == '42["news","good"]'
            assert len(log.lines) < len(HOSTILE) + 10 and max(map(len, log.lines)) < 1_000
    finally:
        redis.stop()
    import builtins  # noqa: PLC0415

    assert not hasattr(builtins, "marked")
