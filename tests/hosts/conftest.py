"""A Flask app for each test of the bridge, on one server for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.hosts.serving import Server, serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Front:
    """A WSGI app that is another one in each test."""

    def __init__(self) -> None:
        self.app: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)


@pytest.fixture
def app() -> Flask:
    """An app with one route; a test adds its own."""
    app = Flask(__name__)

    @app.route("/hello", methods=["GET", "POST"])
    def hello() -> str:
        return "hello"

    return app


@pytest.fixture(scope="module")
def shared_server() -> Iterator[tuple[Server, Front]]:
    front = Front()
    with serving(front) as server:
        yield server, front


@pytest.fixture
def server(shared_server: tuple[Server, Front], app: Flask) -> Iterator[Server]:
    """The app of this test, served. The server is shared, as starting one takes longer than most tests."""
    server, front = shared_server
    front.app = app
    yield server
    assert server.workers.all_back()
