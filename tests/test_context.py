"""Flask's context in handlers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask import Flask, current_app, g, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from flask_socketio import SocketIO, emit, request
from flask_socketio.server.socket import Socket
from tests.memory import SOON, Client, running


@pytest.fixture
def app() -> Flask:
    app = Flask("the app")
    app.secret_key = "secret"
    app.config["SERVER_NAME"] = None
    return app


def result_of(socketio: SocketIO, handler: Callable[..., Any], *args: Any, **handshake: Any) -> Any:
    """What a handler acknowledges, called by a client with this handshake."""
    socketio.on_event("go", handler)
    with running(socketio) as server:
        client = server.client(**handshake)
        client.join()
        return acknowledged(client, "go", *args)


def acknowledged(client: Client, event: str, *args: Any) -> Any:
    client.emit(event, *args, ack=1)
    answer = str(client.next())
    assert answer.startswith("431["), answer
    return flask.json.loads(answer[3:])[0]


def test_request_is_the_handshakes_with_the_events_own_parts(app: Flask) -> None:
    def handler(*args: Any) -> dict[str, Any]:
        return {
            "sid": request.sid,
            "namespace": request.namespace,
            "event": request.event,
            "query": request.args.getlist("a"),
            "header": request.headers["X-Test"],
            "cookie": request.cookies["c"],
            "path": request.path,
            "address": request.remote_addr,
            "same": request is flask.request,
            "class": isinstance(request._get_current_object(), app.request_class),  # type: ignore[attr-defined]
        }

    seen = result_of(
        SocketIO(app), handler, 1, "x", query={"a": "1"}, headers={"X-Test": "header", "Cookie": "c=cookie"}
    )

    assert len(seen.pop("sid")) == 20
    assert seen == {
        "namespace": "/",
        "event": {"message": "go", "args": [1, "x"]},
        "query": ["1"],
        "header": "header",
        "cookie": "cookie",
        "path": "/socket.io/",
        "address": "192.0.2.1",
        "same": True,
        "class": True,
    }


def test_request_event_of_connect_has_environ_and_auth(app: Flask) -> None:
    socketio = SocketIO(app)
    seen: list[Any] = []

    @socketio.on("connect")
    def connect() -> None:
        event = request.event
        environ, auth = event["args"]
        seen.append((event["message"], environ["HTTP_HOST"], environ["flask.app"] is app, auth))

    with running(socketio) as server:
        server.joined(auth={"token": 1})
    assert seen == [("connect", "testserver", True, {"token": 1})]


def test_the_request_class_of_the_app_is_used(app: Flask) -> None:
    class Request(flask.Request):
        @property
        def answer(self) -> int:
            return 42

    app.request_class = Request

    assert result_of(SocketIO(app), lambda: request.answer) == 42  # type: ignore[attr-defined]


def test_two_events_do_not_share_a_request(app: Flask) -> None:
    socketio = SocketIO(app, async_handlers=True)
    together, seen = threading.Barrier(2), set[Any]()

    @socketio.on("go")
    def go(number: int) -> None:
        request.number = number  # type: ignore[attr-defined]
        g.number = number
        together.wait(SOON)
        seen.add((request.event["args"][0], request.number, g.number))  # type: ignore[attr-defined]
        together.wait(SOON)

    with running(socketio) as server:
        client = server.joined()
        client.emit("go", 1)
        client.emit("go", 2)
        server.settle()
    assert seen == {(1, 1, 1), (2, 2, 2)}


def test_g_is_fresh_for_each_event(app: Flask) -> None:
    socketio = SocketIO(app)

    @socketio.on("go")
    def go() -> Any:
        before = g.get("value", "nothing")
        g.value = "something"
        return [before, g.value]

    with running(socketio) as server:
        client = server.joined()
        assert [acknowledged(client, "go") for _ in range(2)] == [["nothing", "something"]] * 2


def test_current_app_and_url_for(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: "")

    assert result_of(SocketIO(app), lambda: [current_app.name, url_for("page")]) == ["the app", "/page"]


def test_an_async_handler_keeps_its_context_while_it_waits(app: Flask) -> None:
    socketio = SocketIO(app)
    gate = threading.Event()

    @socketio.on("go")
    async def go(number: int) -> Any:
        import asyncio  # noqa: PLC0415

        g.number = number
        await asyncio.get_running_loop().run_in_executor(None, gate.wait, SOON)
        return [g.number, request.event["args"][0], current_app.name]

    with running(socketio) as server:
        first, second = server.joined(), server.joined()
        first.emit("go", 1, ack=1)
        second.emit("go", 2, ack=1)
        gate.set()
        assert first.next() == '431[[1,1,"the app"]]'
        assert second.next() == '431[[2,2,"the app"]]'


def test_nothing_is_left_behind_on_the_worker(app: Flask) -> None:
    socketio = SocketIO(app)
    socketio.on_event("go", lambda: None)
    with running(socketio) as server:
        acknowledged_nothing = server.joined()
        acknowledged_nothing.emit("go", ack=1)
        acknowledged_nothing.next()
        seen: queue.SimpleQueue[bool] = queue.SimpleQueue()
        server.server.run_in_worker(lambda: seen.put(flask.has_app_context()))
        assert seen.get(timeout=SOON) is False


def test_teardown_functions_run_with_the_exception(app: Flask) -> None:
    socketio = SocketIO(app)
    seen: list[Any] = []
    app.teardown_request(lambda error: seen.append(("request", repr(error))))
    app.teardown_appcontext(lambda error: seen.append(("app", repr(error), g.value)))

    @socketio.on("go")
    def go(fails: bool) -> None:
        g.value = fails
        if fails:
            raise ValueError("failed")

    with running(socketio) as server:
        client = server.joined()
        client.emit("go", False)
        client.emit("go", True)
        server.settle()
    assert seen == [
        ("request", "None"),
        ("app", "None", False),
        ("request", "ValueError('failed')"),
        ("app", "ValueError('failed')", True),
    ]


def test_an_answer_is_written_in_the_context_and_sent_after_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database object may be loaded as it is written; who gets the answer finds what was committed at the end."""
    done: list[str] = []

    class Json:
        loads = staticmethod(flask.json.loads)

        @staticmethod
        def dumps(data: Any) -> str:
            if flask.has_request_context():
                done.append(f"{request.event['message']} written")
            return flask.json.dumps(data)

    app.teardown_appcontext(lambda error: done.append("torn down"))
    socketio = SocketIO(app, json=Json)
    socketio.on_event("go", lambda: "went")
    answer = Socket.answer

    def send(*args: Any) -> None:
        done.append("sent")
        answer(*args)

    monkeypatch.setattr(Socket, "answer", send)
    with running(socketio) as server:
        assert acknowledged(server.joined(), "go") == "went"
    assert done == ["go written", "torn down", "sent"]


