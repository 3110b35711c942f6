"""Servers and scripts on one Redis: what their clients see, and what others may write to the channel."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.cluster import redis
from flask_socketio.exceptions import MessageQueueError
from tests.cluster.conftest import Log
from tests.memory import SOON, Running, running
from tests.redis_server import RedisServer


class Servers:
    """Two servers on one Redis, both connected to it."""

    def __init__(self, stack: ExitStack, url: str, log: Log) -> None:
        self.here = SocketIO(Flask("here"), message_queue=url)
        self.there = SocketIO(Flask("there"), message_queue=url)
        self.running_here: Running = stack.enter_context(running(self.here))
        self.running_there: Running = stack.enter_context(running(self.there))
        for _ in range(2):
            assert log.next() == f"INFO message queue {url}: connected"


@pytest.fixture
def servers(redis_server: RedisServer, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    monkeypatch.setattr(redis, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis, "LONGEST_PAUSE", 0.05)
    with ExitStack() as stack:
        yield Servers(stack, redis_server.url, log)


def script(code: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a script that has nothing but the address of the message queue."""
    setting_up = f"from flask_socketio import SocketIO\nsocketio = SocketIO(message_queue={url!r})\n"
    program = [sys.executable, "-c", setting_up + textwrap.dedent(code)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def test_an_emit_of_one_server_reaches_the_clients_of_the_other(servers: Servers) -> None:
    here, there = servers.running_here.joined(), servers.running_there.joined()

    servers.here.emit("news", {"a": [1, None]})
    servers.there.emit("answer", b"\x00", to=here.sid)

    assert there.event() == ["news", {"a": [1, None]}]
    assert here.event() == ["news", {"a": [1, None]}]
    assert (here.next(), here.next()) == ('451-["answer",{"_placeholder":true,"num":0}]', b"\x00")


def test_answers_come_back(servers: Servers) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    client = servers.running_there.joined()

    servers.here.emit("question", to=client.sid, callback=lambda *answer: answers.put(answer))
    assert client.next() == '421["question"]'
    client.send('431["yes",2]')

    assert answers.get(timeout=SOON) == ("yes", 2)


def test_a_script_emits(servers: Servers, redis_server: RedisServer) -> None:
    client = servers.running_here.joined()

    ended = script(f"socketio.emit('job done', {{'id': 7}})\nsocketio.send('you', to={client.sid!r})", redis_server.url)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [client.event(), client.event()] == [["job done", {"id": 7}], ["message", "you"]]


def test_a_script_is_told_when_nobody_listens(redis_server: RedisServer) -> None:
    ended = script("socketio.emit('job done')", redis_server.url)

    assert ended.returncode == 0
    assert "nobody listens on the channel 'flask-socketio'" in ended.stderr


def test_a_script_fails_where_there_is_no_redis(redis_server: RedisServer) -> None:
    redis_server.stop()
    ended = script("socketio.emit('job done')", redis_server.url)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(
        f"flask_socketio.cluster.bus.MessageQueueError: the message queue {redis_server.url} cannot be reached, "
    )


def test_channels_are_what_keeps_apps_apart(servers: Servers, redis_server: RedisServer) -> None:
    client = servers.running_here.joined()

    SocketIO(message_queue=redis_server.url, channel="another app").emit("for others")
    SocketIO(message_queue=redis_server.url).emit("for us")

    assert client.event() == ["for us"]


def test_while_redis_is_away_own_clients_are_served_and_the_others_are_afterwards(
    servers: Servers, redis_server: RedisServer, log: Log
) -> None:
    here, there = servers.running_here.joined(), servers.running_there.joined()
    redis_server.stop()
    for _ in range(2):
        assert "not connected" in log.next()

    servers.here.emit("meanwhile")
    assert here.event() == ["meanwhile"]

    redis_server.start()
    for _ in range(2):
        assert "connected again" in log.next()
    servers.there.emit("again")
    assert here.event() == ["again"]
    assert there.event() in (["meanwhile"], ["again"])  # it may still have been on its way back when the first came


def test_a_process_that_does_not_serve_raises_while_redis_is_away(redis_server: RedisServer) -> None:
    socketio = SocketIO(Flask("a Celery worker"), message_queue=redis_server.url)
    socketio.emit("fine")
    redis_server.stop()

    with pytest.raises(MessageQueueError):
        socketio.emit("lost")


class Exploding:
    """Says so, and fails the test, if anybody unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("a pickle was read",)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff" * 1_000,
        b"[" * 1_000_000,
        b'"' + b"x" * 20_000_000 + b'"',
        pickle.dumps({"method": "emit", "event": Exploding()}),
        b'{"method":"eval","code":"print(1)"}',
        b'{"method":"emit","event":{},"data":7}',
        b'{"method":"emit","event":"x","binary":true,"data":[[{"_placeholder":true,"num":0}],"=!"]}',
        b'{"method":"emit","event":"disconnect","data":[null]}',
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_whatever_is_on_the_channel_the_next_event_arrives(
    servers: Servers, redis_server: RedisServer, log: Log, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    client = servers.running_here.joined()
    servers.running_there.joined()

    redis_server.client.publish("flask-socketio", raw)
    servers.there.emit("next")

    assert client.event() == ["next"]
    for _ in range(2):
        assert log.next().startswith("WARNING a message on the message queue was ignored: ")
    assert log.empty
    assert "pickle" not in capfd.readouterr().out


def test_a_message_as_upstream_writes_it_reaches_clients(servers: Servers, redis_server: RedisServer) -> None:
    client = servers.running_here.joined()

    redis_server.client.publish(
        "flask-socketio",
        '{"method": "emit", "event": "ev", "data": ["a", 2], "binary": false, "namespace": "/", "room": null, '
        '"skip_sid": null, "callback": null, "host_id": "3e322fb2cadc4c6f83866784ee3e4ab8"}',
    )

    assert client.event() == ["ev", "a", 2]
