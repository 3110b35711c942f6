"""Finding the extension in whatever gunicorn was told to serve."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import SocketIO
from flask_socketio.gunicorn import find_socketios


def test_the_extension_is_found_behind_middlewares() -> None:
    app = Flask(__name__)
    socketio = SocketIO(app)
    assert list(find_socketios(app)) == [socketio]
    assert list(find_socketios(app.wsgi_app)) == [socketio]
    assert list(find_socketios(DispatcherMiddleware(ProxyFix(app)))) == [socketio]
    assert list(find_socketios(DispatcherMiddleware(Flask("front"), {"/shop": ProxyFix(app)}))) == [socketio]
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    assert list(find_socketios(app.wsgi_app)) == [socketio]


def test_those_of_apps_that_are_mounted_beside_each_other() -> None:
    front, shop = Flask("front"), Flask("shop")
    extensions = [SocketIO(front), SocketIO(shop)]
    assert list(find_socketios(DispatcherMiddleware(front, {"/shop": shop, "/store": ProxyFix(shop)}))) == extensions


def test_an_app_without_the_extension_has_none() -> None:
    assert list(find_socketios(Flask(__name__))) == []
    assert list(find_socketios(ProxyFix(lambda environ, start_response: []))) == []