def test_whatever_fails_at_the_end_the_rest_of_it_happens(app: Flask) -> None:
    seen: list[str] = []

    class Interface(SecureCookieSessionInterface):
        def save_session(self, app: Flask, session: SessionMixin, response: flask.Response) -> None:
            raise OSError("no place for sessions")

    def fail(error: BaseException | None) -> None:
        seen.append("request")
        raise ZeroDivisionError

    app.session_interface = Interface()
    app.teardown_request(fail)
    app.teardown_appcontext(lambda error: seen.append("app"))
    socketio = SocketIO(app, manage_session=False)
    for event in ("go", "disconnect"):
        socketio.on_event(event, lambda: session.update(user="ann"))
    with running(socketio) as server:
        client = server.joined()
        client.emit("go", ack=1)
        assert client.next() == "431[]"
        client.send("41")
        server.settle()
        assert not server.server.sockets()
    assert seen == ["request", "app"] * 2


def test_what_fails_at_the_end_fails_a_test(app: Flask) -> None:
    @app.teardown_appcontext
    def fail(error: BaseException | None) -> None:
        raise LookupError("what was lent")

    socketio = SocketIO(app)
    socketio.on_event("go", lambda: None)
    with pytest.raises(LookupError, match="what was lent"):
        socketio.test_client(app).emit("go")


def test_signals_of_the_app_context(app: Flask) -> None:
    seen: list[str] = []
    on_push = flask.appcontext_pushed.connect(lambda sender: seen.append("pushed"), app)
    on_pop = flask.appcontext_popped.connect(lambda sender: seen.append("popped"), app)

    result_of(SocketIO(app), lambda: "done")

    assert seen == ["pushed", "popped"]
    flask.appcontext_pushed.disconnect(on_push)
    flask.appcontext_popped.disconnect(on_pop)


