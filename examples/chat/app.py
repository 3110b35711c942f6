"""The chat's server. Read it from top to bottom: each function below says what happens when something happens.

A browser first connects and says its name (`connect`), then enters a room (`join`), asks what was said there
(`history`), and from then on says things itself (`post`, `typing`). It hears what is said as `message`, who is typing
as `typing`, and who is in the room, whenever that changes, as `people`.

What a handler returns is the answer to the browser that sent the event. Here an answer is always a dict, and one with
an "error" in it is a no, in words for the person who reads it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response

from examples.chat import rules
from examples.chat.history import PAGE, History
from examples.chat.people import People
from examples.chat.rules import Refused
from examples.shared import shared
from flask_socketio import ConnectionRefusedError, SocketIO, emit, join_room, leave_room, request

app = Flask(__name__)
app.register_blueprint(shared)
socketio = SocketIO(app)

history = History(os.environ.get("CHAT_DATABASE") or Path(__file__).with_name("chat.sqlite3"))
people = People()

# Handlers of different browsers run at the same time, each on a thread. Who looks something up and tells a room about
# it holds this lock meanwhile, so that everybody in the room is told in the same order: the order of the history.
telling = threading.Lock()


@app.get("/")
def page() -> Response:
    """The chat's one page. The Socket.IO client it loads comes from this server too: /socket.io/socket.io.js."""
    return app.send_static_file("index.html")


@app.after_request
def only_our_own(response: Response) -> Response:
    """Browsers take nothing from elsewhere into our page, nor script from a message, should one ever get that far."""
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


@socketio.on("connect")
def connect(auth: Any) -> None:
    """A browser connects, also after every break. Who is refused gets the words as a `connect_error`."""
    auth = auth if isinstance(auth, dict) else {}
    try:
        people.enter(request.sid, rules.tidy_name(auth.get("name")), str(auth.get("browser")))
    except Refused as no:
        raise ConnectionRefusedError(str(no), {"field": "name"}) from None


@socketio.on("disconnect")
def disconnect(reason: str) -> None:
    """A browser is gone: its tab was closed, or the connection broke, which is what the reason tells."""
    room = people.leave(request.sid)
    if room:
        tell_who_is_here(room)


@socketio.on("join")
def join(room: Any) -> dict[str, Any]:
    """Somebody enters a room, and by that leaves the one before."""
    room = rules.tidy_room(room)
    left = people.move(request.sid, room)
    join_room(room)
    tell_who_is_here(room)
    if left and left != room:
        leave_room(left)
        tell_who_is_here(left)
    return {"room": room}


@socketio.on("history")
def read_history(room: Any, after: int | None = None, before: int | None = None) -> dict[str, Any]:
    """What was said in a room: after the last message that a browser has, before its first, or simply the last."""
    room = rules.tidy_room(room)
    messages = history.before(room, before) if after is None else history.after(room, after)
    return {"messages": messages, "more": len(messages) == PAGE}


@socketio.on("post")
def post(id: Any, room: Any, text: Any) -> dict[str, Any]:
    """Somebody says something. It is in the file before anybody is told, so nobody reads what a crash could undo.

    A browser that got no answer cannot know whether its message arrived, so it sends it again, with the same id. The
    history tells whether the message is new, and only then does the room hear of it.
    """
    id, room, text = rules.tidy_id(id), rules.tidy_room(room), rules.tidy_text(text)
    name = people.name(request.sid)
    with telling:
        message, is_new = history.add(id, room, name, text)
        if is_new:
            emit("message", message, to=room)
    return {"message": message}


@socketio.on("typing")
def typing(room: Any) -> None:
    """Somebody is writing. The others in the room see it; nothing is kept, and nobody waits for an answer."""
    room = rules.tidy_room(room)
    emit("typing", {"room": room, "name": people.name(request.sid)}, to=room, include_self=False)


@socketio.on_error_default
def explain(error: Exception) -> dict[str, str]:
    """A handler raised this error. What is returned here goes to the browser as the handler's answer."""
    if isinstance(error, Refused):
        return {"error": str(error)}
    app.logger.error("A handler failed.", exc_info=error)
    return {"error": "Something went wrong on the server."}


def tell_who_is_here(room: str) -> None:
    """Tell everybody in a room who is in it."""
    with telling:
        emit("people", {"room": room, "names": people.names(room)}, to=room)
