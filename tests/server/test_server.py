"""The Socket.IO server as clients meet it, with Flask around it, in memory."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from flask_socketio import (
    ConnectionRefusedError,
    EventError,
    SocketIO,
    call,
    close_room,
    disconnect,
    emit,
    join_room,
    leave_room,
    rooms,
)
from flask_socketio.server import handlers
from tests.memory import SOON, Running, running

Serve = Callable[[SocketIO], Running]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs the server of an extension until the test ends."""
    with ExitStack() as stack:
        yield lambda socketio: stack.enter_context(running(socketio))


@pytest.fixture
def socketio() -> SocketIO:
    return SocketIO(Flask("app"), connect_timeout=60)


# Joining a namespace --------------------------------------------------------------------------------------------------


def test_without_a_connect_handler_everybody_may_come_in(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).client()

    assert client.join().startswith('40{"sid":"')


def test_connect_comes_first_and_then_what_the_handler_emitted(socketio: SocketIO, serve: Serve) -> None:
    @socketio.on("connect")
    def connect(auth: Any) -> None:
        emit("first", auth)
        socketio.emit("second", "everybody")

    client = serve(socketio).client()

    assert client.join(auth={"token": 1}).startswith("40{")
    assert client.event() == ["first", {"token": 1}]
    assert client.event() == ["second", "everybody"]


@pytest.mark.parametrize("sent", [None, {}])
def test_no_auth_or_an_empty_one_is_none(socketio: SocketIO, serve: Serve, sent: Any) -> None:
    got: list[Any] = []
    socketio.on_event("connect", got.append)

    serve(socketio).client().join(auth=sent)

    assert got == [None]


def refuse_with(*args: Any) -> Callable[[], bool]:
    def connect() -> bool:
        raise ConnectionRefusedError(*args)

    return connect


def refuse_as_python_does() -> None:
    import builtins  # noqa: PLC0415

    raise builtins.ConnectionRefusedError("unseen")


def fail() -> None:
    raise RuntimeError("secret")


def refuse_with_a_code() -> None:
    raise EventError("banned", "You are banned", {"until": 5})


REFUSALS = [
    (refuse_with_a_code, '{"message":"You are banned","data":{"code":"banned","data":{"until":5}}}'),
    (lambda: False, '{"message":"Connection rejected by server"}'),
    (refuse_with(), '{"message":"Connection rejected by server"}'),
    (refuse_with("no"), '{"message":"no"}'),
    (refuse_with(401), '{"message":"401"}'),
    (refuse_with("no", {"code": 1}), '{"message":"no","data":{"code":1}}'),
    (refuse_with("no", 1, 2), '{"message":"no","data":[1,2]}'),
    (refuse_as_python_does, '{"message":"Connection refused by server"}'),
    (fail, '{"message":"Connection rejected by server"}'),
]


@pytest.mark.parametrize(("handler", "answer"), REFUSALS)
def test_refusals(socketio: SocketIO, serve: Serve, handler: Any, answer: str) -> None:
    disconnected: list[str] = []
    socketio.on_event("connect", handler)
    socketio.on_event("disconnect", disconnected.append)
    client = serve(socketio).client()

    assert client.join() == f"44{answer}"
    assert client.join() == f"44{answer}", "the connection goes on, and the client may ask again"
    client.drop()
    assert client.nothing_came()
    assert disconnected == []


@pytest.mark.parametrize("result", [None, True, 0, "", "x"])
def test_only_false_refuses(socketio: SocketIO, serve: Serve, result: Any) -> None:
    socketio.on_event("connect", lambda: result)

    assert serve(socketio).client().join().startswith("40")


def test_what_a_refused_handler_emitted_is_dropped(socketio: SocketIO, serve: Serve) -> None:
    @socketio.on("connect")
    def connect() -> bool:
        emit("lost")
        join_room("room")
        return False

    server = serve(socketio)
    client = server.client()
    client.join()

    assert client.nothing_came()
    assert server.on_loop(lambda: list(server.server._namespaces)) == []


def test_always_connect_lets_in_first_and_puts_out_later() -> None:
    socketio = SocketIO(Flask("app"), always_connect=True)

    @socketio.on("connect")
    def connect() -> bool:
        emit("hello")
        raise ConnectionRefusedError("no")

    with running(socketio) as server:
        client = server.client()
        assert client.join().startswith("40{")
        assert client.event() == ["hello"]
        assert client.next() == "41", "without data, which the official client takes for a parse error"