def test_copy_current_request_context_goes_along_into_a_thread(app: Flask) -> None:
    socketio = SocketIO(app)

    @socketio.on("go")
    def go() -> None:
        @flask.copy_current_request_context
        def later() -> None:
            socketio.emit("later", [request.sid, current_app.name])

        socketio.start_background_task(later)

    with running(socketio) as server:
        client = server.joined()
        client.emit("go")
        assert client.event() == ["later", [client.sid, "the app"]]


def test_callbacks_run_in_the_context_of_the_emitter(app: Flask) -> None:
    socketio = SocketIO(app)
    seen: list[Any] = []
    called = threading.Event()

    def callback(answer: str) -> None:
        seen.append((answer, request.sid, request.event["message"]))
        called.set()

    socketio.on_event("go", lambda other: emit("ask", to=other, callback=callback))
    with running(socketio) as server:
        emitter, other = server.joined(), server.joined()
        emitter.emit("go", other.sid)
        assert other.next() == '421["ask"]'
        other.send('431["answer"]')
        assert called.wait(SOON)
        assert seen == [("answer", emitter.sid, None)]


# Sessions -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cookie(app: Flask) -> str:
    """The cookie of an HTTP session with `{"user": "ann"}`."""

    @app.route("/login")
    def login() -> str:
        session["user"] = "ann"
        return ""

    response = app.test_client().get("/login")
    return response.headers["Set-Cookie"].split(";")[0]


def remember(value: str) -> list[str]:
    session.setdefault("seen", []).append(value)
    session["last"] = value
    return [session["user"], *session["seen"]]


def test_a_managed_session_is_the_connections_own_copy(app: Flask, cookie: str) -> None:
    socketio = SocketIO(app)
    for namespace in ("/", "/other"):
        socketio.on_event("go", remember, namespace)
    with running(socketio) as server:
        client = server.client(headers={"Cookie": cookie})
        client.join()
        client.join("/other")
        assert acknowledged(client, "go", "one") == ["ann", "one"]
        client.send('42/other,1["go","two"]')
        assert client.next() == '43/other,1[["ann","one","two"]]', "all namespaces of the connection share it"
        another = server.client(headers={"Cookie": cookie})
        another.join()
        assert acknowledged(another, "go", "three") == ["ann", "three"]


def test_without_management_flask_opens_the_session_for_each_event(app: Flask, cookie: str) -> None:
    socketio = SocketIO(app, manage_session=False)
    socketio.on_event("go", remember)
    with running(socketio) as server:
        client = server.client(headers={"Cookie": cookie})
        client.join()
        assert acknowledged(client, "go", "one") == ["ann", "one"]
        assert acknowledged(client, "go", "two") == ["ann", "two"], "a cookie cannot be sent: changes are lost"


@pytest.fixture
def saved(app: Flask) -> list[dict[str, Any]]:
    """What a session interface has been asked to save."""
    sessions: list[dict[str, Any]] = []

    class Interface(SecureCookieSessionInterface):
        def save_session(self, app: Flask, session: SessionMixin, response: flask.Response) -> None:
            sessions.append(dict(session))

    app.session_interface = Interface()
    return sessions


def test_without_management_a_modified_session_is_saved(app: Flask, saved: list[dict[str, Any]]) -> None:
    socketio = SocketIO(app, manage_session=False)
    socketio.on_event("read", lambda: session.get("user", "nobody"))
    socketio.on_event("write", lambda: session.update(user="bob"))
    with running(socketio) as server:
        client = server.joined()
        assert acknowledged(client, "read") == "nobody"
        client.emit("write", ack=1)
        client.next()
    assert saved == [{"user": "bob"}]


def test_manage_session_can_be_switched_while_the_server_runs(app: Flask, saved: list[dict[str, Any]]) -> None:
    socketio = SocketIO(app)
    socketio.on_event("write", lambda value: session.update(user=value))
    with running(socketio) as server:
        client = server.joined()
        for value, managed in (("managed", True), ("unmanaged", False)):
            socketio.manage_session = managed
            client.emit("write", value, ack=1)
            client.next()
    assert saved == [{"user": "unmanaged"}]
