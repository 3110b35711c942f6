"""Which URLs are buses."""

from __future__ import annotations

import re
import sys

import pytest

from flask_socketio.cluster.opening import open_bus
from flask_socketio.cluster.redis import RedisBus


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://localhost:6379/0",
        "redis://user:secret@localhost:6379/0?health_check_interval=5",
        "rediss://localhost:6380/0?ssl_cert_reqs=none",
        "unix:///run/redis.sock",
        "valkey://localhost:6379/0",
        "valkeys://localhost:6379/0",
    ],
)
def test_redis_and_valkey_are(url: str) -> None:
    assert isinstance(open_bus(url, "channel"), RedisBus)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://guest:guest@localhost:5672//",
        "kafka://localhost:9092",
        "zmq+tcp://localhost:5555+5556",
        "redis+sentinel://localhost:26379/0/main",
        "memory://",
        "localhost:6379",
    ],
)
def test_others_are_not_and_it_is_said_what_works(url: str) -> None:
    with pytest.raises(ValueError, match=r"What works is Redis: redis://host:6379/0.*rediss://.*unix://.*valkey://"):
        open_bus(url, "channel")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://guest:secret@localhost//", "'amqp://...'"),
        ("redis", "'redis'"),
        ("guest:secret@localhost:6379", "'localhost:6379'"),
        ("://secret", "'://...'"),
    ],
)
def test_what_was_given_is_named_and_no_password_is_given_away(url: str, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"^message_queue={re.escape(shown)} is not supported\.") as refused:
        open_bus(url, "channel")

    assert "secret" not in str(refused.value)


def test_a_url_that_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        open_bus("redis://localhost:many/0", "channel")


def test_without_redis_py_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "flask_socketio.cluster.redis")
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(RuntimeError, match=r"pip install 'flask-socketio\[redis\]'"):
        open_bus("redis://localhost", "channel")
