"""`socketio.run(app)`: options, debugger, reloader, and the few lines it prints."""

from __future__ import annotations

import atexit
import difflib
import inspect
import logging
import os
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import click
from flask import Flask
from werkzeug._reloader import run_with_reloader
from werkzeug.debug import DebuggedApplication
from werkzeug.serving import generate_adhoc_ssl_context, is_running_from_reloader

from ._version import __version__
from .hosts import STOP_TIMEOUT
from .hosts.certificates import context_of
from .hosts.native import UNIX, NativeServer, listen
from .mounts import Served, find_socketios, servers_of
from .server.threads import BackgroundTask

#: An SSLContext, a pair of certificate and key file, or "adhoc" for a certificate made up on the spot.
SSLOption: TypeAlias = "ssl.SSLContext | tuple[str, str | None] | str | None"

#: The environment variable in which the reloader's first process tells the others the number of its listening socket.
_LISTENER = "FLASK_SOCKETIO_LISTENER"


def run(
    socketio: Served,
    app: Flask,
    host: str | None = None,
    port: int | None = None,
    *,
    debug: bool | None = None,
    use_reloader: bool | None = None,
    use_debugger: bool | None = None,
    reloader_options: Mapping[str, Any] | None = None,
    extra_files: list[str] | None = None,
    log_output: bool | None = None,
    allow_unsafe_werkzeug: bool = False,
    ssl_context: SSLOption = None,
    certfile: str | None = None,
    keyfile: str | None = None,
    mounted: Sequence[Served] = (),
    **unknown: Any,
) -> None:
    """Serve an app until Ctrl-C, SIGTERM or `SocketIO.stop()`.

    Args:
        socketio: the extension.
        app: the app.
        host: address to listen on, 127.0.0.1 if not given; `unix:///run/app.sock` for a Unix socket.
        port: the port of SERVER_NAME, else 5000, if not given; 0 for any that is free.
        debug: debugger, reloader and request log; that of the app if not given.
        use_reloader, use_debugger, log_output: one of these alone, as `debug` if not given.
        reloader_options: further arguments for Werkzeug's `run_with_reloader`.
        extra_files: more files for the reloader to watch.
        allow_unsafe_werkzeug: accepted for Flask-SocketIO 5, means nothing: this server is fit for production.
        ssl_context: an SSLContext, a pair of certificate and key file, or "adhoc". Files may be renewed while the
            server runs: who connects from then on sees the new certificate.
        certfile, keyfile: the same as a pair.
        mounted: the extensions of other apps that are mounted in this one: their clients are served below the prefix of
            their app. Those that Werkzeug's DispatcherMiddleware has mounted are found without it.
        **unknown: raise TypeError.
    """
    _refuse(unknown)
    host = host or "127.0.0.1"
    port = _port(app, port)
    if debug is not None:
        app.debug = debug
    use_reloader = app.debug if use_reloader is None else use_reloader
    pair = (certfile, keyfile) if certfile or keyfile else None
    context = tls(pair if ssl_context is None else ssl_context)

    inherited = _inherited_listener()
    listener = inherited or listen(host, port)
    unix_socket: str | None = listener.getsockname() if host.startswith(UNIX) else None

    def serve() -> None:
        _log_requests(app.debug if log_output is None else log_output)
        wsgi_app: Any = app
        if app.debug if use_debugger is None else use_debugger:
            wsgi_app = DebuggedApplication(app, evalex=True)
        served: list[Served] = [socketio, *mounted, *find_socketios(app)]
        first, *others = servers_of(served)
        server = NativeServer(
            first,
            wsgi_app,
            others=others,
            part_of_app=True,
            ssl_context=context,
            access_log=True,
            unix_socket=None if use_reloader else unix_socket,
        )
        for each in served:
            each.native_server = server
        try:
            server.run(sockets=[listener])
        finally:
            for each in served:
                each.native_server = None

    with suppress(KeyboardInterrupt):  # Ctrl-C as soon as the address is printed, or one that uvicorn passes on
        if inherited is None:
            _greet(app, _url(host, listener, context is not None))
            if unix_socket and use_reloader:
                # In the reloader's first process, which outlives the others.
                atexit.register(Path(unix_socket).unlink, missing_ok=True)
        if use_reloader:
            listener.set_inheritable(True)
            os.environ[_LISTENER] = str(listener.fileno())
            run_with_reloader(
                lambda: _serve_beside_reloader(socketio, serve), extra_files=extra_files, **(reloader_options or {})
            )
        else:
            serve()


