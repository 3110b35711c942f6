"""When handlers run, and what may run beside them."""

from __future__ import annotations

import threading
import time

from flask_socketio import emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ORDER
from tools.comparison.world import World, request


def slow_and_fast(world: World) -> None:
    def slow() -> None:
        time.sleep(0.1)
        world.note("slow")

    world.on("slow", slow)
    world.on("fast", lambda: world.note("fast"))
    client = world.joined()
    client.emit("slow").emit("fast")
    world.until(2)


@observe("a fast handler waits for the slow one before it", differs=ORDER)
def in_order(world: World) -> None:
    slow_and_fast(world)


@observe("with async_handlers=True it does not wait", async_handlers=True)
def in_no_order(world: World) -> None:
    slow_and_fast(world)


@observe("with async_handlers=False it waits", async_handlers=False)
def one_by_one(world: World) -> None:
    slow_and_fast(world)


@observe("two clients do not wait for each other")
def two_clients(world: World) -> None:
    gate = threading.Event()

    def first() -> None:
        world.note("first begins")
        gate.wait(10)
        world.note("first ends")

    def second() -> None:
        world.note("second")
        gate.set()

    world.on("first", first)
    world.on("second", second)
    a, b = world.joined("A"), world.joined("B")
    a.emit("first")
    world.until(1)
    b.emit("second")
    world.until(3)


@observe("a handler may loop until another event stops it", overtake_after=0.05)
def loop_until_event(world: World) -> None:
    running: set[str] = set()

    def start() -> str:
        running.add(request.sid)
        while request.sid in running:
            world.socketio.sleep(0.01)
        world.note("stopped")
        return "stopped"

    def stop() -> str:
        running.discard(request.sid)
        return "stopping"

    world.on("start", start)
    world.on("stop", stop)
    client = world.joined()
    client.send('421["start"]')
    world.socketio.sleep(0.1)
    client.send('42["stop"]').take()


@observe("a handler may loop until its client leaves", overtake_after=0.05)
def loop_until_disconnect(world: World) -> None:
    here: set[str] = set()

    def start() -> None:
        here.add(request.sid)
        emit("tick")
        while request.sid in here:
            world.socketio.sleep(0.01)
        world.note("loop ends")

    def disconnect() -> None:
        world.note("disconnect")
        here.discard(request.sid)

    world.on("start", start)
    world.on("disconnect", disconnect)
    client = world.joined()
    client.emit("start").take().send("41")
    world.until(2)


@observe("what a handler emits comes before its acknowledgement")
def emit_then_ack(world: World) -> None:
    def go() -> str:
        for number in range(3):
            emit("tick", number)
        return "done"

    world.on("go", go)
    world.joined().ask("go").take(3)


@observe("what a handler emits goes out while it runs")
def emit_at_once(world: World) -> None:
    gate = threading.Event()

    def go() -> str:
        emit("tick")
        gate.wait(10)
        return "done"

    world.on("go", go)
    client = world.joined().ask("go")
    gate.set()
    client.take()


@observe("events that came before the client left are handled")
def event_then_leave(world: World) -> None:
    world.on("go", lambda: world.note("go"))
    client = world.joined()
    client.ask("go").send("41").still()


@observe("a handler that runs is not interrupted when its client leaves")
def leaves_meanwhile(world: World) -> None:
    gate = threading.Event()

    def go() -> None:
        world.note("begins")
        gate.wait(10)
        emit("unheard")
        world.note("ends")

    def disconnect() -> None:
        world.note("disconnect")
        gate.set()

    world.on("go", go)
    world.on("disconnect", disconnect)
    client = world.joined()
    client.emit("go")
    world.until(1)
    client.drop()
    world.until(3)
