"""Apps as they are usually laid out: a factory, blueprints, one `socketio = SocketIO()` that is given its app later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
from flask import Blueprint, Flask, current_app, g, url_for
from flask.testing import FlaskClient

from flask_socketio import Namespace, SocketIO, SocketIOTestClient, emit, join_room, request


class Package:
    """What the modules of such an app hold, made anew for each test.

    Attributes:
        log: what hooks and handlers did.
    """

    def __init__(self, **options: Any) -> None:
        self.log: list[str] = []
        self.socketio = SocketIO(**options)
        self.chat = Blueprint("chat", "chat", url_prefix="/chat")
        self._write_chat_module()

    def _write_chat_module(self) -> None:
        """Routes of a blueprint, and events beside them."""

        @self.chat.route("/")
        def index() -> str:
            return f"chat of {current_app.config['NAME']}"

        @self.chat.route("/<room>/announce/<text>")
        def announce(room: str, text: str) -> str:
            self.socketio.emit("said", text, to=room)
            emit("said", text.upper(), to=room, namespace="/")
            return "announced"

        @self.socketio.on("join")
        def join(room: str) -> str:
            join_room(room)
            return url_for("chat.announce", room=room, text="hello")

        @self.socketio.event
        def where() -> list[Any]:
            return [current_app.config["NAME"], url_for("chat.index"), url_for("chat.index", _external=True)]

        class Admin(Namespace):
            def on_where(self) -> list[Any]:
                return where()

        self.socketio.on_namespace(Admin("/admin"))

    def create_app(self, name: str, **config: Any) -> Flask:
        app = Flask(name)
        app.config.update(NAME=name, TESTING=True, **config)
        app.register_blueprint(self.chat)
        self.socketio.init_app(app)
        return app


@pytest.fixture
def package() -> Package:
    return Package()


@pytest.fixture
def app(package: Package) -> Flask:
    """A suite's own fixture; the ones of this package's pytest plugin use it."""
    return package.create_app("main")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_events_and_routes_of_a_blueprint(client: FlaskClient, socketio_client: SocketIOTestClient) -> None:
    assert client.get("/chat/").text == "chat of main"
    path = socketio_client.emit("join", "garden", callback=True)
    assert path == "/chat/garden/announce/hello"
    assert client.get(path).text == "announced"
    assert [event["args"] for event in socketio_client.get_received()] == [["hello"], ["HELLO"]]


def test_url_for_in_handlers(socketio_connect: Callable[..., SocketIOTestClient]) -> None:
    client = socketio_connect(headers={"Host": "example.org:8080"})
    expected = ["main", "/chat/", "http://example.org:8080/chat/"]
    assert client.emit("where", callback=True) == expected
    client.connect("/admin")
    assert client.emit("where", callback=True, namespace="/admin") == expected


def test_url_for_as_the_configuration_says(package: Package) -> None:
    app = package.create_app("named", SERVER_NAME="example.com", APPLICATION_ROOT="/app", PREFERRED_URL_SCHEME="https")
    with package.socketio.test_client(app) as client:
        assert client.emit("where", callback=True) == ["named", "/app/chat/", "https://example.com/app/chat/"]


def test_each_app_of_the_factory_runs_its_own_handlers(package: Package) -> None:
    """As test suites make them, one after the other, and some go on using the one they had before."""
    for name in ("one", "two", "three"):
        app = package.create_app(name)
        assert app.extensions["socketio"] is package.socketio
        with package.socketio.test_client(app) as client:
            assert client.emit("where", callback=True)[0] == name
    with package.socketio.test_client(app) as last, package.socketio.test_client(package.create_app("four")) as client:
        assert last.emit("where", callback=True)[0] == "three"
        assert client.emit("where", callback=True)[0] == "four"


def test_handlers_may_be_registered_before_and_after(package: Package) -> None:
    package.socketio.on_event("early", lambda: "early")
    app = package.create_app("main")
    with package.socketio.test_client(app) as client:
        package.socketio.on_event("late", lambda: "late")
        assert [client.emit(name, callback=True) for name in ("early", "late")] == ["early", "late"]


def test_options_of_init_app_come_before_those_of_the_constructor() -> None:
    package = Package(ping_interval=10, cookie="early", manage_session=False)
    app = Flask("app")
    package.socketio.init_app(app, cookie="late", path="/live")
    options = package.socketio.running_server.engine.options
    assert (options.ping_interval, options.cookie, options.path) == (10, "late", "/live/")
    assert package.socketio.manage_session is False


# Hooks ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hooked(package: Package, app: Flask) -> Iterator[Package]:
    """Every hook that there is says that it ran; so do the signals."""

    def note(name: str, result: Any = None) -> Callable[..., Any]:
        def hook(*args: Any, **kwargs: Any) -> Any:
            if flask.has_app_context():  # a signal says so after the context is gone
                package.log.append(name)
            return args[0] if result == "same" else result

        return hook

    app.before_request(note("before"))
    app.after_request(note("after", "same"))
    app.teardown_request(note("teardown request"))
    app.teardown_appcontext(note("teardown app"))
    app.url_value_preprocessor(note("preprocess"))
    app.context_processor(note("processor", {}))
    app.url_defaults(note("defaults"))
    started = note("started")
    flask.request_started.connect(started, app)
    yield package
    flask.request_started.disconnect(started, app)


@pytest.mark.parametrize("fails", [False, True])
def test_teardown_functions_run_and_those_of_requests_do_not(
    hooked: Package, socketio_client: SocketIOTestClient, fails: bool
) -> None:
    @hooked.socketio.on("go")
    def go() -> None:
        hooked.log.append("handler")
        if fails:
            raise LookupError

    hooked.log.clear()
    if fails:
        with pytest.raises(LookupError):
            socketio_client.emit("go")
    else:
        socketio_client.emit("go")
    assert hooked.log == ["handler", "teardown request", "teardown app"]


def test_url_defaults_are_asked(hooked: Package, socketio_client: SocketIOTestClient) -> None:
    hooked.log.clear()
    socketio_client.emit("where")
    assert hooked.log == ["defaults", "defaults", "teardown request", "teardown app"]


def test_g_is_what_a_teardown_function_closes(
    package: Package, app: Flask, socketio_client: SocketIOTestClient
) -> None:
    """The pattern of Flask's tutorial: opened when it is first wanted, closed at the end."""

    def connection() -> str:
        if "connection" not in g:
            g.connection = f"connection of {request.sid}"
            package.log.append(f"open {threading.get_ident()}")
        found: str = g.connection
        return found

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        if g.pop("connection", None):
            package.log.append(f"close {threading.get_ident()}")

    package.socketio.on_event("def", lambda: [connection(), connection()])

    @package.socketio.on("async def")
    async def go() -> list[str]:
        return [connection(), connection()]

    for event in ("def", "async def"):
        first, second = socketio_client.emit(event, callback=True)
        assert first == second
        opened, closed = package.log
        assert opened.replace("open", "close") == closed, "in the thread that the handler ran in"
        package.log.clear()


def test_handlers_of_http_errors_are_not_those_of_events(
    package: Package, app: Flask, socketio_client: SocketIOTestClient
) -> None:
    app.register_error_handler(Exception, lambda error: ("handled", 500))
    package.socketio.on_event("go", lambda: flask.abort(403))
    with pytest.raises(Exception, match="403 Forbidden"):
        socketio_client.emit("go")
    package.socketio.on_error_default(lambda error: error.code)
    assert socketio_client.emit("go", callback=True) == 403
