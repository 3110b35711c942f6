"""Servers that ask clients: callbacks and call()."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import has_request_context

from flask_socketio import call, disconnect, emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ERRORS, GONE
from tools.comparison.world import World, request


def answered(world: World, go: Callable[..., Any], answer: str) -> None:
    """A client sends "go", takes the question, answers it, and takes the acknowledgement of "go"."""
    world.on("go", go)
    world.joined().ask("go").send(answer).take()


@observe("a callback gets the arguments of the acknowledgement")
def callback(world: World) -> None:
    world.on("go", lambda: emit("question", "?", callback=world.noting("answer")))
    world.joined().emit("go").take().send('431["a",2]')
    world.until(1)


@observe("a callback gets no arguments of an empty acknowledgement")
def empty_callback(world: World) -> None:
    world.on("go", lambda: emit("question", callback=world.noting("answer")))
    world.joined().emit("go").take().send("431[]")
    world.until(1)


@observe("a callback gets bytes")
def binary_callback(world: World) -> None:
    world.on("go", lambda: emit("question", callback=world.noting("answer")))
    world.joined().emit("go").take().send('461-1[{"_placeholder":true,"num":0}]', b"\x01")
    world.until(1)


@observe("a callback has the request of the handler that emitted")
def callback_request(world: World) -> None:
    def answer() -> None:
        world.note(request.sid, request.namespace, request.event)

    world.on("go", lambda: emit("question", callback=answer))
    world.joined().emit("go").take().send("431[]")
    world.until(1)


@observe("a callback for another client has the request of the emitter")
def callback_of_other(world: World) -> None:
    world.on("go", lambda sid: emit("question", to=sid, callback=lambda: world.note(request.sid)))
    a, b = world.joined("A"), world.joined("B")
    a.emit("go", b.sid)
    b.take().send("431[]")
    world.until(1)


@observe("a callback given outside of a handler has no request")
def callback_outside(world: World) -> None:
    client = world.joined()
    world.socketio.emit("question", to=client.sid, callback=lambda: world.note(has_request_context()))
    client.take().send("431[]")
    world.until(1)


@observe("a callback is called once, even if a client answers twice")
def answered_twice(world: World) -> None:
    world.on("go", lambda: emit("question", callback=world.noting("answer")))
    world.joined().emit("go").take().send("431[1]").send("431[2]").rest()


@observe("an answer to no question is ignored")
def unasked(world: World) -> None:
    world.joined().send("4377[1]").rest()


@observe("several questions have numbers of their own")
def numbers(world: World) -> None:
    def go() -> None:
        emit("first", callback=world.noting("first"))
        emit("second", callback=world.noting("second"))

    world.on("go", go)
    client = world.joined().emit("go").take(2).send("432[2]")
    world.until(1)
    client.send("431[1]")
    world.until(2)


@observe("call() returns None for an empty acknowledgement")
def call_none(world: World) -> None:
    answered(world, lambda: world.attempt(call, "question"), "431[]")


@observe("call() returns the one argument")
def call_one(world: World) -> None:
    answered(world, lambda: world.attempt(call, "question", "?"), '431["yes"]')


@observe("call() returns a tuple of several arguments")
def call_several(world: World) -> None:
    answered(world, lambda: world.attempt(call, "question"), '431["yes",2]')


@observe("call() returns a list as a list")
def call_list(world: World) -> None:
    answered(world, lambda: world.attempt(call, "question"), "431[[1]]")


@observe("call() with a tuple asks with several arguments")
def call_tuple(world: World) -> None:
    answered(world, lambda: world.attempt(call, "question", (1, 2)), "431[]")


@observe("call(to=sid) asks another client")
def call_other(world: World) -> None:
    world.on("go", lambda sid: world.attempt(call, "question", to=sid))
    a, b = world.joined("A"), world.joined("B")
    a.emit("go", b.sid)
    b.take().send('431["from b"]')
    world.until(1)


@observe("call() raises TimeoutError if no answer comes in time")
def call_timeout(world: World) -> None:
    world.on("go", lambda: world.attempt(call, "question", timeout=0.05))
    world.joined().ask("go").take()


@observe("call() of a client that leaves raises TimeoutError, at once", differs=GONE)
def call_left(world: World) -> None:
    world.on("go", lambda: world.attempt(call, "question", timeout=3))
    client = world.joined()
    client.ask("go").send("41")
    world.until(1)


@observe("call() of nobody raises TimeoutError, at once", differs=GONE)
def call_nobody(world: World) -> None:
    world.on("go", lambda: world.attempt(call, "question", to="nobody", timeout=3))
    world.joined().ask("go")


@observe("call() inside the connect handler raises, at once", differs=GONE)
def call_connecting(world: World) -> None:
    world.on("connect", lambda: world.attempt(call, "question", timeout=3))
    world.client().join()


@observe("SocketIO.call() without a client raises ValueError")
def call_to_nobody(world: World) -> None:
    world.attempt(world.socketio.call, "question")


@observe("SocketIO.call() outside of handlers")
def call_outside(world: World) -> None:
    client = world.joined()
    task = world.socketio.start_background_task(world.attempt, world.socketio.call, "question", to=client.sid)
    client.take().send('431["yes"]')
    task.join()


@observe("call() from a route raises", differs=ERRORS)
def call_in_route(world: World) -> None:
    @world.app.route("/go")
    def go() -> str:
        world.attempt(call, "question")
        return "gone"

    world.http("GET", "/go")


@observe("two handlers of one client may both wait in call()", overtake_after=0.05)
def two_calls(world: World) -> None:
    world.on("go", lambda name: world.attempt(call, name))
    client = world.joined()
    client.emit("go", "first").take().emit("go", "second").take()
    client.send("432[2]")
    world.until(1)
    client.send("431[1]")
    world.until(2)


@observe("a client that is put out answers nothing any more")
def put_out(world: World) -> None:
    def go() -> None:
        emit("question", callback=world.noting("answer"))
        disconnect()

    world.on("go", go)
    world.joined().emit("go").take(2).send("431[1]").still()
