"""The start page, and the examples below it: four Flask apps, each with a `SocketIO` of its own, in one process.

Once a second everybody who looks at the page hears the `numbers`: of each app, how many clients are connected, and how
many packets came and went in that second. They come with `latest=`: nobody wants those of a moment ago. Who has just
connected gets those of the last minute at once, as `past`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from flask import Flask, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from examples.chat import app as chat
from examples.game import app as game
from examples.shared import shared
from examples.trading import app as trading
from flask_socketio import SocketIO, emit

app = Flask(__name__)
app.register_blueprint(shared)
app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
    app.wsgi_app, {"/chat": chat.app, "/trading": trading.app, "/game": game.app}
)
socketio = SocketIO(app)

extensions = {"start": socketio, "chat": chat.socketio, "trading": trading.socketio, "game": game.socketio}
past: deque[dict[str, list[int]]] = deque(maxlen=60)
mounted = [each for each in extensions.values() if each is not socketio]  # what `socketio.run` serves, too


@app.get("/")
def page() -> Response:
    """The page."""
    return app.send_static_file("index.html")


@socketio.on("connect")
async def connect() -> None:
    """A page connects."""
    emit("past", [*past])


async def tell_numbers() -> None:
    """Runs in the background, as long as the server does."""
    then, before = time.monotonic(), {name: each.counters() for name, each in extensions.items()}
    while True:
        await asyncio.sleep(1)
        now, counters = time.monotonic(), {name: each.counters() for name, each in extensions.items()}
        numbers = {}
        for name, count in counters.items():
            rates = [(count[what] - before[name][what]) / (now - then) for what in ("packets_received", "packets_sent")]
            numbers[name] = [count["connections"], *map(round, rates)]
        past.append(numbers)
        socketio.emit("numbers", numbers, latest="numbers")
        then, before = now, counters


socketio.start_background_task(tell_numbers)
