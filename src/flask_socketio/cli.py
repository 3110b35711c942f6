"""`flask socketio run`: the server of `socketio.run(app)`, for an app that Flask's command line finds."""

from __future__ import annotations

import os
import ssl
import traceback

import click
from flask import Flask
from flask.cli import CertParamType, ScriptInfo, pass_script_info
from werkzeug.serving import is_running_from_reloader

from . import installation  # noqa: F401  # checks that the other files are of this release
from .extension import SocketIO
from .running import run, tls


@click.group("socketio")
def cli() -> None:
    """Real-time for Flask."""


@cli.command("run")
@click.option("--host", "-h", default="127.0.0.1", show_default=True, help="The address to listen on, or unix://PATH.")
@click.option("--port", "-p", default=5000, show_default=True, help="The port to listen on; 0 for any that is free.")
@click.option(
    "--cert", metavar="FILE", type=CertParamType(), help="A certificate, for HTTPS; or 'adhoc' to make one up."
)
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="The key of the certificate, if it is in a file of its own.",
)
@click.option("--debug/--no-debug", default=None, help="Debug mode: reloader, debugger, and a line for each request.")
@click.option("--reload/--no-reload", default=None, help="Start again when a file changes; as --debug if not given.")
@click.option("--debugger/--no-debugger", default=None, help="Show errors in the page; as --debug if not given.")
@pass_script_info
def run_command(
    info: ScriptInfo,
    host: str,
    port: int,
    cert: str | ssl.SSLContext | None,
    key: str | None,
    debug: bool | None,
    reload: bool | None,
    debugger: bool | None,
) -> None:
    """Serve the app, its routes and its events. Good for production, too."""
    if debug is not None:
        os.environ["FLASK_DEBUG"] = str(int(debug))  # for the app, and for what the reloader starts
    context = _context(cert, key)
    try:
        app = info.load_app()
        socketio: SocketIO | None = app.extensions.get("socketio")
        if socketio is None:
            raise click.UsageError(f"the app {app.name!r} has no SocketIO: add `socketio = SocketIO(app)`")
    except Exception as error:
        if not is_running_from_reloader():
            raise
        traceback.print_exc()
        app, socketio = _broken(error)
    run(socketio, app, host, port, use_reloader=reload, use_debugger=debugger, ssl_context=context)


def _context(cert: str | ssl.SSLContext | None, key: str | None) -> ssl.SSLContext | None:
    if key is not None and (cert is None or cert == "adhoc" or isinstance(cert, ssl.SSLContext)):
        raise click.BadParameter("it goes with a --cert that is a file", param_hint="--key")
    try:
        return tls((cert, key) if isinstance(cert, str) and cert != "adhoc" else cert)
    except OSError as error:
        files = cert if key is None else f"{cert} and {key}"
        raise click.BadParameter(f"{files}: {error.strerror or error}", param_hint="--cert") from None


def _broken(error: Exception) -> tuple[Flask, SocketIO]:
    """What is served in place of an app that cannot be loaded, until the reloader sees its files change again.

    It answers each request by the error, as `flask run` does; those of clients, too, since nobody asks its own
    `SocketIO`.
    """
    app = Flask("broken", static_folder=None)
    trace = error.__traceback__

    @app.before_request
    def fail() -> None:
        raise error.with_traceback(trace) from None

    return app, SocketIO(app, path="broken app")
