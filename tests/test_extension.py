"""SocketIO itself: registering handlers, errors, and what is said of wrong use."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, __version__, emit
from tests.memory import Client, running


@pytest.fixture
def socketio() -> SocketIO:
    return SocketIO(Flask("app"))


def ask(client: Client, event: str, *args: Any) -> str:
    client.emit(event, *args, ack=1)
    return str(client.next())


def test_version() -> None:
    assert __version__.startswith("6.")


def test_the_ten_lines_of_the_readme(socketio: SocketIO) -> None:
    @socketio.on("chat message")
    def handle_chat_message(message: str) -> None:
        socketio.emit("chat message", message)

    with running(socketio) as server:
        a, b = server.joined(), server.joined()
        a.emit("chat message", "hello")
        assert a.event() == b.event() == ["chat message", "hello"]


def test_the_decorators_give_the_function_back(socketio: SocketIO) -> None:
    def function(*args: Any) -> str:
        return "same"

    assert socketio.on("a")(socketio.on("b", namespace="/")(function)) is function
    assert socketio.event(function) is function
    assert socketio.event()(function) is function
    assert socketio.event("/other")(function) is function
    assert socketio.event(namespace="/other")(function) is function
    assert socketio.on_error()(function) is function
    assert socketio.on_error_default(function) is function
    with running(socketio) as server:
        client = server.joined()
        assert [ask(client, event) for event in ("a", "b", "function")] == ['431["same"]'] * 3
        assert client.join("/other").startswith("40/other")
        client.send('42/other,1["function"]')
        assert client.next() == '43/other,1["same"]'


def test_handlers_before_init_app_and_options_from_both() -> None:
    socketio = SocketIO(ping_interval=30, cookie="a")
    socketio.on_event("go", lambda: "went")
    assert vars(socketio)["server"] is None
    app = Flask("app")

    socketio.init_app(app, cookie="b")

    assert app.extensions["socketio"] is socketio
    options = socketio.running_server.engine.options
    assert (options.ping_interval, options.cookie) == (30, "b")
    with running(socketio) as server:
        assert ask(server.joined(), "go") == '431["went"]'


def test_before_init_app_the_error_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="init_app"):
        SocketIO().emit("ev")


def test_error_handlers_answer_in_the_handlers_place(socketio: SocketIO) -> None:
    def broken(*args: Any) -> None:
        raise ValueError("broken")

    for namespace in ("/", "/named"):
        socketio.on_event("go", broken, namespace)
    with running(socketio) as server:
        client = server.joined()
        client.join("/named")

        def answers() -> list[Any]:
            client.send('42/named,1["go"]')
            return [client.next(), ask(client, "go")]

        socketio.on_error_default(lambda error: f"default: {error}")
        assert answers() == ['43/named,1["default: broken"]', '431["default: broken"]']
        socketio.on_error("/named")(lambda error: f"named: {error}")
        socketio.on_error()(lambda error: None)
        assert answers() == ['43/named,1["named: broken"]', "431[]"]


def test_an_error_handler_of_connect_decides(socketio: SocketIO) -> None:
    def connect() -> None:
        raise ValueError("broken")

    decision: list[Any] = [False]
    socketio.on_event("connect", connect)
    socketio.on_error()(lambda error: decision[0])
    with running(socketio) as server:
        client = server.client()
        assert client.join() == '44{"message":"Connection rejected by server"}'
        decision[0] = None
        assert client.join().startswith("40{")


def test_an_error_handler_may_emit_and_may_fail(socketio: SocketIO, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise ValueError("broken")

    def handler(error: Exception) -> None:
        emit("told", str(error))
        raise KeyError("worse")

    socketio.on_event("go", broken)
    socketio.on_error()(handler)
    with running(socketio) as server:
        client = server.joined()
        client.emit("go", ack=1)
        assert client.event() == ["told", "broken"]
        assert "internal_error" in str(client.next())
    assert "KeyError" in caplog.text


@pytest.mark.parametrize("register", ["on_error_default", "on_error"])
def test_error_handlers_must_be_plain_functions(socketio: SocketIO, register: str) -> None:
    decorator = getattr(socketio, register)
    decorator = decorator() if register == "on_error" else decorator

    async def coroutine(error: Exception) -> None: ...

    with pytest.raises(ValueError, match="must be callable"):
        decorator("not callable")
    with pytest.raises(ValueError, match="plain function"):
        decorator(coroutine)


def test_catch_all_event_and_namespace(socketio: SocketIO) -> None:
    socketio.on_event("*", lambda event, *args: [event, *args])
    socketio.on_event("known", lambda *args: list(args), "*")
    socketio.on_event("*", lambda event, *args: ["any", event, *args], "*")
    socketio.on_event("known", lambda: "here", "/here")
    with running(socketio) as server:
        client = server.joined()
        assert ask(client, "whatever", 1) == '431[["whatever",1]]'
        client.join("/here")
        client.send('42/here,1["known"]', '42/here,2["unknown",2]')
        assert [client.next(), client.next()] == ['43/here,1["here"]', '43/here,2[["any","unknown",2]]']


def test_a_background_task_whose_arguments_do_not_fit_has_ended(
    socketio: SocketIO, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        await asyncio.sleep(0)

    with running(socketio):
        bad, good = socketio.start_background_task(work, 1), socketio.start_background_task(work)
        for task in (bad, good):
            task.join(10)
            assert task._ended.done()
    assert "takes 0 positional arguments but 1 was given" in caplog.text


def test_background_tasks_and_sleep(socketio: SocketIO) -> None:
    @socketio.on("connect")
    def connect() -> None:
        socketio.start_background_task(work, 1, two=2)

    def work(*args: Any, **kwargs: Any) -> None:
        socketio.sleep()
        socketio.emit("worked", [args, kwargs])

    with running(socketio) as server:
        assert server.joined().event() == ["worked", [[1], {"two": 2}]]


def test_a_background_task_may_be_a_coroutine(socketio: SocketIO) -> None:
    async def work(value: int) -> int:
        await asyncio.sleep(0)
        socketio.emit("worked", value)
        return value

    with running(socketio) as server:
        client = server.joined()
        task = socketio.start_background_task(work, 1)
        assert client.event() == ["worked", 1]
        task.join(10)


def test_a_coroutine_in_the_background_waits_for_the_loop(socketio: SocketIO) -> None:
    begun: list[int] = []

    async def work(value: int) -> None:
        begun.append(value)
        await asyncio.sleep(0)
        socketio.emit("worked", value)

    tasks = [socketio.start_background_task(work, value) for value in (1, 2)]
    assert begun == []
    with running(socketio):
        for task in tasks:
            task.join(10)
    assert begun == [1, 2]
    with pytest.raises(RuntimeError, match="has no app yet"):
        SocketIO().start_background_task(work, 1)


def test_a_function_in_the_background_waits_for_nothing() -> None:
    done: list[int] = []
    SocketIO().start_background_task(done.append, 1).join(10)
    assert done == [1]


def test_stop_without_run(socketio: SocketIO) -> None:
    with pytest.raises(RuntimeError, match="nothing is running"):
        socketio.stop()


def test_run_under_flask_run_leaves_the_serving_to_it(socketio: SocketIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")

    socketio.run(Flask("app"), port=-1)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"server_side": True}, TypeError, r"run\(\) has no option 'server_side'; if it was for eventlet"),
        ({"use_reload": True}, TypeError, r"run\(\) has no option 'use_reload'; did you mean 'use_reloader'\?"),
        ({"websocket": True}, TypeError, r"run\(\) has no option 'websocket'; if it was for eventlet"),
        ({"ca_certs": "ca.pem"}, TypeError, "'ca_certs'; for TLS with it give ssl_context="),
        ({"cert_reqs": 2}, TypeError, "'cert_reqs'; for TLS with it give ssl_context="),
        ({"ssl_version": 2}, TypeError, "'ssl_version'; for TLS with it give ssl_context="),
        ({"keyfile": "key.pem"}, TypeError, "keyfile is given without certfile"),
        ({"certfile": "missing.pem"}, FileNotFoundError, "missing.pem"),
        ({"certfile": __file__, "keyfile": "missing.pem"}, FileNotFoundError, "missing.pem"),
    ],
)
def test_run_says_what_is_wrong_with_its_options(options: dict[str, Any], error: type[Exception], text: str) -> None:
    app = Flask("app")
    with pytest.raises(error, match=text):
        SocketIO(app).run(app, **options)


def test_what_needs_an_app_says_so() -> None:
    nobody: Any = None
    with pytest.raises(RuntimeError, match="has no app, and can only emit"):
        SocketIO(message_queue="redis://").asgi_app  # noqa: B018
    with pytest.raises(TypeError, match=r"None in place of the app.*socketio\.run\(app\)"):
        SocketIO(Flask("app")).run(nobody)
    with pytest.raises(TypeError, match=r"None in place of the app.*socketio\.test_client\(app\)"):
        SocketIO(Flask("app")).test_client(nobody)


def test_neighbours_are_the_others_of_the_app_at_other_paths() -> None:
    app = Flask("app")
    assert SocketIO().neighbours() == []
    replaced, first, second = SocketIO(app), SocketIO(app), SocketIO(app, path="second")
    second.init_app(app, path="moved")
    assert first.neighbours() == [second.running_server]
    assert second.neighbours() == [first.running_server]
    assert replaced.neighbours() == [second.running_server]
