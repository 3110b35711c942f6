"""The test client."""

from __future__ import annotations

from typing import Any

from flask import session

from flask_socketio import ConnectionRefusedError, call, disconnect, emit, send
from tools.comparison.catalogue import observe
from tools.comparison.reasons import TEST_CLIENT
from tools.comparison.world import World, request


@observe("is connected at once")
def connected(world: World) -> None:
    client = world.test_client()
    world.note(client.is_connected(), client.is_connected("/other"))


@observe("connects to a namespace")
def namespace(world: World) -> None:
    world.on("go", lambda: None, "/other")
    client = world.test_client(namespace="/other")
    world.note(client.is_connected(), client.is_connected("/other"))


@observe("connects to further namespaces")
def further(world: World) -> None:
    world.on("connect", lambda: emit("welcome", request.namespace), "/other")
    client = world.test_client()
    client.connect("/other")
    world.note(client.is_connected(), client.is_connected("/other"), client.get_received("/other"))


@observe("passes query, headers and auth")
def handshake(world: World) -> None:
    def connect(auth: Any) -> None:
        world.note(request.args.getlist("a"), request.headers["X-Test"], auth)

    world.on("connect", connect)
    world.test_client(query_string="?a=1&a=2", headers={"X-Test": "x"}, auth={"b": 3})


@observe("request.path is that of other clients", differs=TEST_CLIENT)
def path(world: World) -> None:
    world.on("connect", lambda: world.note(request.path))
    world.joined()
    world.test_client()


@observe("takes a query without its question mark")
def query(world: World) -> None:
    world.on("connect", lambda: world.note(request.args["a"]))
    world.test_client(query_string="a=1")


@observe("shares the session of a Flask test client")
def flask_client(world: World) -> None:
    @world.app.route("/log-in")
    def log_in() -> str:
        session["user"] = "ann"
        return "welcome"

    world.on("connect", lambda: world.note(session.get("user")))
    flask_client = world.app.test_client()
    flask_client.get("/log-in")
    world.test_client(flask_test_client=flask_client)


@observe("is not connected if the connect handler refuses")
def refused(world: World) -> None:
    def connect(auth: Any) -> bool:
        if auth is None:
            raise ConnectionRefusedError("not you")
        return False

    world.on("connect", connect)
    world.note(world.test_client().is_connected(), world.test_client(auth={"a": 1}).is_connected())


@observe("get_received() gives what has come, once")
def received(world: World) -> None:
    world.on("go", lambda: emit("ev", {"a": 1}))
    client = world.test_client()
    client.emit("go")
    world.note(client.get_received(), client.get_received())


@observe("the arguments of an event are a list")
def arguments(world: World) -> None:
    def go() -> None:
        emit("none")
        emit("one", 1)
        emit("two", (1, 2))
        emit("list", [1, 2])

    world.on("go", go)
    client = world.test_client()
    client.emit("go")
    world.note([(event["name"], event["args"]) for event in client.get_received()])


@observe("those of message and json events are the first one")
def message_arguments(world: World) -> None:
    def go() -> None:
        send("text")
        send({"a": 1}, json=True)

    world.on("go", go)
    client = world.test_client()
    client.emit("go")
    world.note(client.get_received())


@observe("emit(callback=True) returns the acknowledgement")
def callback(world: World) -> None:
    results = {"none": None, "one": 1, "two": (1, 2), "list": [1, 2], "dict": {"a": 1}, "bytes": b"\x01"}
    for event, result in results.items():
        world.on(event, lambda result=result: result)
    client = world.test_client()
    world.note([client.emit(event, callback=True) for event in results])


@observe("emit() without a callback returns None")
def no_callback(world: World) -> None:
    world.on("go", lambda: "result")
    world.note(world.test_client().emit("go"))


@observe("an event without a handler is acknowledged with None")
def no_handler(world: World) -> None:
    world.note(world.test_client().emit("unknown", callback=True))


