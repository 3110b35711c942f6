"""The game's server. Read it from top to bottom: first what a page may say, then what happens thirty times a second.

A page says who it is as it connects, and from then on what its bird is to do (`play`). It hears as `match` what must
not be missed: who plays, and when the round ends. What moves comes as `state`, 15 times a second. That one is emitted
with `latest=`: a page that is slow gets the newest, and not a queue of old ones.

All handlers are `async def`: they and the ticks run on one loop, one after the other, so there is nothing to lock.
"""

import asyncio
import os
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Response

from examples.game.deltas import State, difference
from examples.game.match import Match, Player
from examples.game.motion import RULES, TICKS
from examples.shared import shared
from flask_socketio import EventError, SocketIO, disconnect, emit, join_room, request

MOST_MATCHES = 100
MOST = 2**53  # numbers up to here are the same in JavaScript, and fit into a file
BEHIND = 0.2  # seconds that ticks may be late, and are made up for

file = Path(os.environ.get("GAME_FOLDER") or Path(__file__).with_name("saved")) / "matches.json"
file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # there are keys of players in it

app = Flask(__name__)
app.register_blueprint(shared)
socketio = SocketIO(app, byte_rate_limit="10000/second")

matches: dict[str, Match] = {}
here: dict[str, tuple[Match, Player | None]] = {}  # what each connection looks at, and whom it plays
told: dict[str, tuple[int, State, object]] = {}  # of each match: what all who look at it were told in full, and when


@app.get("/")
def page() -> Response:
    """The game's one page. The Socket.IO client it loads comes from this server too: /socket.io/socket.io.js."""
    return app.send_static_file("index.html")


@socketio.on("connect")
async def connect(auth: Any) -> None:
    """A page comes, or comes back: by its key, a secret, it gets its bird again. One without a key watches."""
    parts = [auth.get(part) if isinstance(auth, dict) else None for part in ("name", "match", "key")]
    name, title, key = (tidy(part) for part in parts)
    if not (name and title):
        raise EventError("nameless", "Please say who you are, and which match you want to be in.")
    if title not in matches and len(matches) == MOST_MATCHES:
        raise EventError("full", "There is no place for another match. Join one that runs.")
    match = matches.setdefault(title, Match(name=title))
    player = match.seat(name, key) if key else None
    if player:
        if player.sid:  # of another tab, that has the same key since it was duplicated
            emit("taken over", to=player.sid)
        player.sid = request.sid
    here[request.sid] = match, player
    told.pop(title, None)  # so that the next tick tells everything
    join_room(f"match {title}")
    emit("welcome", {"seat": player and player.seat, "heard": player and player.heard, "rules": RULES})


@socketio.on("name", rate_limit="5/10 seconds")
async def rename(name: Any) -> None:
    """Somebody wants to be called otherwise. The bird stays what it is."""
    _, player = here[request.sid]
    if player and player.sid == request.sid and tidy(name):
        player.name = tidy(name)


def tidy(text: Any) -> str:
    """What a page calls something. Half an emoji, which no file takes, becomes a '?'."""
    return text.strip()[:32].encode(errors="replace").decode() if isinstance(text, str) else ""


@socketio.on("disconnect")
async def leave(reason: str) -> None:
    """A page goes. Unless it says so, it may come back, and its bird waits for it."""
    match, player = here.pop(request.sid)
    if player and player.sid == request.sid:
        player.sid = ""
        if reason == socketio.reason.CLIENT_DISCONNECT:
            del match.players[player.seat]


@socketio.on("play", rate_limit="16/second")
async def play(number: Any, commands: Any) -> None:
    """A page has commands for its bird, the last one of that number: two of them, 15 times a second; see motion.py.

    Who sends more is not heard, so nobody is faster than others. What the network has held up for a second is.
    """
    numbers = [number, *commands] if isinstance(commands, list) else [None]
    if not all(type(each) is int and 0 <= each < MOST for each in numbers):  # True is an int, too, but of another type
        raise EventError("malformed", "That is no way to play. Please reload the page.")
    _, player = here[request.sid]
    if player and player.sid == request.sid:  # and not played in another tab by now
        player.commands += commands[:2]
        player.heard = number


async def run() -> None:
    """Thirty times a second, as long as the server runs. As it stops, this is cancelled."""
    load()
    clock, due = asyncio.get_running_loop().time, 0.0
    try:
        for number in count(1):
            for match in list(matches.values()):
                try:
                    advance(match)
                except Exception:  # the other matches go on
                    app.logger.exception("The match %s has ended.", match.name)
                    end(match)
            if number % TICKS == 0:  # what is killed without a word loses a second
                save()
            due = max(due + 1 / TICKS, clock() - BEHIND)
            await asyncio.sleep(due - clock())
    finally:
        save()


def advance(match: Match) -> None:
    """One tick of a match. Who looks at it hears of every second one."""
    match.advance()
    if match.tick % 2:
        return
    room, state, card = f"match {match.name}", match.state(), match.card()
    base, before, known = told.get(match.name, (0, {}, None))
    if card != known:
        socketio.emit("match", card, to=room)
    if card == known and match.tick < base + TICKS:
        socketio.emit("state", match.tick, base, *difference(before, state), to=room, latest="state")
        return
    told[match.name] = match.tick, state, card
    socketio.emit("state", match.tick, 0, *difference({}, state), to=room, latest="whole state")
    if not any(match is watched for watched, _ in here.values()) and not any(p.key for p in match.players.values()):
        end(match)  # nobody looks, and nobody will come back


def end(match: Match) -> None:
    """Forget a match. Pages that look at it are put out; they come back by themselves, and another one begins."""
    del matches[match.name]
    told.pop(match.name, None)
    with app.app_context():
        for sid in [sid for sid, (watched, _) in here.items() if watched is match]:
            disconnect(sid, namespace="/")


def load() -> None:
    """Go on with the matches that are in the file. One that cannot be read is put aside, for somebody to look at."""
    try:
        saved = msgspec.json.decode(file.read_bytes(), type=list[Match]) if file.exists() else []
    except msgspec.DecodeError as error:
        app.logger.error("No match goes on: %s cannot be read, and is put aside. %s", file, error)
        file.replace(file.with_suffix(".unreadable"))
        return
    for match in saved:
        matches[match.name] = match
        for player in match.players.values():
            player.sid = ""


def save() -> None:
    """Write all matches into the file, at once: who is killed meanwhile leaves the old one."""
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(list(matches.values())))
    new.replace(file)


socketio.start_background_task(run)
