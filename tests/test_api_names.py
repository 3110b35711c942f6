"""Every name of Flask-SocketIO 5, with its arguments in their order and their defaults."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import flask_socketio
from flask_socketio import SocketIO

#: As they are called there. What is behind the star is given by name only.
FUNCTIONS = """\
emit(event, *args, namespace=None, to=None, room=None, broadcast=False, include_self=True, skip_sid=None,
    callback=None, ignore_queue=False)
call(event, *args, namespace=None, to=None, room=None, timeout=60, ignore_queue=False)
send(message, *, json=False, namespace=None, to=None, room=None, broadcast=False, include_self=True, skip_sid=None,
    callback=None, ignore_queue=False)
join_room(room, sid=None, namespace=None)
leave_room(room, sid=None, namespace=None)
close_room(room, namespace=None)
rooms(sid=None, namespace=None)
disconnect(sid=None, namespace=None, silent=False)
SocketIO(app=None)
SocketIO.init_app(self, app)
SocketIO.on(self, message, namespace=None)
SocketIO.on_event(self, message, handler, namespace=None)
SocketIO.on_error(self, namespace=None)
SocketIO.on_error_default(self, exception_handler)
SocketIO.on_namespace(self, namespace_handler)
SocketIO.emit(self, event, *args, namespace=None, to=None, room=None, include_self=True, skip_sid=None, callback=None,
    ignore_queue=False)
SocketIO.call(self, event, *args, namespace=None, to=None, room=None, timeout=60, ignore_queue=False)
SocketIO.send(self, data, json=False, namespace=None, to=None, callback=None, include_self=True, skip_sid=None, *,
    room=None, ignore_queue=False)
SocketIO.close_room(self, room, namespace=None)
SocketIO.run(self, app, host=None, port=None, *, debug=None, use_reloader=None, reloader_options=None,
    log_output=None, allow_unsafe_werkzeug=False)
SocketIO.stop(self)
SocketIO.start_background_task(self, target, *args, **kwargs)
SocketIO.sleep(self, seconds=0)
SocketIO.test_client(self, app, namespace=None, query_string=None, headers=None, auth=None, flask_test_client=None)
SocketIO._handle_event(self, handler, message, namespace, sid, *args)
Namespace(namespace=None)
Namespace.trigger_event(self, event, *args)
Namespace.emit(self, event, data=None, room=None, include_self=True, namespace=None, callback=None)
Namespace.send(self, data, room=None, include_self=True, namespace=None, callback=None)
Namespace.call(self, event, data=None, to=None, sid=None, namespace=None, timeout=60, ignore_queue=False)
Namespace.close_room(self, room, namespace=None)
Namespace.enter_room(self, sid, room, namespace=None)
Namespace.leave_room(self, sid, room, namespace=None)
Namespace.rooms(self, sid, namespace=None)
Namespace.disconnect(self, sid, namespace=None)
Namespace.get_session(self, sid, namespace=None)
Namespace.save_session(self, sid, session, namespace=None)
Namespace.session(self, sid, namespace=None)
Namespace.is_asyncio_based(self)
SocketIOTestClient(app, socketio, namespace=None, query_string=None, headers=None, auth=None, flask_test_client=None)
SocketIOTestClient.is_connected(self, namespace=None)
SocketIOTestClient.connect(self, namespace=None, query_string=None, headers=None, auth=None)
SocketIOTestClient.disconnect(self, namespace=None)
SocketIOTestClient.emit(self, event, *args, callback=False, namespace=None)
SocketIOTestClient.send(self, data, json=False, callback=False, namespace=None)
SocketIOTestClient.get_received(self, namespace=None)
"""

#: `Namespace.call` is the one default that differs: there it is None, which waits for ever.
EXPECTED = {
    name: f"({arguments}"
    for name, _, arguments in (line.partition("(") for line in FUNCTIONS.replace("\n    ", " ").splitlines())
}


def ours(name: str) -> Callable[..., Any]:
    thing: Any = flask_socketio
    for part in name.split("."):
        thing = getattr(thing, part)
    function: Callable[..., Any] = thing
    return function


@pytest.mark.parametrize("name", EXPECTED)
def test_every_function_takes_what_it_took(name: str) -> None:
    definition = ast.parse(f"def function{EXPECTED[name]}: ...").body[0]
    assert isinstance(definition, ast.FunctionDef)
    wanted = definition.args
    found = inspect.signature(ours(name)).parameters
    positional = [parameter.name for parameter in found.values() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    kinds = {parameter.kind for parameter in found.values()}

    assert positional[: len(wanted.args)] == [argument.arg for argument in wanted.args]
    assert wanted.vararg is None or inspect.Parameter.VAR_POSITIONAL in kinds
    for argument in wanted.kwonlyargs:
        assert argument.arg in found or inspect.Parameter.VAR_KEYWORD in kinds, argument.arg
    with_defaults = zip(wanted.args[len(wanted.args) - len(wanted.defaults) :], wanted.defaults, strict=True)
    for argument, default in [*with_defaults, *zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)]:
        assert default is not None
        if argument.arg in found:
            assert found[argument.arg].default == ast.literal_eval(default), argument.arg


@pytest.mark.parametrize(
    "name",
    ["SocketIO", "SocketIOTestClient", "Namespace", "ConnectionRefusedError", "namespace", "test_client"],
)
def test_every_class_and_module_is_there(name: str) -> None:
    assert hasattr(flask_socketio, name)


def test_the_modules_have_their_classes() -> None:
    assert importlib.import_module("flask_socketio.namespace").Namespace is flask_socketio.Namespace
    assert importlib.import_module("flask_socketio.test_client").SocketIOTestClient is flask_socketio.SocketIOTestClient


def test_an_extension_has_its_attributes_before_and_after_init_app() -> None:
    socketio = SocketIO()
    assert [vars(socketio)[name] for name in ("server", "sockio_mw")] == [None, None]
    assert socketio.wsgi_server is None
    assert (socketio.handlers, socketio.namespace_handlers, socketio.exception_handlers) == ([], [], {})
    assert (socketio.default_exception_handler, socketio.manage_session) == (None, True)
    socketio.init_app(Flask("app"))
    assert socketio.server is not None and socketio.sockio_mw is not None
    assert socketio.server_options["client_manager"] is None
    assert vars(SocketIO.reason).keys() >= {
        "SERVER_DISCONNECT", "CLIENT_DISCONNECT", "PING_TIMEOUT", "TRANSPORT_CLOSE", "TRANSPORT_ERROR",
    }  # fmt: skip


SERVER = """
    async_mode call close_room disconnect eio emit enter_room environ get_environ get_session handlers leave_room
    manager namespace_handlers rooms save_session send session sleep start_background_task transport
"""


@pytest.mark.parametrize("name", SERVER.split())
def test_the_server_has_what_apps_call_on_it(name: str) -> None:
    assert hasattr(SocketIO(Flask("app")).server, name)
