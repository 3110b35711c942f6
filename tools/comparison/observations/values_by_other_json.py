"""json=: values in another form. To be observed last, since there it holds for the whole process from then on."""

from __future__ import annotations

import decimal
import json
import uuid
from typing import Any

import flask

from flask_socketio import SocketIO, emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import JSON, OPTIONS
from tools.comparison.world import World


class Shouting:
    """A JSON that tells that it was used."""

    @staticmethod
    def dumps(value: Any, **options: Any) -> str:
        return json.dumps(value, **options).replace("quiet", "LOUD")

    @staticmethod
    def loads(text: str) -> Any:
        return json.loads(text.replace("quiet", "loud"))


@observe("json= writes and reads", json=Shouting)
def own(world: World) -> None:
    world.on("go", lambda text: [text, "quiet"])
    world.joined().ask("go", "quiet")


@observe("json= is that of one SocketIO", differs=JSON)
def others(world: World) -> None:
    SocketIO(flask.Flask("other"), json=Shouting)
    world.on("go", lambda: "quiet")
    world.joined().ask("go")


@observe("with json=flask.json values are written as Flask does", json=flask.json)
def by_flask(world: World) -> None:
    values = [decimal.Decimal("1.5"), uuid.UUID(int=1)]
    world.on("go", lambda number: emit("ev", values[number]))
    world.joined().emit("go", 0).take().emit("go", 1).take()


@observe("a json without dumps raises", differs=OPTIONS)
def odd_json(world: World) -> None:
    world.attempt(lambda: SocketIO(flask.Flask("other"), json=5) and None)


@observe("init_app() may come after the handlers")
def init_app(world: World) -> None:
    app = flask.Flask("other")
    socketio = SocketIO(allow_upgrades=False, json=flask.json)
    socketio.on_event("go", lambda: "done")
    socketio.init_app(app, cookie="io")
    server: Any = socketio.server
    world.note(server.eio.allow_upgrades, server.eio.cookie, app.extensions["socketio"] is socketio)
    world.note(socketio.test_client(app).emit("go", callback=True))
