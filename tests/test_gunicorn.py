"""Finding the extension in whatever gunicorn was told to serve."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import SocketIO
from flask_socketio.gunicorn import find_socketio


def test_the_extension_is_found_behind_middlewares() -> None:
    app = Flask(__name__)
    socketio = SocketIO(app)
    assert find_socketio(app) is socketio
    assert find_socketio(app.wsgi_app) is socketio
    assert find_socketio(DispatcherMiddleware(ProxyFix(app))) is socketio
    assert find_socketio(DispatcherMiddleware(Flask("front"), {"/shop": ProxyFix(app)})) is socketio
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    assert find_socketio(app.wsgi_app) is socketio


def test_an_app_without_the_extension_has_none() -> None:
    assert find_socketio(Flask(__name__)) is None
    assert find_socketio(ProxyFix(lambda environ, start_response: [])) is None