@observe("send() sends message and json events")
def sends(world: World) -> None:
    world.on("message", world.noting("message", "heard"))
    world.on("json", world.noting("json", "heard"))
    client = world.test_client()
    world.note(client.send("text", callback=True), client.send({"a": 1}, json=True, callback=True))


@observe("bytes come as bytes")
def binary(world: World) -> None:
    world.on("go", lambda data: emit("ev", {"data": data}))
    client = world.test_client()
    client.emit("go", b"\x01")
    world.note(client.get_received())


@observe("disconnect() runs the handler, and what comes then raises")
def disconnects(world: World) -> None:
    world.on("disconnect", world.noting("disconnect"))
    client = world.test_client()
    client.disconnect()
    world.note(client.is_connected())
    for function in (client.disconnect, client.get_received):
        world.attempt(function)
    world.attempt(client.emit, "go")


@observe("is not connected any more when the server puts it out")
def put_out(world: World) -> None:
    world.on("go", disconnect)
    client, other = world.test_client(), world.test_client()
    client.emit("go")
    world.note(client.is_connected(), other.is_connected())


@observe("several clients hear each other")
def several(world: World) -> None:
    world.on("go", lambda: emit("ev", broadcast=True, include_self=False))
    a, b = world.test_client(), world.test_client()
    a.emit("go")
    world.note(len(a.get_received()), len(b.get_received()), a.eio_sid != b.eio_sid)


@observe("what a handler raises comes out of emit()")
def raises(world: World) -> None:
    def go() -> None:
        raise RuntimeError("broken")

    world.on("go", go)
    world.attempt(world.test_client().emit, "go")


@observe("what a connect handler raises comes out of test_client()")
def connect_raises(world: World) -> None:
    def connect() -> None:
        raise RuntimeError("broken")

    world.on("connect", connect)
    world.attempt(world.test_client)


@observe("what cannot be sent raises, in emit() and in the handler")
def unsendable(world: World) -> None:
    world.on("go", lambda: emit("ev", object()))
    client = world.test_client()
    world.attempt(client.emit, "ev", object())
    world.attempt(client.emit, "go")


@observe("sees the saved session")
def saved_session(world: World) -> None:
    world.on("go", lambda: session.update({"a": "b"}))
    client = world.test_client()
    client.emit("go")
    server: Any = world.socketio.server
    world.note(dict(server.environ[client.eio_sid]["saved_session"]))


@observe("the arguments that emit() does not know are ignored")
def unknown_arguments(world: World) -> None:
    world.on("go", lambda value: value)
    world.note(world.test_client().emit("go", 1, broadcast=True, callback=True))


@observe("a callback of the server's is not answered")
def unanswered(world: World) -> None:
    world.on("go", lambda: emit("question", callback=world.noting("answer")))
    client = world.test_client()
    client.emit("go")
    world.note([event["name"] for event in client.get_received()])


@observe("call() of a test client raises TimeoutError", differs=TEST_CLIENT)
def called(world: World) -> None:
    world.on("go", lambda: call("question", timeout=0.05))
    world.attempt(world.test_client().emit, "go")


@observe("on() lets it answer call()", differs=TEST_CLIENT)
def answers(world: World) -> None:
    def go() -> None:
        world.attempt(call, "question", timeout=5)

    world.on("go", go)
    client = world.test_client()
    if hasattr(client, "on"):
        client.on("question", lambda: "answer")
    client.emit("go")


@observe("emit() waits for handlers of async_handlers=True", async_handlers=True)
def waits(world: World) -> None:
    def go() -> None:
        world.socketio.sleep(0.05)
        emit("ev")

    world.on("go", go)
    client = world.test_client()
    client.emit("go")
    world.note(len(client.get_received()))


@observe("leaves the server as it is", differs=TEST_CLIENT)
def untouched(world: World) -> None:
    server: Any = world.socketio.server
    before = server.async_handlers if hasattr(server, "async_handlers") else True
    world.test_client()
    world.note((server.async_handlers if hasattr(server, "async_handlers") else True) == before)