def test_an_unknown_namespace_is_refused_and_costs_nothing_else(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).client()

    assert client.join("/random") == '44/random,{"message":"Invalid namespace"}'
    assert client.join().startswith("40")


@pytest.mark.parametrize("namespaces", ["*", ["/", "/random"]])
def test_namespaces_can_be_opened_by_option(namespaces: Any) -> None:
    with running(SocketIO(Flask("app"), namespaces=namespaces)) as server:
        assert server.client().join("/random").startswith("40/random,")


def test_namespaces_of_one_connection_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with running(SocketIO(Flask("app"), namespaces="*", max_namespaces=2)) as server:
        client = server.client()
        answers = [client.join(f"/{number}") for number in range(4)]
        assert answers[2] == '44/2,{"message":"Too many namespaces"}' and answers[3].startswith("44/3,")
    assert len(caplog.messages) == 1 and "max_namespaces" in caplog.text


def test_a_connection_that_joins_nothing_is_closed() -> None:
    with running(SocketIO(Flask("app"), connect_timeout=0.02)) as server:
        assert server.client().next() == "closed 1000"


@pytest.mark.parametrize("packet", ['42["ev"]', "431[]", "41", "40", '42/other,["ev"]'])
def test_packets_out_of_place_close_the_connection(socketio: SocketIO, serve: Serve, packet: str) -> None:
    client = serve(socketio).client()
    if packet in ("40", '42/other,["ev"]'):
        client.join()

    client.send(packet)

    assert client.next() == "closed 1008 parse error"


@pytest.mark.parametrize("parallel", [False, True])
def test_nobody_acts_before_the_connect_handler_has_let_it_in(parallel: bool) -> None:
    socketio = SocketIO(Flask("app"), async_handlers=parallel)
    gate, acted = threading.Event(), list[str]()

    @socketio.on("connect")
    def connect() -> bool:
        gate.wait(SOON)
        return False

    socketio.on_event("secret", lambda: acted.append("secret"))
    with running(socketio) as server:
        client = server.client()
        client.send("40", '42["secret"]')
        assert client.next() == "closed 1008 parse error"
        gate.set()
        server.settle()
    assert acted == []


@pytest.mark.parametrize("always_connect", [False, True])
def test_who_was_put_out_does_not_act_any_more(always_connect: bool) -> None:
    socketio = SocketIO(Flask("app"), always_connect=always_connect)
    gate, acted = threading.Event(), list[str]()
    socketio.on_event("connect", lambda: gate.wait(SOON) and not always_connect)
    socketio.on_event("kick", lambda: gate.wait(SOON) and disconnect())  # type: ignore[func-returns-value]
    socketio.on_event("act", lambda: acted.append("act"))
    with running(socketio) as server:
        client = server.client()
        if always_connect:
            client.send("40", '42["act"]')  # it is refused later
            client.next()
        else:
            gate.set()
            client.join()
            gate.clear()
            client.send('42["kick"]', '42["act"]')
        gate.set()
        assert client.next() == "41"
        server.settle()
    assert acted == []


def test_a_refused_client_does_not_keep_its_connection() -> None:
    socketio = SocketIO(Flask("app"), connect_timeout=0.05)
    socketio.on_event("connect", lambda: False)
    with running(socketio) as server:
        client = server.client()
        client.send("40")
        assert all(str(answer).startswith("44") for answer in iter(client.next, "closed 1000"))


def test_namespaces_that_were_left_are_remembered_up_to_a_bound() -> None:
    with running(SocketIO(Flask("app"), namespaces="*")) as server:
        client = server.client()
        for number in range(50):
            client.join(f"/{number}")
            client.send(f"41/{number}")
        left = server.on_loop(lambda: client.transport.connection.handler._left)
        assert len(left) == 20


# Events ---------------------------------------------------------------------------------------------------------------


