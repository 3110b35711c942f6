"""Who may come in."""

from __future__ import annotations

import asyncio
import builtins
from typing import Any

from flask import request

from flask_socketio import ConnectionRefusedError, call, disconnect, emit
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()

REFUSALS: dict[str, Exception] = {
    "no argument": ConnectionRefusedError(),
    "a reason": ConnectionRefusedError("no seat"),
    "a reason and data": ConnectionRefusedError("no seat", {"retry": [1, 2]}),
    "a reason and more": ConnectionRefusedError("no seat", 1, "two"),
    "the builtin": builtins.ConnectionRefusedError("not for clients"),
    "unsendable data": ConnectionRefusedError("no seat", object()),
    "an error": LookupError("a secret"),
}


@socketio.on("connect")
def connect(auth: Any) -> bool | None:
    """Do what the auth says."""
    wish = auth.get("wish") if isinstance(auth, dict) else None
    if wish in REFUSALS:
        raise REFUSALS[wish]
    if wish == "say hello":
        emit("hello", auth)
        emit("hello", "again")
    if wish == "go away":
        emit("hello", "and goodbye")
        disconnect()
    if wish == "call":
        call("question")
    return wish != "false"


@socketio.on("what did you see")
def what_did_you_see() -> tuple[Any, ...]:
    """The handshake, as handlers see it."""
    return request.args.getlist("token"), request.headers.get("X-Token"), request.cookies.get("biscuit")


@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell."""
    tell(request.sid, "disconnect", reason)  # type: ignore[attr-defined]


@socketio.on("connect", namespace="/without")
def connect_without_argument() -> None:
    """Nobody asked for auth."""


@socketio.on("connect", namespace="/async")
async def connect_async(auth: Any) -> bool:
    """Ask somebody who takes a while."""
    emit("hello", auth)
    await asyncio.sleep(0.001)
    return bool(auth)


if __name__ == "__main__":
    run(app, socketio)
