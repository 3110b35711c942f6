"""The game's server. Read it from top to bottom: first what a page may say, then what happens thirty times a second.

A page says who it is as it connects, and from then on what its bird is to do (`play`). It hears as `match` what must
not be missed: who plays, when the round ends, who has won. What moves comes as `state`, 15 times a second. That one is
emitted with `latest=`: a page that is slow gets the newest, and not a queue of old ones.

All handlers are `async def`: they and the ticks run on one loop, one after the other, so there is nothing to lock.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Response

from examples.game.deltas import Feed, View
from examples.game.match import AWAY, Match, Player
from examples.game.motion import RULES, TICKS
from examples.shared import shared
from flask_socketio import EventError, SocketIO, emit, join_room, request

MOST_MATCHES = 100
BEHIND = 0.2  # seconds that ticks may be late, and are made up for

folder = Path(os.environ.get("GAME_FOLDER") or Path(__file__).with_name("saved"))
folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # there are keys of players in it
file = folder / "matches.json"

app = Flask(__name__)
app.register_blueprint(shared)
# A page whose connection breaks, by a restart of the server too, comes back as who it was and hears what it missed.
recovery = {"path": folder / "recovery", "max_disconnection_duration": AWAY / TICKS}
socketio = SocketIO(app, recovery=recovery, byte_rate_limit="10000/second")

matches: dict[str, Match] = {}
feeds: defaultdict[str, Feed] = defaultdict(Feed)  # of each match
here: dict[str, tuple[Match, Player | None]] = {}  # what each connection looks at, and whom it plays


@app.get("/")
def page() -> Response:
    """The game's one page. The Socket.IO client it loads comes from this server too: /socket.io/socket.io.js."""
    return app.send_static_file("index.html")


@socketio.on("connect")
async def connect(auth: Any) -> None:
    """A page comes, or comes back. By its key it gets its bird back, after a reload too; without one it watches."""
    name, wanted, key = (tidy(auth, part) for part in ("name", "match", "key"))
    if not (name and wanted):
        raise EventError("nameless", "Please say who you are, and which match you want to be in.")
    if wanted not in matches and len(matches) == MOST_MATCHES:
        raise EventError("full", "There is no place for another match. Join one that runs.")
    match = matches.setdefault(wanted, Match(name=wanted))
    player = match.seat(name, key) if key else None
    if player:
        player.sid = request.sid
    match.news = True
    here[request.sid] = match, player
    feeds[wanted].views[request.sid] = View()
    join_room(f"match {wanted}")
    emit("welcome", {"seat": player.seat if player else None, "heard": player.heard if player else 0, "rules": RULES})


@socketio.on("disconnect")
async def disconnect(reason: str) -> None:
    """A page goes. Unless it says so, it may come back, and its bird waits for it."""
    match, player = here.pop(request.sid)
    del feeds[match.name].views[request.sid]
    if player and player.sid == request.sid:
        player.sid, player.gone, match.news = "", match.tick, True
        if reason == socketio.reason.CLIENT_DISCONNECT:
            match.unseat(player)


@socketio.on("play", rate_limit="60/second")
async def play(tick: Any, first: Any, commands: Any) -> None:
    """A page has the state of that tick, and has commands for its bird, numbered from `first` on; see motion.py."""
    if not (isinstance(commands, list) and all(isinstance(number, int) for number in (tick, first, *commands))):
        raise EventError("malformed", "That is no way to play. Please reload the page.")
    match, player = here[request.sid]
    feeds[match.name].views[request.sid].confirm(tick)
    if player and player.sid == request.sid:  # and not played in another tab by now
        player.hear(first, commands)


@socketio.on("echo")
async def echo() -> None:
    """Nothing but an answer: a page measures how long it takes."""


def tidy(auth: Any, part: str) -> str:
    """A name in what a page sent: with single spaces, of letters that can be seen, not too long; "" if it is none."""
    text = auth.get(part) if isinstance(auth, dict) else None
    return "".join(filter(str.isprintable, " ".join(text.split())))[:32] if isinstance(text, str) else ""


async def run() -> None:
    """Thirty times a second, as long as the server runs. As it stops, this is cancelled."""
    if file.exists():
        for match in msgspec.json.decode(file.read_bytes(), type=list[Match]):
            matches[match.name] = match
            for player in match.players.values():
                player.sid, player.gone = "", match.tick
    due = asyncio.get_running_loop().time()
    try:
        for number in count(1):
            for match in list(matches.values()):
                advance(match)
            if number % TICKS == 0:  # what is killed without a word loses a second
                save()
            due = max(due + 1 / TICKS, asyncio.get_running_loop().time() - BEHIND)
            await asyncio.sleep(due - asyncio.get_running_loop().time())
    finally:
        save()


def advance(match: Match) -> None:
    """One tick of a match; who looks at it is told. Where nobody looks, time stands still."""
    feed = feeds[match.name]
    match.idle = 0 if feed.views else match.idle + 1
    if match.idle > AWAY:
        del matches[match.name], feeds[match.name]
    if match.idle:
        return
    match.advance()
    if match.news:
        match.news = False
        socketio.emit("match", match.card(), to=f"match {match.name}")
    if match.tick % 2 == 0:
        done = {player.sid: player.heard - len(player.commands) for player in match.players.values()}
        for sid, update in feed.updates(match.tick, match.state()):
            socketio.emit("state", match.tick, *update, done.get(sid, 0), to=sid, latest="state")


def save() -> None:
    """Write all matches into the file, at once: who is killed meanwhile leaves the old one."""
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(list(matches.values())))
    new.replace(file)


socketio.start_background_task(run)
