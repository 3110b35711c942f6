"""Fixtures for pytest, there wherever this package is installed. They need a fixture `app` of the test suite's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from . import installation  # noqa: F401  # checks that the other files are of this release

if TYPE_CHECKING:
    from flask import Flask

    from .test_client import SocketIOTestClient


@pytest.fixture
def socketio_connect(app: Flask) -> Iterator[Callable[..., SocketIOTestClient]]:
    """A function that makes test clients, closed at the end of the test; it takes what `SocketIO.test_client` takes.

    @pytest.fixture
    def app():
        return create_app()

    def test_chat(socketio_connect):
        ann, bob = socketio_connect(auth={"name": "ann"}), socketio_connect(auth={"name": "bob"})
        ann.emit("say", "hello")
        assert bob.wait_for("said")["args"] == ["ann", "hello"]
    """
    clients: list[SocketIOTestClient] = []

    def connect(namespace: str | None = None, **options: object) -> SocketIOTestClient:
        client: SocketIOTestClient = app.extensions["socketio"].test_client(app, namespace, **options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def socketio_client(socketio_connect: Callable[..., SocketIOTestClient]) -> SocketIOTestClient:
    """A test client that is connected to `/`, without auth."""
    return socketio_connect()
