"""Events and their acknowledgements, both ways: `/` has `def` handlers, `/async` has `async def` ones."""

from __future__ import annotations

import asyncio
from typing import Any

from flask import request

from flask_socketio import call, emit, send
from flask_socketio.exceptions import TimeoutError
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()

RESULTS: dict[str, Any] = {
    "nothing": None,
    "no argument": (),
    "falsehood": False,
    "a list": [1, 2],
    "two arguments": (1, [2]),
    "binary": b"\x00\xff",
    "strange numbers": (float("inf"), float("nan")),
    "nested binary": ({"deep": [b"one", {"deeper": b""}]}, b"two"),
}


@socketio.on("echo")
def echo(*args: Any) -> None:
    """Send all arguments back."""
    emit("echo", args)


@socketio.on("echo", namespace="/async")
async def echo_async(*args: Any) -> None:
    """The same."""
    await asyncio.sleep(0)
    emit("echo", args)


@socketio.on("return")
def give_back(*args: Any) -> Any:
    """Acknowledge with the arguments."""
    return args


@socketio.on("return", namespace="/async")
async def give_back_async(*args: Any) -> Any:
    """The same."""
    await asyncio.sleep(0)
    return args


@socketio.on("result")
def result(name: str) -> Any:
    """Return something."""
    return RESULTS[name]


@socketio.on("result", namespace="/async")
async def result_async(name: str) -> Any:
    """The same, in the handler's first step."""
    return RESULTS[name]


@socketio.on("call")
def call_back(*args: Any) -> None:
    """Ask the client, and tell it what came of that."""
    answer = call("question", *args)
    emit("answered", (type(answer).__name__, answer))


@socketio.on("call", namespace="/async")
async def call_back_async(*args: Any) -> None:
    """The same."""
    answer = await call("question", *args)
    emit("answered", (type(answer).__name__, answer))


@socketio.on("call in vain")
def call_in_vain(timeout: float) -> None:
    """Ask, and give up."""
    try:
        call("question", timeout=timeout)
    except TimeoutError as error:
        tell(request.sid, str(error))  # type: ignore[attr-defined]
        emit("given up")


@socketio.on("call in vain", namespace="/async")
async def call_in_vain_async(timeout: float) -> None:
    """The same."""
    try:
        await call("question", timeout=timeout)
    except TimeoutError as error:
        tell(request.sid, str(error))  # type: ignore[attr-defined]
        emit("given up")


@socketio.on("ask")
def ask(*args: Any) -> None:
    """Ask the client, and do not wait."""
    emit("question", args, callback=lambda *answer: emit("answered", answer))


@socketio.on("ask", namespace="/async")
async def ask_async(*args: Any) -> None:
    """The same, with a coroutine for the answer."""

    async def answered(*answer: Any) -> None:
        await asyncio.sleep(0)
        emit("answered", answer)

    emit("question", args, callback=answered)


@socketio.on("flood")
def flood(count: int) -> None:
    """Send so many events in one go, each with and without binary."""
    for number in range(count):
        emit("drop", (number, b"%d" % number) if number % 10 == 0 else number)


@socketio.on("flood", namespace="/async")
async def flood_async(count: int) -> None:
    """The same."""
    flood(count)


@socketio.on("size")
def size(data: str | bytes) -> int:
    """How much has arrived."""
    return len(data)


@socketio.on("send")
def send_much(count: int) -> None:
    """Send a text and bytes of this length."""
    emit("text", "x" * count)
    emit("bytes", b"y" * count)


@socketio.on("shout", namespace="/crowd")
def shout(count: int) -> None:
    """Send everybody a text of this length."""
    emit("shouted", "x" * count, broadcast=True)


@socketio.on("disconnect", namespace="/crowd")
@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell."""
    tell(request.sid, reason)  # type: ignore[attr-defined]


@socketio.on("message")
def message(text: str) -> None:
    """The event of `socket.send()` in the client."""
    send(text)


@socketio.on("json")
def json(value: Any) -> None:
    """Its brother."""
    send(value, json=True)


@socketio.on("one argument")
def one_argument(argument: Any) -> Any:
    """Insist on exactly one."""
    return argument


@socketio.on("*", namespace="/any")
def anything(event: str, *args: Any) -> Any:
    """Whatever the event is called."""
    return event, args, request.event["message"]  # type: ignore[attr-defined]


if __name__ == "__main__":
    run(app, socketio)