#: What may be asked of `run` by name.
_OPTIONS = set(inspect.signature(run).parameters) - {"socketio", "app", "unknown"}

#: What eventlet and gevent were told about TLS, besides what begins with "ssl_". To delete it may open a door: without
#: `ca_certs` and `cert_reqs` clients need no certificate.
_TLS = {"ca_certs", "cert_reqs", "ciphers", "alpn_protocols"}


def _inherited_listener() -> socket.socket | None:
    """The listening socket of the reloader's first process, in those that it starts; None anywhere else.

    It outlives them, so who connects while the app restarts is not refused but waits.
    """
    number = os.environ.get(_LISTENER) if is_running_from_reloader() else None
    return None if number is None else socket.socket(fileno=int(number))


def _serve_beside_reloader(socketio: Served, serve: Any) -> None:
    """Serve in the thread that Werkzeug's reloader has for it; at the process's exit, stop in order.

    Signals go to the main thread, where the reloader turns them, and each change of a file, into an exit.
    """
    serving = BackgroundTask()

    def stop() -> None:
        if socketio.native_server is not None:
            socketio.stop()
            serving.join(2 * STOP_TIMEOUT)

    atexit.register(stop)
    try:
        serve()
    finally:
        serving.ended()


def _refuse(options: Iterable[str]) -> None:
    for name in options:
        near = difflib.get_close_matches(name, _OPTIONS, 1)
        if name in _TLS or name.startswith("ssl_"):
            hint = "for TLS with it give ssl_context=, an ssl.SSLContext that is set up like that"
        elif near:
            hint = f"did you mean {near[0]!r}?"
        else:
            hint = "if it was for eventlet, gevent or Werkzeug, delete it"
        raise TypeError(f"socketio.run() has no option {name!r}; {hint}")


def _port(app: Flask, port: int | None) -> int:
    if port is not None:
        return int(port)  # out of the environment it is text
    name = app.config.get("SERVER_NAME")
    return int(name.rsplit(":", 1)[1]) if name and ":" in name else 5000


def tls(option: SSLOption | tuple[str | None, str | None]) -> ssl.SSLContext | None:
    """The context that an option for TLS asks for.

    Raises:
        TypeError: it is none.
        OSError: a file is not there or cannot be used.
    """
    if option is None or isinstance(option, ssl.SSLContext):
        return option
    if isinstance(option, tuple) and option[0] is None:
        raise TypeError("keyfile is given without certfile; without both there is no TLS")
    if option == "adhoc":
        return generate_adhoc_ssl_context()
    if isinstance(option, str) or option[0] is None:
        raise TypeError(f"ssl_context={option!r}: expected an SSLContext, a pair (certfile, keyfile), or 'adhoc'")
    for file in filter(None, option):
        os.stat(file)  # if it is not there, this error names it
    return context_of(option[0], option[1])


def _greet(app: Flask, url: str) -> None:
    click.echo(f" * Serving Flask app {app.name!r} with Flask-SocketIO {__version__}")
    click.echo(f" * Debug mode: {'on' if app.debug else 'off'}")
    click.echo(f" * Running on {url} (Press CTRL+C to quit)")


def _url(host: str, listener: socket.socket, secure: bool) -> str:
    """Where the server is, for people; of a Unix socket the path."""
    if host.startswith(UNIX):
        return f"{UNIX}{listener.getsockname()}"
    address = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{address}:{listener.getsockname()[1]}"


def _log_requests(wanted: bool) -> None:
    """Lines for requests, on stderr; without them uvicorn's own log keeps only what goes wrong."""
    log = logging.getLogger("uvicorn.access")
    log.propagate = False
    log.setLevel(logging.INFO if wanted else logging.WARNING)
    if wanted and not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "[%d/%b/%Y %H:%M:%S]"))
        log.addHandler(handler)
