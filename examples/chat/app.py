"""The chat's server. Read it from top to bottom: each function below says what happens when something happens.

A page connects and says who it is (`connect`), enters a room (`join`) and asks what was said there (`history`). It says
things itself (`post`, `typing`), after the file if it shares one (`chunk`). It hears what is said as `message`, who is
typing as `typing`, and who is here, whenever that changes, as `people`. What a handler returns, or raises as an
`EventError`, is the answer to the page; an error is in words for the person who looks at it.

All handlers are `async def`: they run on one loop, one after the other, so there is nothing to lock; none takes long.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import time
from typing import Any

from flask import Flask, Response, abort, send_from_directory

from examples.chat.files import add_chunk, finish, size_of
from examples.chat.history import PAGE, History
from examples.chat.rules import People, Person, Room, check, tidy_id, tidy_name, tidy_place, tidy_room, tidy_text
from examples.shared import shared
from flask_socketio import SocketIO, emit, join_room, leave_room, request, rooms

folder = Path(os.environ.get("CHAT_FOLDER") or Path(__file__).with_name("saved"))
folder.mkdir(mode=0o700, parents=True, exist_ok=True)
files = folder / "files"
files.mkdir(exist_ok=True)
history, people = History(folder / "chat.sqlite3"), People()

app = Flask(__name__)
app.register_blueprint(shared)
# A page whose connection breaks, by a restart of the server too, comes back into its room and gets what it missed. If
# that cannot be, after `kill -9` say, it asks the history for what was said after the last message that it has.
socketio = SocketIO(app, recovery={"path": folder / "recovery"})


@app.get("/")
def page() -> Response:
    """The chat's one page. The Socket.IO client it loads comes from this server too: /socket.io/socket.io.js."""
    return app.send_static_file("index.html")


@app.get("/files/<id>")
def file(id: str) -> Response:
    """A shared file. What is no picture is saved and never shown, so that no HTML or SVG can run as a page of ours."""
    message = history.find(id) or abort(404)
    kind, name = str(message["type"]), "".join(filter(str.isprintable, message["text"]))[-100:]
    return send_from_directory(files, id, mimetype=kind, as_attachment="image/" not in kind, download_name=name)


@app.after_request
def only_our_own(response: Response) -> Response:
    """Browsers take nothing from elsewhere into our page, nor script from a message, should one ever get that far."""
    response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@socketio.on("connect")
async def connect(auth: Any) -> None:
    """A page connects, also after every break. A recovered one is in its room, unless it was kicked out meanwhile."""
    auth = auth if isinstance(auth, dict) else {}
    name, browser = tidy_name(auth.get("name")), tidy_id(auth.get("browser"))
    for room in rooms():
        history.room(room).admit(browser, time())
    people.enter(request.sid, name, browser)


@socketio.on("disconnect")
async def leave(reason: str) -> None:
    """A page is gone: its tab was closed, or the connection broke, which is what the reason tells."""
    tell_who_is_here(people.pop(request.sid).room)


@socketio.on("join")
async def join(room: Any) -> None:
    """Somebody enters a room, and by that leaves the one before. Who opens a room moderates it."""
    room, person, state = look_up(room)
    state.moderator = state.moderator or person.browser
    history.keep_room(room, state)
    person.room = room
    join_room(room)
    tell_who_is_here(room)
    for left in {*rooms()} - {room, request.sid}:
        leave_room(left)
        tell_who_is_here(left)


@socketio.on("history")
async def read(room: Any, after: Any = None, before: Any = None, words: Any = None) -> dict[str, Any]:
    """What was said in a room: after the last message that a page has, before its first, or with some words in it."""
    room, _, _ = look_up(room)
    after, before = tidy_place(after), tidy_place(before)
    messages = history.read(room, after, before) if words is None else history.search(room, tidy_text(words))
    return {"messages": messages, "more": len(messages) == PAGE}


@socketio.on("post")
async def post(id: Any, room: Any, text: Any, size: Any = None) -> dict[str, Any]:
    """Somebody says something, or shares a file of that size. It is kept before anybody is told.

    A page that got no answer sends it again. By its id it is found, and nobody hears of it twice.
    """
    room, person, state = look_up(room)
    message = history.find(tidy_id(id))
    if not message:
        state.hear(person.browser, time(), history.last(room, person.name))
        text = tidy_text(text)
        kind = None if size is None else finish(files / id, size)
        message = history.add(id, room, person.name, text, size, kind)
        emit("message", message, to=room)
    return {"message": message}


@socketio.on("chunk", rate_limit="400/10 seconds")
async def chunk(id: Any, room: Any, at: Any = None, data: Any = None) -> dict[str, Any]:
    """A part of a file, which belongs at that place; or nothing, which only asks.

    The answer is how much of the file is here: there the page goes on.
    """
    _, person, state = look_up(room)
    state.hear(person.browser, time(), 0)
    path = files / tidy_id(id)
    if data is None:
        return {"have": size_of(path)}
    check(not history.find(id), "shared", "That file is shared already.")
    return {"have": add_chunk(path, at, data)}


@socketio.on("typing")
async def typing(room: Any) -> None:
    """Somebody is writing. The others in the room see it; it is dropped for those who cannot take it now."""
    room, person, _ = look_up(room)
    emit("typing", {"room": room, "name": person.name}, to=room, include_self=False, volatile=True)


@socketio.on("moderate")
async def moderate(room: Any, verdict: Any, about: Any) -> None:
    """The moderator decides about the pace of the room, or about somebody who is here: see `Room.decide`."""
    room, person, state = look_up(room)
    check(person.browser == state.moderator, "no_moderator", "Only the moderator of this room can do that.")
    if verdict != "pace":
        about = dict(people.within(room)).get(str(about))
        check(about, "gone", "They are not here any more.")
    state.decide(verdict, about, time())
    history.keep_room(room, state)
    for sid, each in people.items():
        if verdict == "kick" and (each.browser, each.room) == (about, room):
            emit("kicked", to=sid)  # the page asks to be let in again, is not, and hears why
            leave_room(room, sid)
            each.room = sid
    tell_who_is_here(room)


def look_up(room: Any) -> tuple[str, Person, Room]:
    """For an event about a room: the room's name, who has sent the event, and what was decided about the room."""
    name, person = tidy_room(room), people[request.sid]
    state = history.room(name)
    state.admit(person.browser, time())
    return name, person, state


def tell_who_is_here(room: str) -> None:
    """Tell everybody in a room who is in it. A page that is slow gets the newest only."""
    state, here = history.room(room), []
    for name, browser in people.within(room):
        here.append({"name": name, "moderates": browser == state.moderator, "muted": browser in state.muted})
    emit("people", {"room": room, "people": here, "pace": state.pace}, to=room, latest="people")
