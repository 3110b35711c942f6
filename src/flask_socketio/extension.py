"""The Flask extension: `SocketIO`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from flask import Flask

from . import settings
from .compat import Facade, Middleware
from .context import FlaskSurroundings
from .emitter import Emitter
from .hooks import Hooks, handlers_for
from .hosts.green_threads import refuse_green_threads
from .namespace import Namespace
from .server.clustered import ClusteredServer
from .server.once import FindId
from .server.server import Server
from .server.signatures import is_async
from .server.threads import BackgroundTask, spawn
from .test_client import SocketIOTestClient
from .transport.reasons import Reason

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from .hosts.asgi_host import AsgiHost
    from .hosts.native import NativeServer

#: Where an app keeps all of its `SocketIO` by their paths; `app.extensions["socketio"]` is the last one.
BY_PATH = "socketio_by_path"

F = TypeVar("F", bound=Callable[..., Any])


class SocketIO(Emitter, Hooks):
    """Real-time for a Flask app.

    Args:
        app: the app; without it, call `init_app` later. With a `message_queue` and no app it only emits, to the
            clients of the servers on that queue: for scripts and Celery tasks.
        **options: what the documentation lists under "Options". TypeError for one that does not exist.

    Attributes:
        server: the Socket.IO server under the names that it had in Flask-SocketIO 5, None before `init_app`.
        class_namespaces: the class-based namespaces by name.
        sockio_mw: the WSGI middleware around the app's own routes, None before `init_app`.
        manage_session: whether each connection has its own copy of the session (see `session` in the documentation).
    """

    class reason:  # noqa: N801  # its name in Flask-SocketIO 5
        """Why a client has disconnected: what `disconnect` handlers get."""

        SERVER_DISCONNECT = Reason.SERVER_DISCONNECT.value
        CLIENT_DISCONNECT = Reason.CLIENT_DISCONNECT.value
        PING_TIMEOUT = Reason.PING_TIMEOUT.value
        TRANSPORT_CLOSE = Reason.TRANSPORT_CLOSE.value
        TRANSPORT_ERROR = Reason.TRANSPORT_ERROR.value
        PARSE_ERROR = Reason.PARSE_ERROR.value
        SERVER_SHUTTING_DOWN = Reason.SERVER_SHUTTING_DOWN.value

    def __init__(self, app: Flask | None = None, **options: Any) -> None:
        settings.check_names(options)
        self.server: Facade = cast("Facade", None)  # so that nobody has to ask who knows that there is an app
        self.server_options: dict[str, Any] = dict(options)
        self.manage_session: bool = options.get("manage_session", True)
        self.exception_handlers: dict[str, Callable[[Exception], Any]] = {}
        self.default_exception_handler: Callable[[Exception], Any] | None = None
        self.native_server: NativeServer | None = None
        self.sockio_mw: Middleware | None = None
        self._asgi_app: AsgiHost | None = None
        self._server: Server | None = None
        self._handlers = handlers_for(self)
        self.class_namespaces: dict[str, Namespace] = {}
        if app is not None or "message_queue" in options:
            self.init_app(app)

    def init_app(self, app: Flask | None, **options: Any) -> None:
        """Set the extension up for an app.

        Args:
            app: the app; None with a `message_queue` that is to be emitted to, and nothing else.
            **options: as those of the constructor, over which they take precedence.
        """
        refuse_green_threads()
        settings.check_names(options)
        self.server_options.update(options)
        options = self.server_options
        settings.check_async_mode(options.get("async_mode"))
        settings.set_up_logging(options.get("logger") or options.get("engineio_logger") or False)
        self.manage_session = options.get("manage_session", True)
        surroundings = FlaskSurroundings(app or Flask(__name__), self)  # without an app, nothing will ever run in it
        parts = (
            settings.codec(options, app),
            settings.engine_options(options, app),
            settings.server_options(options),
            surroundings,
            self._handlers,
        )
        adapter = settings.adapter(options, app)
        self._server = Server(*parts) if adapter is None else ClusteredServer(adapter, *parts)
        self.server = Facade(self, self._server, surroundings)
        options["client_manager"] = adapter
        if app is not None:
            app.extensions["socketio"] = self
            app.extensions.setdefault(BY_PATH, {})[self._server.engine.options.path] = self
            self.sockio_mw = Middleware(self, app, app.wsgi_app)
            app.wsgi_app = self.sockio_mw  # type: ignore[method-assign]

    @property
    def running_server(self) -> Server:
        """The server, which exists from `init_app` on. Raises RuntimeError before."""
        if self._server is None:
            raise RuntimeError("this SocketIO has no app yet: use SocketIO(app), or call init_app(app) first")
        return self._server

    # Handlers

    def on(
        self,
        message: str,
        namespace: str | None = None,
        *,
        rate_limit: str | None = None,
        once: str | FindId | None = None,
    ) -> Callable[[F], F]:
        """Decorator: let a function handle an event.

        The function, `def` or `async def`, gets the arguments that the client sent; for `connect` the client's auth
        and for `disconnect` the reason, if it takes an argument. What it returns is acknowledged, if the client asked.

        Args:
            message: the event; `"*"` for all events without a handler, whose name is then the first argument.
            namespace: where; `"*"` for namespaces without handlers of their own.
            rate_limit: how many of these events a client may send: `"5/second"`, `"100 per minute"`, `"3/10 seconds"`.
                What is more is answered with an `EventError` of the code `rate_limited`.
            once: where an event has its id: the name of a key of the first argument, or a function that gets all of
                them and returns it. An event that a client sends again, because it has heard nothing of it, then is
                not handled again; it gets the answer of the first one.

        Raises:
            ValueError, TypeError: in the call of the decorator, if `rate_limit` or `once` make no sense, as for
                `connect` and `disconnect`.
        """
        rules = settings.rules(rate_limit, once)
        settings.check_rules(message, rules)

        def decorator(handler: F) -> F:
            self._handlers.add(message, namespace or "/", handler, rules)
            return handler

        return decorator

    def on_event(self, message: str, handler: Callable[..., Any], namespace: str | None = None, **rules: Any) -> None:
        """Let a function handle an event; `on` without the decorator."""
        self.on(message, namespace, **rules)(handler)

    @overload
    def event(self, handler: F, /) -> F: ...

    @overload
    def event(
        self, /, *, namespace: str | None = None, rate_limit: str | None = None, once: str | FindId | None = None
    ) -> Callable[[F], F]: ...
    @overload
    def event(self, namespace: str | None = None, /) -> Callable[[F], F]: ...

    def event(self, handler: Any = None, /, *, namespace: str | None = None, **rules: Any) -> Any:
        """Decorator: let a function handle the event that has its name. `@socketio.event` or `@socketio.event(...)`."""
        if callable(handler):
            return self.on(handler.__name__, namespace)(handler)

        def decorator(function: F) -> F:
            return self.on(function.__name__, handler or namespace, **rules)(function)

        return decorator

    def on_error(self, namespace: str | None = None) -> Callable[[F], F]:
        """Decorator: let a function handle what the handlers of a namespace raise; its result is acknowledged."""

        def decorator(handler: F) -> F:
            _check_error_handler(handler)
            self.exception_handlers[namespace or "/"] = handler
            return handler

        return decorator

    def on_error_default(self, exception_handler: F) -> F:
        """Decorator: as `on_error`, for namespaces without an error handler."""
        _check_error_handler(exception_handler)
        self.default_exception_handler = exception_handler
        return exception_handler

    def error_handler(self, namespace: str) -> Callable[[Exception], Any] | None:
        """Who handles the exceptions of a namespace: its function or the default one, and then its class's `error`."""
        by_class = getattr(self.class_namespaces.get(namespace), "error", None)
        function = self.exception_handlers.get(namespace) or self.default_exception_handler
        if by_class is None or function is None:
            return function or by_class

        def both(error: Exception) -> Any:
            try:
                return function(error)
            except Exception as unhandled:  # noqa: BLE001  # which the class handles, or raises
                return by_class(unhandled)

        return both

    def on_namespace(self, namespace_handler: Namespace) -> None:
        """Register a class-based namespace.

        Raises:
            ValueError: it is no instance of `Namespace`.
        """
        if not isinstance(namespace_handler, Namespace):
            raise ValueError("Not a namespace instance.")
        namespace_handler.socketio = self
        self.class_namespaces[namespace_handler.namespace] = namespace_handler
        self._handlers.add_class(namespace_handler.namespace, namespace_handler)

    # Testing

    def test_client(
        self,
        app: Flask,
        namespace: str | None = None,
        query_string: str | Mapping[str, Any] | None = None,
        headers: Any = None,
        auth: dict[str, Any] | None = None,
        flask_test_client: FlaskClient | None = None,
    ) -> SocketIOTestClient:
        """A client for tests, already connected; see `SocketIOTestClient` for the arguments."""
        return SocketIOTestClient(app, self, namespace, query_string, headers, auth, flask_test_client)

    # Serving

    @property
    def asgi_app(self) -> AsgiHost:
        """What an ASGI server, uvicorn for one, is to serve.

        Raises:
            RuntimeError: there is no app yet.
        """
        if self._server is not None and self.sockio_mw is None:
            raise RuntimeError("this SocketIO has no app, and can only emit: asgi_app is that of SocketIO(app)")
        servers = [self.running_server, *self.neighbours()]
        if self._asgi_app is None or self._asgi_app.servers != servers:
            from .hosts.asgi_host import AsgiHost  # noqa: PLC0415  # for those who serve with it

            assert self.sockio_mw is not None
            self._asgi_app = AsgiHost(servers, self.sockio_mw.flask_app)
        return self._asgi_app

    def neighbours(self) -> list[Server]:
        """The servers of the other `SocketIO` that this one's app has, at other paths."""
        if self.sockio_mw is None:
            return []
        by_path: dict[str, SocketIO] = self.sockio_mw.flask_app.extensions[BY_PATH]
        path = self.running_server.engine.options.path
        servers = [socketio.running_server for socketio in dict.fromkeys(by_path.values()) if socketio is not self]
        return [server for server in servers if server.engine.options.path != path]

    def run(self, app: Flask, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve the app, its own routes and Socket.IO, until Ctrl-C or SIGTERM. Good for production, too.

        Under `flask run` this does nothing, as `Flask.run`: that command serves the app.

        Args:
            app: the app this was set up with.
            host: address to listen on, 127.0.0.1 if not given.
            port: the port of SERVER_NAME, else 5000, if not given.
            **options: see `running.run`.
        """
        if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
            return
        if app is None:
            raise TypeError("run() got None in place of the app that it is to serve: socketio.run(app)")
        from .running import run  # noqa: PLC0415  # uvicorn is for those who serve with it

        run(self, app, host, port, **options)

    def stop(self) -> None:
        """Stop the server that `run` started, from a handler or any thread: clients are told, `run` returns."""
        if self.native_server is None:
            raise RuntimeError("stop() ends what run() has started, and nothing is running")
        self.native_server.should_exit = True

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundTask:
        """Run a function in the background: in a thread of its own, an `async def` on the loop.

        It is started already; only an `async def` waits for the loop, which runs from `run` on, and under a WSGI server
        from the first client on. The result has `join()`. It has no request; `emit` of `SocketIO` works in it.

        Raises:
            RuntimeError: an `async def` before there is an app.
        """
        if self._server is None and not is_async(target):
            return spawn(target, args, kwargs)
        return self.running_server.run_in_background(target, args, kwargs)

    def sleep(self, seconds: float = 0) -> None:
        """Wait, in a background task or a `def` handler. In `async def` handlers use `asyncio.sleep`."""
        time.sleep(seconds)


def _check_error_handler(handler: Any) -> None:
    if not callable(handler):
        raise ValueError("exception_handler must be callable")
    if is_async(handler):
        raise ValueError("an error handler must be a plain function: it runs where the handler ran, thread or loop")
