"""The worker of gunicorn says what it cannot serve; the rest is in tests/e2e/test_gunicorn.py."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.gunicorn import _what_instead


def wrapped(environ: Any, start_response: Any) -> list[bytes]:
    return []


@pytest.mark.parametrize(
    ("app", "way_out"),
    [
        (wrapped, "Name the Flask app itself, gunicorn ... module:app, or let -k gthread serve what is around it"),
        (SocketIO(Flask("app")).asgi_app, "for ASGI servers: name the Flask app, or use uvicorn or -k asgi"),
        (Flask("app"), "Add socketio = SocketIO(app), or let -k gthread serve it"),
    ],
)
def test_what_it_cannot_serve_is_told_another_way(app: Any, way_out: str) -> None:
    text = _what_instead(app)
    assert text.startswith("Worker serves Flask apps with a SocketIO, and finds none in ")
    assert text.endswith(way_out)
