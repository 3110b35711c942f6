"""Handlers that take their time, in all the ways in which handlers do; the tests hold them up and let them go."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import defaultdict
from typing import Any

from flask import request

from flask_socketio import call, emit
from tests.apps.e2e.app import make_app, run, tell

PATIENCE = 20.0  # seconds; a handler that nobody lets go fails its test, not the whole run

app, socketio = make_app(max_threads=4)

notes: defaultdict[str, list[Any]] = defaultdict(list)
gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
async_gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
meetings: defaultdict[str, list[threading.Event]] = defaultdict(list)
meeting_lock = threading.Lock()
looping: set[str] = set()


def me() -> str:
    """The client of this event."""
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


@socketio.on("note")
@socketio.on("note", namespace="/other")
def note(value: Any) -> None:
    """Remember."""
    notes[me()].append(value)


@socketio.on("note async")
async def note_async(value: Any) -> None:
    """Remember, after a wait where the number is odd."""
    if value % 2:
        await asyncio.sleep(0)
    notes[me()].append(value)


@socketio.on("notes")
def get_notes() -> list[Any]:
    """What has been remembered of this client, in its order."""
    return notes[me()]


@socketio.on("hold")
def hold(gate: str) -> None:
    """Block a thread until the gate opens."""
    emit("holding")
    assert gates[gate].wait(PATIENCE)
    notes[me()].append(gate)


@socketio.on("hold async")
async def hold_async(gate: str) -> None:
    """Wait until the gate opens."""
    emit("holding")
    await asyncio.wait_for(async_gates[gate].wait(), PATIENCE)
    notes[me()].append(gate)


@socketio.on("open")
async def open_gate(gate: str) -> None:
    """Let those go who are held."""
    gates[gate].set()
    async_gates[gate].set()


@socketio.on("meet")
def meet(place: str, people: int) -> None:
    """Return only when so many handlers are here at the same time."""
    arrived = threading.Event()
    with meeting_lock:
        meetings[place].append(arrived)
        if len(meetings[place]) == people:
            for event in meetings[place]:
                event.set()
    assert arrived.wait(PATIENCE)


@socketio.on("give up")
def give_up() -> None:
    """Raise what is no Exception."""
    sys.exit("I give up")


@socketio.on("give up async")
async def give_up_async() -> None:
    """The same in a coroutine."""
    await asyncio.sleep(0)
    raise asyncio.CancelledError


@socketio.on("ask in between")
def ask_in_between() -> Any:
    """Wait for the client in the middle of a handler."""
    return call("question", timeout=PATIENCE)


@socketio.on("loop")
def loop() -> None:
    """Work until told to stop, as apps do that stream something."""
    looping.add(me())
    emit("looping")
    while me() in looping:
        socketio.sleep(0.005)
    tell(me(), "loop ended")


@socketio.on("stop")
def stop() -> None:
    """End the loop."""
    looping.discard(me())


@socketio.on("disconnect")
def left(reason: str) -> None:
    """End the loop here, too."""
    tell(me(), reason, notes[me()])
    looping.discard(me())


@socketio.on("start tasks")
def start_tasks(tasks: int, count: int) -> None:
    """Emit from threads of their own, which have no request."""
    sid = me()

    def work(task: int) -> None:
        for number in range(count):
            socketio.emit("work", task, number, to=sid)

    for task in range(tasks):
        socketio.start_background_task(work, task)


if __name__ == "__main__":
    run(app, socketio)
