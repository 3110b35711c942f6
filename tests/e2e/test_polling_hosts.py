"""WSGI servers that keep their connections to themselves: long polling works, and a line says why there is no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import TRANSPORTS, Connect, any_transport
from tests.e2e.hosting import APP, hosting, uwsgi
from tests.e2e.programs import Program

SERVERS: dict[str, Callable[[], Program]] = {
    "uwsgi": lambda: uwsgi("--threads", "2"),
    "waitress": lambda: hosting("waitress", "--listen", "127.0.0.1:0", "--threads", "2", APP),
    "wsgiref": lambda: hosting("tests.apps.wsgiref_server"),
}

#: What each is called in the log.
NAMES = {"uwsgi": "uWSGI", "waitress": "waitress", "wsgiref": "WSGIServer/"}


def on(name: str) -> object:
    """The README's table has no line for wsgiref, which stands for all that nobody thought of."""
    return pytest.param(name, marks=[] if name == "wsgiref" else pytest.mark.host(name))


@any_transport
@pytest.mark.shows("long polling", "no WebSocket")
@pytest.mark.parametrize("name", [on(name) for name in SERVERS])
def test_polls_are_served(serve: Callable[[Program], Connect], name: str) -> None:
    connect = serve(SERVERS[name]())
    clients = [connect(transports=TRANSPORTS[name]) for name in ("polling", "upgrade", "polling")]
    connect.server.expect_line(f"this WSGI server ({NAMES[name]}")
    assert connect.server.ask("/news/today", "POST").status == 200
    for client in clients:
        client.expect_event("news", "today")
        assert client.ask("echo", b"\x00") == [b"\x00"]
    connect.attempt(transports=["websocket"]).expect("connect_error", "websocket error")
    connect.server.expect_line("does not hand connections over. For WebSocket use")
    clients[0].disconnect()
    connect.server.expect(clients[0].sid, "client disconnect")
    lines = [line for line in connect.server.output if "clients are served by long polling only" in line]
    assert len(lines) == 1
