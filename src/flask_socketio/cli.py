"""`flask socketio run`: the server of `socketio.run(app)`, for an app that Flask's command line finds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from flask.cli import ScriptInfo, pass_script_info

from . import installation  # noqa: F401  # checks that the other files are of this release
from .running import SSLOption, run

if TYPE_CHECKING:
    from .extension import SocketIO


@click.group("socketio")
def cli() -> None:
    """Real-time for Flask."""


@cli.command("run")
@click.option("--host", "-h", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", "-p", default=5000, show_default=True, help="The port to listen on; 0 for any that is free.")
@click.option("--cert", metavar="FILE", help="A certificate, for HTTPS; or 'adhoc' to make one up.")
@click.option("--key", metavar="FILE", help="The key of the certificate, if it is in a file of its own.")
@click.option("--debug/--no-debug", default=None, help="Debug mode: reloader, debugger, and a line for each request.")
@click.option("--reload/--no-reload", default=None, help="Start again when a file changes; as --debug if not given.")
@click.option("--debugger/--no-debugger", default=None, help="Show errors in the page; as --debug if not given.")
@pass_script_info
def run_command(
    info: ScriptInfo,
    host: str,
    port: int,
    cert: str | None,
    key: str | None,
    debug: bool | None,
    reload: bool | None,
    debugger: bool | None,
) -> None:
    """Serve the app, its routes and its events. Good for production, too."""
    if debug is not None:
        os.environ["FLASK_DEBUG"] = str(int(debug))  # for the app, and for what the reloader starts
    app = info.load_app()
    socketio: SocketIO | None = app.extensions.get("socketio")
    if socketio is None:
        raise click.UsageError(f"the app {app.name!r} has no SocketIO: add `socketio = SocketIO(app)`")
    ssl_context: SSLOption = cert if cert in (None, "adhoc") else (cert, key)
    run(socketio, app, host, port, use_reloader=reload, use_debugger=debugger, ssl_context=ssl_context)
