"""The test client: what it waits for, what it raises, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from flask import Flask, current_app, request, session

from flask_socketio import SocketIO, SocketIOTestClient, disconnect, emit, join_room
from flask_socketio.exceptions import ConnectionRefusedError, TimeoutError


def ask(client: SocketIOTestClient, event: str, *args: Any) -> Any:
    return client.emit(event, *args, callback=True)


# Connecting -----------------------------------------------------------------------------------------------------------


def test_it_connects_in_its_constructor(app: Flask, socketio: SocketIO) -> None:
    a, b = socketio.test_client(app), SocketIOTestClient(app, socketio, namespace="/")
    assert a.is_connected()
    assert a.is_connected("/")
    assert not a.is_connected("/other")
    assert a.connected == {"/": True}
    assert a.eio_sid != b.eio_sid
    assert SocketIOTestClient.clients[a.eio_sid] is a
    assert (a.app, a.flask_test_client, a.callback_counter) == (app, None, 0)


def test_before_init_app_it_says_what_is_missing(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="init_app"):
        SocketIO().test_client(app)


def test_it_is_for_the_app_of_its_socketio(socketio: SocketIO) -> None:
    with pytest.raises(ValueError, match="another app"):
        socketio.test_client(Flask("other"))


def test_it_is_for_each_app_that_its_socketio_was_set_up_for(app: Flask, socketio: SocketIO) -> None:
    """Each runs handlers in its own app: tests make many, by one factory, and go back to one they had before."""
    socketio.on_event("go", lambda: current_app.name)
    early, other = socketio.test_client(app), Flask("other")
    socketio.init_app(other)
    clients = [socketio.test_client(made) for made in (app, other, app)]
    assert [ask(client, "go") for client in (early, *clients)] == [app.name, app.name, "other", app.name]


@pytest.mark.parametrize("query", ["a=1&a=2", "?a=1&a=2", {"a": ["1", "2"]}])
def test_the_handshake_is_what_was_given_and_no_more(app: Flask, socketio: SocketIO, query: Any) -> None:
    @socketio.on("go")
    def go() -> Any:
        headers = {name: value for name, value in request.headers if name not in ("Host", "Content-Type")}
        return request.path, request.args.to_dict(flat=False), headers, request.remote_addr

    client = socketio.test_client(app, query_string=query, headers={"X-Test": "1", "Authorization": "Bearer t"})
    assert ask(client, "go") == [
        "/socket.io/",
        {"a": ["1", "2"]},
        {"X-Test": "1", "Authorization": "Bearer t"},
        "127.0.0.1",
    ]


def test_namespaces_share_a_handshake_until_one_brings_its_own(app: Flask, socketio: SocketIO) -> None:
    for namespace in ("/", "/a", "/b"):
        socketio.on_event("go", lambda: request.args.get("n"), namespace)
    client = socketio.test_client(app, query_string="n=1")
    sid = client.eio_sid
    client.connect("/a")
    assert client.emit("go", namespace="/a", callback=True) == "1"
    client.connect("/b", query_string="?n=2")
    assert [client.emit("go", namespace=n, callback=True) for n in ("/", "/a", "/b")] == ["2"] * 3
    assert client.eio_sid == sid


def test_connecting_again_leaves_first(app: Flask, socketio: SocketIO) -> None:
    log: list[str] = []
    socketio.on_event("connect", lambda: log.append("connect"))
    socketio.on_event("disconnect", log.append)
    client = socketio.test_client(app)
    client.connect()
    client.disconnect()
    client.connect()
    assert log == ["connect", "client disconnect", "connect", "client disconnect", "connect"]
    assert client.is_connected()


def test_a_refusal_is_no_error(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("connect")
    def connect(auth: Any) -> None:
        if auth != {"token": "right"}:
            raise ConnectionRefusedError("wrong token", 403)

    client = socketio.test_client(app, auth={"token": "wrong"})
    assert not client.is_connected()
    assert client.refusals == {"/": {"message": "wrong token", "data": 403}}
    client.connect(auth={"token": "right"})
    assert client.is_connected()
    assert client.refusals == {}


def test_auth_is_a_dict_as_clients_send_it(app: Flask, socketio: SocketIO) -> None:
    with pytest.raises(TypeError, match="auth"):
        socketio.test_client(app, auth="token")  # type: ignore[arg-type]


def test_a_client_of_flask_shares_its_cookies_and_environ(app: Flask, socketio: SocketIO) -> None:
    @app.post("/login")
    def login() -> str:
        session["user"] = "ann"
        return "in"

    @socketio.on("connect")
    def connect() -> bool:
        return "user" in session

    socketio.on_event("who", lambda: (session["user"], request.remote_addr, request.environ["the.proxy"]))
    flask_client = app.test_client()
    flask_client.environ_base |= {"REMOTE_ADDR": "192.0.2.9", "the.proxy": "put it there"}
    client = socketio.test_client(app, flask_test_client=flask_client)
    assert not client.is_connected()
    flask_client.post("/login")
    client.connect()
    assert ask(client, "who") == ["ann", "192.0.2.9", "put it there"]
    assert client.flask_test_client is flask_client


# Waiting --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coroutine", [False, True])
def test_all_has_happened_when_emit_returns(app: Flask, socketio: SocketIO, coroutine: bool) -> None:
    if coroutine:

        @socketio.on("go")
        async def go_async(number: int) -> int:
            await asyncio.sleep(0.01)
            emit("went", number, broadcast=True)
            return number
    else:

        @socketio.on("go")
        def go(number: int) -> int:
            emit("went", number, broadcast=True)
            return number

    a, b = socketio.test_client(app), socketio.test_client(app)
    for number in range(50):
        assert ask(a, "go", number) == number
        expected = [{"name": "went", "args": [number], "namespace": "/"}]
        assert a.get_received() == expected
        assert b.get_received() == expected


def test_what_the_test_itself_emits_has_been_received(app: Flask, socketio: SocketIO) -> None:
    client = socketio.test_client(app)
    for number in range(50):
        socketio.emit("ev", number)
        assert [event["args"] for event in client.get_received()] == [[number]]


def test_background_tasks_are_waited_for_on_demand(app: Flask, socketio: SocketIO) -> None:
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(10)
        for name in ("a", "b", "c"):
            socketio.emit(name)
        socketio.emit("a", namespace="/other")

    socketio.on_event("connect", lambda: socketio.start_background_task(work) and None)
    client = socketio.test_client(app)
    assert client.get_received() == []
    go_on.set()
    assert client.wait_for("b")["name"] == "b"
    assert [client.receive()["name"] for _ in range(2)] == ["a", "c"]
    with pytest.raises(TimeoutError, match=r"waited 0 s for an event in /; came: nothing"):
        client.receive(timeout=0)
    socketio.emit("d")
    with pytest.raises(TimeoutError, match=r"waited 0\.01 s for 'e' in /; came: d"):
        client.wait_for("e", timeout=0.01)


def test_waiting_ends_with_the_connection(app: Flask, socketio: SocketIO) -> None:
    @socketio.on("go")
    def go() -> None:
        emit("last")
        disconnect()

    client = socketio.test_client(app)
    client.emit("go")
    assert client.receive()["name"] == "last"
    with pytest.raises(RuntimeError, match="not connected: waited for an event in /"):
        client.receive()
    for call in (client.get_received, client.disconnect, lambda: client.emit("go"), lambda: client.send("x")):
        with pytest.raises(RuntimeError, match="not connected"):
            call()


def test_several_threads_may_use_clients(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", lambda number: number)
    answers: list[Any] = []

    def use() -> None:
        with socketio.test_client(app) as client:
            answers.extend(ask(client, "go", number) for number in range(10))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(list(range(10)) * 8)


def test_a_handler_on_the_loop_cannot_wait_for_the_loop(app: Flask, socketio: SocketIO) -> None:
    client = socketio.test_client(app)

    @socketio.on("go")
    async def go() -> None:
        client.emit("again")

    with pytest.raises(RuntimeError, match="waits for the event loop"):
        client.emit("go")


# Errors ---------------------------------------------------------------------------------------------------------------


def broken(*args: Any) -> None:
    raise KeyError("broken")


async def broken_later(*args: Any) -> None:
    await asyncio.sleep(0)
    raise KeyError("broken")


@pytest.mark.parametrize("handler", [broken, broken_later])
def test_what_handlers_raise_is_raised(app: Flask, socketio: SocketIO, handler: Any) -> None:
    socketio.on_event("go", handler)
    socketio.on_event("disconnect", handler)
    client = socketio.test_client(app)
    for call in (lambda: client.emit("go"), lambda: ask(client, "go", 1), client.disconnect):
        with pytest.raises(KeyError, match="broken") as raised:
            call()
        assert raised.traceback[-1].name == handler.__name__
    assert not client.is_connected()


@pytest.mark.parametrize("handler", [broken, broken_later])
def test_what_the_connect_handler_raises_is_raised_by_the_constructor(
    app: Flask, socketio: SocketIO, handler: Any
) -> None:
    socketio.on_event("connect", handler)
    with pytest.raises(KeyError, match="broken"):
        socketio.test_client(app)


def test_what_an_error_handler_takes_is_not_raised(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", broken)
    socketio.on_error_default(lambda error: f"taken: {error}")
    assert ask(socketio.test_client(app), "go") == "taken: 'broken'"


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_handler_may_fail_the_test(app: Flask, socketio: SocketIO, coroutine: bool) -> None:
    """By `pytest.fail`, whose exception is not an `Exception`."""

    def handler() -> None:
        pytest.fail("seen in the handler")

    async def handler_async() -> None:
        handler()

    socketio.on_event("go", handler_async if coroutine else handler)
    with pytest.raises(pytest.fail.Exception, match="seen in the handler"):
        socketio.test_client(app).emit("go")


def test_what_another_clients_handler_raises_is_raised_where_it_was_caused(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("disconnect", broken)
    sids: list[str] = []
    socketio.on_event("connect", lambda: sids.append(request.sid))  # type: ignore[attr-defined]
    socketio.on_event("go", lambda: disconnect(sids[1]))
    a, b = socketio.test_client(app), socketio.test_client(app)
    with pytest.raises(KeyError, match="broken"):
        a.emit("go")
    assert a.is_connected()
    assert not b.is_connected()


@pytest.mark.parametrize("where", ["in the client", "in the handler", "in the acknowledgement"])
def test_what_cannot_be_encoded_is_raised(app: Flask, socketio: SocketIO, where: str) -> None:
    socketio.on_event("in the handler", lambda: emit("ev", object()))
    socketio.on_event("in the acknowledgement", object)
    client = socketio.test_client(app)
    with pytest.raises(TypeError, match="cannot be sent"):
        ask(client, where, *([object()] if where == "in the client" else []))


# The end --------------------------------------------------------------------------------------------------------------


def the_loops_thread(socketio: SocketIO) -> threading.Thread:
    thread = socketio.running_server.background._thread
    assert thread is not None
    return thread


def test_close_tells_the_handlers_and_ends_the_loop(app: Flask, socketio: SocketIO) -> None:
    log: list[str] = []
    socketio.on_event("disconnect", log.append)
    with socketio.test_client(app) as client:
        thread = the_loops_thread(socketio)
    assert log == ["transport close"]
    assert not client.is_connected()
    assert not thread.is_alive()
    client.close()
    with pytest.raises(RuntimeError, match="does not run"):
        client.connect()


def test_clients_that_are_forgotten_vanish_without_a_word(app: Flask, socketio: SocketIO) -> None:
    log: list[str] = []
    socketio.on_event("connect", lambda: join_room("room"))
    socketio.on_event("disconnect", log.append)
    stays, goes = socketio.test_client(app), socketio.test_client(app)
    sid, thread = goes.eio_sid, the_loops_thread(socketio)
    del goes
    gc.collect()
    stays.get_received()
    assert sid not in SocketIOTestClient.clients
    assert sid not in socketio.running_server.engine.connections
    assert thread.is_alive()
    del stays
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert log == []


def test_the_server_starts_again_for_the_next_client(app: Flask, socketio: SocketIO) -> None:
    socketio.on_event("go", lambda: "went")
    for _ in range(5):
        client = socketio.test_client(app)
        assert ask(client, "go") == "went"
        del client


def test_handlers_may_close_the_whole_connection(app: Flask, socketio: SocketIO) -> None:
    """A packet that breaks the protocol does it: an event whose name is reserved."""
    client = socketio.test_client(app)
    client.emit("connect")
    assert client.connected == {"/": False}
    before = client.eio_sid
    client.connect()
    assert client.is_connected()
    assert client.eio_sid != before
