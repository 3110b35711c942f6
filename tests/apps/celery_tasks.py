"""Tasks for a Celery worker, on the Redis named by REDIS_URL: broker, and message queue of the web server."""

from __future__ import annotations

import os

from celery import Celery

from flask_socketio import SocketIO

URL = os.environ["REDIS_URL"]

app = Celery("tasks", broker=URL)
app.conf.broker_connection_retry_on_startup = True
socketio = SocketIO(message_queue=URL)

#: In the worker's first process: those that run tasks are forked from it, and must not share its connection.
socketio.emit("worker starts", os.getpid())


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def work(sid: str, number: int) -> None:
    """Tell a client how far it is."""
    for done in range(1, number + 1):
        socketio.emit("progress", (done, number), to=sid)
    socketio.emit("worker is done", os.getpid(), to=sid)