def test_handlers_of_both_kinds_get_arguments_and_are_acknowledged(socketio: SocketIO, serve: Serve) -> None:
    @socketio.on("sync")
    def sync(*args: Any) -> Any:
        return args

    @socketio.on("async")
    async def coroutine(*args: Any) -> Any:
        return args

    client = serve(socketio).joined()
    for event in ("sync", "async"):
        client.emit(event, 1, "two", {"three": [None]}, ack=7)
        assert client.next() == '437[1,"two",{"three":[null]}]'


@pytest.mark.parametrize(
    ("result", "ack"), [(None, "[]"), (0, "[0]"), ([1, 2], "[[1,2]]"), ((1, 2), "[1,2]"), ((), "[]"), ("x", '["x"]')]
)
def test_what_a_result_becomes_as_acknowledgement(socketio: SocketIO, serve: Serve, result: Any, ack: str) -> None:
    socketio.on_event("ev", lambda: result)
    client = serve(socketio).joined()

    client.emit("ev")
    client.emit("ev", ack=0)

    assert client.next() == f"430{ack}", "one answer, to the one that asked"


def test_binary_goes_both_ways(socketio: SocketIO, serve: Serve) -> None:
    socketio.on_event("ev", lambda data: {"twice": data["b"] * 2})
    client = serve(socketio).joined()

    client.send('451-3["ev",{"b":{"_placeholder":true,"num":0}}]', b"\x01\x02")

    assert client.next() == '461-3[{"twice":{"_placeholder":true,"num":0}}]'
    assert client.next() == b"\x01\x02\x01\x02"


def test_an_event_without_handler_is_ignored(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).joined()

    client.emit("nobody", ack=1)

    assert client.nothing_came()


FAILED = '[{"error":{"code":"internal_error","message":"The server could not handle this event"}}]'


