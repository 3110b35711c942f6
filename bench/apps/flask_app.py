# mypy: ignore-errors
"""The app on Flask-SocketIO, as users write it. This checkout and upstream run the very same file.

`--async-handlers` adds the handler that only this checkout can run; `--mode` is upstream's choice of threads.
"""

import argparse
import sys

if "gevent" in sys.argv:
    from gevent import monkey

    monkey.patch_all()

import logging
import time

from routes import app

from flask_socketio import SocketIO, emit, join_room

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--mode", choices=["threading", "gevent"])
parser.add_argument("--async-handlers", action="store_true")
options = parser.parse_args()

logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no peer writes a line for each request
socketio = SocketIO(app, async_mode=options.mode)


@socketio.on("echo")
def echo(message):
    emit("echo", message)


@socketio.on("block")
def block(message):
    time.sleep(0.05)
    emit("block", message)


@socketio.on("join")
def join(room):
    join_room(room)


@socketio.on("say")
def say(message):
    emit("say", message, to=message["room"])


if options.async_handlers:

    @socketio.on("echo_async")
    async def echo_async(message):
        emit("echo_async", message)


socketio.run(app, port=options.port, allow_unsafe_werkzeug=True)
