"""The app of tests/apps/proxied.py under every kind of server."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.e2e.hosting import WORKERS, Server
from tests.e2e.programs import Program

APP = "tests.apps.proxied"


def proxied(*command: str, fix: bool = False, **environment: str) -> Program:
    """The app in a program of Python's."""
    return Server(*command, environment={"PROXY_FIX": "both" if fix else "none", **environment})


def native(fix: bool = False, **environment: str) -> Program:
    return proxied("-m", APP, fix=fix, **environment)


def flask_run(fix: bool = False, host: str = "127.0.0.1", command: Sequence[str] = ("run",)) -> Program:
    return proxied("-m", "flask", "--app", APP, *command, "--host", host, "--port", "0", fix=fix)


def uvicorn(fix: bool = False) -> Program:
    # What uvicorn believes by itself is its own business; here it believes nothing, so that what is seen is ours.
    arguments = ("--port", "0", "--no-proxy-headers", "--timeout-graceful-shutdown", "1")
    return proxied("-m", "uvicorn", *arguments, f"{APP}:asgi", fix=fix)


def gunicorn(
    *arguments: str, fix: bool = False, bind: str = "127.0.0.1:0", trusted: str = "", app: str = "app", **env: str
) -> Program:
    """gunicorn; it believes some headers of those who connect from the addresses in `trusted`."""
    command = ("--no-control-socket", "--bind", bind, "--forwarded-allow-ips", trusted, *arguments, f"{APP}:{app}")
    return proxied("-m", "gunicorn", *command, fix=fix, **env)


def _gunicorn(arguments: Sequence[str], fix: bool) -> Program:
    return gunicorn(*arguments, fix=fix)


#: Every host; each is made with or without middlewares that believe a proxy.
HOSTS: dict[str, Callable[[bool], Program]] = {
    "socketio.run(app)": native,
    "flask run": flask_run,
    "uvicorn": uvicorn,
    **{name: partial(_gunicorn, arguments) for name, arguments in WORKERS.items()},
}


def facts_of_route(server: Program, path: str = "/facts", **headers: str) -> dict[str, Any]:
    """What a route of the app sees."""
    connection = server.open_connection()
    try:
        connection.request("GET", path, headers=headers)  # under exactly these names
        seen: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return seen
