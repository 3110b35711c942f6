"""Celery: tasks emit by the message queue, in a worker's processes or in those of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery, Task, shared_task
from flask import Flask, current_app

from flask_socketio import SocketIO, emit, request
from tests.cluster.conftest import Log
from tests.memory import Running, running
from tests.redis_server import RedisServer

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(socketio: SocketIO, log: Log) -> Iterator[Running]:
    """The web server, once it hears what is published."""
    with running(socketio) as server:
        assert log.next().endswith(": connected")
        yield server


def test_tasks_that_run_at_once_emit_as_those_of_a_worker(redis_server: RedisServer, log: Log) -> None:
    """`task_always_eager`, as in test suites, with the tasks of Flask's documentation, which have a context."""
    app = Flask("app")
    socketio = SocketIO(app, message_queue=redis_server.url)

    class TaskInContext(Task):  # type: ignore[misc]  # Celery has no types
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=TaskInContext)
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    celery.set_default()

    @shared_task(name=f"work at {redis_server.port}")  # type: ignore[untyped-decorator]  # a name for one attempt
    def work(sid: str) -> None:
        outside = SocketIO(message_queue=redis_server.url)
        outside.emit("by the queue", current_app.name, to=sid)
        emit("by the app's own", to=sid, namespace="/")

    @socketio.on("work")
    def start() -> str:
        work.delay(request.sid)
        return "started"

    with serving(socketio, log) as server:
        client, other = server.joined(), server.joined()
        client.emit("work", ack=1)
        came = sorted(str(client.next()) for _ in range(3))
        assert came == ['42["by the app\'s own"]', '42["by the queue","app"]', '431["started"]']
        assert other.nothing_came()


def test_a_workers_processes_emit(redis_server: RedisServer, log: Log) -> None:
    socketio = SocketIO(Flask("app"), message_queue=redis_server.url)
    with serving(socketio, log) as server:
        client, other = server.joined(), server.joined()
        command = [
            "-m",
            "celery",
            "--app",
            "tests.apps.celery_tasks",
            "worker",
            "--concurrency",
            "2",
            "--pool",
            "prefork",
        ]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"]
        worker = subprocess.Popen(
            [sys.executable, *command, *quiet], cwd=ROOT, env={**os.environ, "REDIS_URL": redis_server.url}
        )
        try:
            assert client.event() == ["worker starts", worker.pid]
            with Celery(broker=redis_server.url) as celery:
                celery.send_task("tests.apps.celery_tasks.work", [client.sid, 3])
            assert [client.event() for _ in range(3)] == [["progress", done, 3] for done in (1, 2, 3)]
            name, process = client.event()
            assert name == "worker is done"
            assert process != worker.pid
        finally:
            worker.terminate()
            worker.wait(timeout=20)
        assert other.event() == ["worker starts", worker.pid]
        assert other.nothing_came()
