"""Finding the extensions in whatever is to be served."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_socketio import SocketIO
from flask_socketio.mounts import find_socketios, servers_of


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


def test_those_of_apps_that_are_mounted_in_each_other() -> None:
    front, shop, back = Flask("front"), Flask("shop"), Flask("back")
    back.wsgi_app = DispatcherMiddleware(back.wsgi_app, {"/shop": ProxyFix(shop)})  # type: ignore[method-assign]
    extensions = {app: SocketIO(app) for app in (front, back, shop)}
    front.wsgi_app = DispatcherMiddleware(front.wsgi_app, {"/back": back})  # type: ignore[method-assign]
    assert list(find_socketios(front)) == list(extensions.values())
    assert list(find_socketios(ProxyFix(front))) == list(extensions.values())


def test_each_server_is_named_once() -> None:
    app, other = Flask("app"), Flask("other")
    first, second, third = SocketIO(app, path="first"), SocketIO(app, path="second"), SocketIO(other)
    servers = [socketio.running_server for socketio in (second, first, third)]
    assert servers_of([second, first, third, second]) == servers


def test_an_app_without_the_extension_has_none() -> None:
    assert list(find_socketios(Flask(__name__))) == []
    assert list(find_socketios(ProxyFix(lambda environ, start_response: []))) == []
