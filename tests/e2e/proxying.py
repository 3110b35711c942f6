"""The app of tests/apps/proxied.py under every kind of server."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.e2e.hosting import WORKERS, Granian, Server, uwsgi
from tests.e2e.programs import Program

APP = "tests.apps.proxied"


def believing(fix: bool) -> dict[str, str]:
    """What tells the app whether to have middlewares that believe a proxy."""
    return {"PROXY_FIX": "both" if fix else "none"}


def proxied(*command: str, fix: bool = False, **environment: str) -> Program:
    """The app in a program of Python's."""
    return Server(*command, environment={**believing(fix), **environment})


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


def gunicorn_asgi(fix: bool = False, bind: str = "127.0.0.1:0") -> Program:
    return gunicorn("-k", "asgi", app="asgi", fix=fix, bind=bind)


def hypercorn(fix: bool = False, bind: str = "127.0.0.1:0") -> Program:
    return proxied("-m", "hypercorn", "--bind", bind, f"{APP}:asgi", fix=fix)


def granian(fix: bool = False) -> Program:
    return Granian(f"{APP}:asgi", **believing(fix))


def waitress(fix: bool = False) -> Program:
    # By itself it hides from the app what a proxy says, unless it is told which one to believe.
    arguments = ("--listen", "127.0.0.1:0", "--no-clear-untrusted-proxy-headers")
    return proxied("-m", "waitress", *arguments, f"{APP}:app", fix=fix)


#: Every host that has WebSocket; each is made with or without middlewares that believe a proxy.
HOSTS: dict[str, Callable[[bool], Program]] = {
    "socketio.run(app)": native,
    "flask socketio run": partial(flask_run, command=("socketio", "run")),
    "flask run": flask_run,
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "granian": granian,
    "gunicorn -k asgi": gunicorn_asgi,
    **{name: partial(_gunicorn, arguments) for name, arguments in WORKERS.items()},
}

#: Those that serve long polling only.
POLLING_HOSTS: dict[str, Callable[[bool], Program]] = {
    "uwsgi": lambda fix: uwsgi("--threads", "2", app=f"{APP}:app", **believing(fix)),
    "waitress": waitress,
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