def test_a_handler_that_raises_is_logged_and_answered_without_details(
    socketio: SocketIO, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    socketio.on_event("ev", fail)
    client = serve(socketio).joined()

    client.emit("ev")
    client.emit("ev", ack=1)

    error = {"event": "ev", "code": "internal_error", "message": "The server could not handle this event"}
    assert client.event() == ["error", error]
    assert client.next() == f"431{FAILED}"
    assert [record.message for record in caplog.records] == [
        f"the handler of 'ev' in '/' failed for client {client.sid}"
    ] * 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_in_a_thread_nothing_that_a_handler_raises_is_more_than_its_failure(
    socketio: SocketIO, serve: Serve, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    def interrupt() -> None:
        raise error

    caplog.set_level(logging.INFO)
    socketio.on_event("ev", interrupt)
    socketio.on_event("next", lambda: "went")
    client = serve(socketio).joined()
    client.emit("ev", ack=1)
    client.emit("next", ack=2)
    assert [client.next(), client.next()] == [f"431{FAILED}", '432["went"]']
    assert len([record for record in caplog.records if "failed" in record.message]) == 1
    assert not any("overtakes" in record.message for record in caplog.records)


def test_a_callback_that_raises_is_logged_by_its_name(
    socketio: SocketIO, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    socketio.on_event("ev", lambda: emit("question", callback=fail))
    running = serve(socketio)
    client = running.joined()
    client.emit("ev")
    client.next()
    client.send("431[]")
    running.settle()
    assert [record.message for record in caplog.records] == [
        f"the callback {fail.__qualname__} in '/' failed for client {client.sid}"
    ]


def test_wrong_arguments_are_an_error_as_any_other(socketio: SocketIO, serve: Serve) -> None:
    socketio.on_event("ev", lambda one: one)
    client = serve(socketio).joined()

    client.emit("ev", 1, 2, ack=1)
    client.emit("ev", 1, ack=2)

    assert [client.next(), client.next()] == [f"431{FAILED}", "432[1]"]


def test_a_result_that_cannot_be_sent_is_an_error(socketio: SocketIO, serve: Serve) -> None:
    socketio.on_event("ev", object)
    client = serve(socketio).joined()

    client.emit("ev", ack=1)

    assert client.next() == f"431{FAILED}"


def test_events_after_leaving_a_namespace_are_ignored(socketio: SocketIO, serve: Serve) -> None:
    seen = []
    socketio.on_event("ev", lambda: seen.append(1))
    socketio.on_event("leave", disconnect)
    client = serve(socketio).joined()

    client.emit("leave")
    assert client.next() == "41"
    client.emit("ev")

    assert client.nothing_came()
    assert seen == []
    assert client.join().startswith("40"), "and it may come back"


# Emitting -------------------------------------------------------------------------------------------------------------


def test_who_gets_what(socketio: SocketIO, serve: Serve) -> None:
    socketio.on_event("go", lambda options: emit("ev", **options))
    server = serve(socketio)
    a, b, c = clients = [server.joined() for _ in range(3)]
    for client in (a, b):
        server.on_loop(lambda client=client: server.server.join(client.sid, "/", "room"))

    def receivers(**options: Any) -> str:
        a.emit("go", options)
        server.settle()
        return "".join(
            name for name, client in zip("abc", clients, strict=True) if not client.nothing_came() and client.event()
        )

    assert receivers() == "a"
    assert receivers(broadcast=True) == "abc"
    assert receivers(broadcast=True, include_self=False) == "bc"
    assert receivers(to="room") == "ab"
    assert receivers(room="room", include_self=False) == "b"
    assert receivers(to=b.sid) == "b"
    assert receivers(to=[b.sid, "room", c.sid]) == "abc"
    assert receivers(broadcast=True, skip_sid=b.sid) == "ac"
    assert receivers(broadcast=True, skip_sid=[b.sid, c.sid]) == "a"
    assert receivers(to="nowhere") == ""
    assert receivers(to=[]) == receivers(to=0) == receivers(to="") == "", "nobody is not everybody"


def test_emit_outside_of_handlers_from_any_thread(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).joined()

    socketio.emit("none", None)
    socketio.emit("one", {"a": 1})
    socketio.emit("tuple", (1, 2))
    socketio.emit("several", 1, 2)
    socketio.emit("list", [1, 2], broadcast=True)
    socketio.send("text")
    socketio.send({"a": 1}, json=True)

    assert [client.event() for _ in range(7)] == [
        ["none"],
        ["one", {"a": 1}],
        ["tuple", 1, 2],
        ["several", 1, 2],
        ["list", [1, 2]],
        ["message", "text"],
        ["json", {"a": 1}],
    ]


def test_a_payload_is_encoded_when_it_is_emitted(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).joined()
    data = {"value": 1}

    socketio.emit("ev", data)
    data["value"] = 2

    assert client.event() == ["ev", {"value": 1}]
    with pytest.raises(TypeError):
        socketio.emit("ev", object())


@pytest.mark.parametrize("event", ["connect", "connect_error", "disconnect", "disconnecting", "newListener"])
def test_names_that_clients_keep_for_themselves_cannot_be_emitted(socketio: SocketIO, event: str) -> None:
    for function in (socketio.emit, lambda event: socketio.call(event, to="sid")):
        with pytest.raises(ValueError, match=f"'{event}' cannot be emitted"):
            function(event)


@pytest.mark.parametrize("event", [5, None, b"bytes"])
def test_the_name_of_an_event_is_a_string(socketio: SocketIO, event: Any) -> None:
    with pytest.raises(TypeError, match="the name of an event is a string"):
        socketio.emit(event)


def test_emit_before_the_server_runs_reaches_nobody_and_breaks_nothing(socketio: SocketIO) -> None:
    socketio.emit("ev", 1)
    with pytest.raises(TypeError):
        socketio.emit("ev", object())


def test_callbacks_get_what_each_client_acknowledges(socketio: SocketIO, serve: Serve) -> None:
    got: list[Any] = []
    both = threading.Semaphore(0)

    def callback(*args: Any) -> None:
        got.append(args)
        both.release()

    server = serve(socketio)
    for answer in ("a", "b"):
        client = server.joined()
        socketio.emit("ask", callback=callback, to=client.sid)
        assert client.next() == '421["ask"]'
        client.send(f'431["{answer}",1]', '431["twice"]', '4399["unasked"]')
        assert both.acquire(timeout=SOON)

    assert got == [("a", 1), ("b", 1)]


@pytest.mark.parametrize("callback", [None, print])
def test_what_waits_for_the_loop_is_counted_with_its_attachments(
    socketio: SocketIO, serve: Serve, monkeypatch: pytest.MonkeyPatch, callback: Any
) -> None:
    server = serve(socketio).server
    sizes: list[int] = []
    monkeypatch.setattr(server, "post", lambda *args, size: sizes.append(size))
    socketio.emit("picture", bytes(10_000), bytes(5_000), callback=callback)

    assert 15_000 < sizes[0] < 15_200


@pytest.mark.parametrize("by_handler", [False, True])
def test_an_answer_that_does_not_fit_its_callback_costs_that_call_only(
    socketio: SocketIO, serve: Serve, by_handler: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def waiting() -> None: ...

    def callback() -> None: ...

    callbacks = [waiting, callback]

    def ask(*args: Any) -> None:
        for function in callbacks:
            socketio.emit("ask", callback=function) if not by_handler else emit("ask", callback=function)

    socketio.on_event("start", ask)
    socketio.on_event("go", lambda: "on")
    server = serve(socketio)
    client = server.joined()
    client.emit("start") if by_handler else ask()
    assert [client.next() for _ in callbacks] == ['421["ask"]', '422["ask"]']
    client.send("431[5]", "432[5]")
    client.emit("go", ack=1)

    assert client.next() == '431["on"]'
    server.settle()
    assert sum("takes 0 positional arguments but 1 was given" in str(record.exc_info) for record in caplog.records) == 2


def test_a_callback_is_looked_at_once_however_many_answer(
    socketio: SocketIO, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(handlers, "is_async", looked.append)
    server = serve(socketio)
    clients = [server.joined() for _ in range(3)]
    socketio.on_event("ask all", lambda: emit("ask", broadcast=True, callback=print))
    looked.clear()
    clients[0].emit("ask all")
    for client in clients:
        assert client.next() == '421["ask"]'
        client.send("431[]")
    server.settle()

    assert looked == [print]


# call() ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ack", "result"), [("[]", None), ("[1]", 1), ("[1,2]", (1, 2))])
def test_call_from_a_handler(socketio: SocketIO, serve: Serve, ack: str, result: Any) -> None:
    socketio.on_event("sync", lambda: socketio.emit("got", [call("ask")]))

    @socketio.on("async")
    async def coroutine() -> None:
        emit("got", [await call("ask")])

    client = serve(socketio).joined()
    for number, event in enumerate(("sync", "async"), 1):
        client.emit(event)
        assert client.next() == f'42{number}["ask"]'
        client.send(f"43{number}{ack}")
        assert client.event() == ["got", [list(result) if isinstance(result, tuple) else result]]


def test_call_that_is_not_answered_in_time(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).joined()

    with pytest.raises(TimeoutError, match="no acknowledgement of 'ask' in 0"):
        socketio.call("ask", to=client.sid, timeout=0.01)


def test_call_to_nobody_fails_at_once(socketio: SocketIO, serve: Serve) -> None:
    serve(socketio)

    with pytest.raises(TimeoutError, match="no such client"):
        socketio.call("ask", to="unknown")
    with pytest.raises(ValueError, match="say which one"):
        socketio.call("ask")


def test_call_ends_when_the_client_leaves(socketio: SocketIO, serve: Serve) -> None:
    client = serve(socketio).joined()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            socketio.call("ask", to=client.sid)
        except TimeoutError as error:
            failed.append(error)

    task = socketio.start_background_task(ask)
    client.next()
    client.drop()
    task.join(SOON)

    assert "has disconnected" in str(failed[0])


def test_call_to_a_client_in_its_own_connect_handler_says_why_not(
    socketio: SocketIO, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    socketio.on_event("connect", lambda: call("ask"))
    client = serve(socketio).client()

    assert client.join() == '44{"message":"Connection rejected by server"}'
    assert "inside its own connect handler" in str(caplog.records[0].exc_info)


# Rooms ----------------------------------------------------------------------------------------------------------------


def test_rooms_from_handlers(socketio: SocketIO, serve: Serve) -> None:
    @socketio.on("go")
    def go() -> Any:
        join_room("a")
        join_room("b")
        leave_room("a")
        leave_room("never in")
        before = rooms()
        close_room("b")
        return [before, rooms()]

    client = serve(socketio).joined()
    client.emit("go", ack=1)

    assert client.next() == f'431[[["{client.sid}","b"],["{client.sid}"]]]'


def test_room_errors_are_the_callers(socketio: SocketIO, serve: Serve) -> None:
    server = serve(socketio)
    a, b = server.joined(), server.joined()

    with pytest.raises(ValueError, match="cannot enter a sid room"):
        server.server.join(a.sid, "/", b.sid)
    with pytest.raises(ValueError, match="no client with the sid"):
        server.server.join("unknown", "/", "room")
    with pytest.raises(ValueError, match="cannot close a sid room"):
        socketio.close_room(a.sid)


# Leaving --------------------------------------------------------------------------------------------------------------


def leaving(socketio: SocketIO) -> list[Any]:
    seen: list[Any] = []

    @socketio.on("disconnect")
    def disconnected(reason: str) -> None:
        seen.append((reason, rooms()))

    return seen


def test_reasons_on_the_server(socketio: SocketIO, serve: Serve) -> None:
    seen = leaving(socketio)
    socketio.on_event("put me out", disconnect)
    server = serve(socketio)
    a, b, c, d, e = (server.joined() for _ in range(5))

    a.send("41")
    b.emit("put me out")
    c.send("1")
    d.drop()
    e.send("4?")
    server.settle()

    assert sorted(seen) == sorted(
        [
            ("client disconnect", [a.sid]),
            ("server disconnect", [b.sid]),
            ("transport close", [c.sid]),
            ("transport close", [d.sid]),
            ("parse error", [e.sid]),
        ]
    )
    assert SocketIO.reason.CLIENT_DISCONNECT == "client disconnect"
    assert server.on_loop(lambda: list(server.server._namespaces)) == []


def test_stopping_tells_clients_and_runs_their_disconnect_handlers(socketio: SocketIO) -> None:
    seen = leaving(socketio)
    with running(socketio) as server:
        client = server.joined()

    assert client.next() == "closed 1001 server shutting down"
    assert seen == [("server shutting down", [client.sid])]


def test_server_disconnect_has_run_the_handler_when_it_returns(socketio: SocketIO, serve: Serve) -> None:
    seen = leaving(socketio)

    @socketio.on("put me out")
    def put_out() -> None:
        disconnect()
        seen.append("after")

    server = serve(socketio)
    client = server.joined()
    client.emit("put me out")
    assert client.next() == "41"
    server.settle()

    assert seen == [("server disconnect", [client.sid]), "after"]


def test_disconnect_of_one_that_has_left_does_not_touch_it_where_it_is_here_again(
    socketio: SocketIO, serve: Serve
) -> None:
    here_again = threading.Event()

    @socketio.on("disconnect")
    def disconnected(reason: str) -> None:
        here_again.wait(SOON)
        disconnect()

    socketio.on_event("hi", lambda: "hello")
    server = serve(socketio)
    client = server.joined()
    client.send("41")
    assert client.join().startswith("40")
    here_again.set()
    server.settle()
    client.emit("hi", ack=1)

    assert client.next() == '431["hello"]'


def test_a_client_that_leaves_while_it_is_let_in_is_let_out_as_well(socketio: SocketIO, serve: Serve) -> None:
    gate, entered = threading.Event(), threading.Event()

    @socketio.on("connect")
    def connect() -> None:
        entered.set()
        gate.wait(SOON)

    seen = leaving(socketio)
    server = serve(socketio)
    client = server.client()
    client.send("40")
    entered.wait(SOON)
    client.drop()
    gate.set()
    server.settle()

    assert [reason for reason, _ in seen] == ["transport close"]


def test_a_handler_may_loop_until_the_client_is_gone(socketio: SocketIO, serve: Serve) -> None:
    gone, ended = threading.Event(), threading.Event()

    @socketio.on("start")
    def start() -> None:
        if gone.wait(SOON):
            ended.set()

    socketio.on_event("disconnect", gone.set)
    client = serve(socketio).joined()
    client.emit("start")
    client.drop()

    assert ended.wait(SOON)


def test_a_slow_handler_pauses_its_client_only() -> None:
    socketio = SocketIO(Flask("app"), max_queued_events=10)
    gate = threading.Event()
    socketio.on_event("slow", lambda: gate.wait(SOON))
    socketio.on_event("quick", lambda: "done")
    with running(socketio) as server:
        slow, other = server.joined(), server.joined()
        for _ in range(12):
            slow.emit("slow")
        assert slow.next() == "paused"
        other.emit("quick", ack=1)
        assert other.next() == '431["done"]'
        gate.set()
        assert slow.next() == "resumed"
