"""What handlers find in Flask's `request`, `session`, `g` and `current_app`."""

from __future__ import annotations

import threading
from typing import Any

import flask
from flask import current_app, g, has_request_context, session, url_for

from flask_socketio import emit
from tools.comparison.catalogue import observe
from tools.comparison.world import World, request


@observe("request.event has the name and the arguments")
def event(world: World) -> None:
    world.on("go", lambda *args: world.note(request.event))
    world.joined().ask("go", 1, "two")


@observe('for a catch-all request.event says "*", and the name is the first argument')
def event_of_catch_all(world: World) -> None:
    world.on("*", lambda *args: world.note(request.event))
    world.joined().ask("go", 1)


@observe("for connect request.event has the environ and auth")
def event_of_connect(world: World) -> None:
    def connect() -> None:
        environ, auth = request.event["args"]
        world.note(request.event["message"], environ["PATH_INFO"], auth)

    world.on("connect", connect)
    world.client().join(auth={"a": 1})


@observe("request is that of the handshake")
def handshake(world: World) -> None:
    world.on("go", lambda: world.note(request.method, request.path, request.args["a"], request.headers["X-Test"]))
    world.client(query="&a=b", headers={"X-Test": "header"}).joined().ask("go")


@observe("request.cookies are those of the handshake")
def cookies(world: World) -> None:
    world.on("go", lambda: world.note(dict(request.cookies)))
    world.client(headers={"Cookie": "a=1; b=2"}).joined().ask("go")


@observe("request.remote_addr and request.host")
def address(world: World) -> None:
    world.on("go", lambda: world.note(request.remote_addr, request.host == f"127.0.0.1:{world.port}", request.scheme))
    world.joined().ask("go")


@observe("a query may have a name twice")
def query_list(world: World) -> None:
    world.on("go", lambda: world.note(request.args.getlist("a")))
    world.client(query="&a=1&a=2").joined().ask("go")


@observe("request.environ is one for the connection")
def environ(world: World) -> None:
    world.on("set", lambda: request.environ.update({"mine": "kept"}))
    world.on("get", lambda: request.environ.get("mine"))
    world.joined().ask("set").ask("get")


@observe('environ["flask.app"] is the app')
def environ_app(world: World) -> None:
    world.on("go", lambda: request.environ["flask.app"] is world.app)
    world.joined().ask("go")


@observe("current_app is the app, and knows the extension")
def app(world: World) -> None:
    world.on("go", lambda: [current_app.name, current_app.extensions["socketio"] is world.socketio])
    world.joined().ask("go")


@observe("g is another one in each event")
def fresh_g(world: World) -> None:
    def go() -> Any:
        before = g.get("mine")
        g.mine = "set"
        return before

    world.on("go", go)
    world.joined().ask("go").ask("go")


@observe("url_for works")
def urls(world: World) -> None:
    world.app.add_url_rule("/page/<name>", "page", lambda name: name)
    world.on("go", lambda: url_for("page", name="x"))
    world.joined().ask("go")


@observe("before_request and after_request do not run for events")
def before_request(world: World) -> None:
    world.app.before_request(lambda: world.note("before_request"))
    world.app.after_request(lambda response: response)
    world.on("go", lambda: None)
    world.joined().ask("go")


@observe("teardown functions run after each event")
def teardown(world: World) -> None:
    world.app.teardown_appcontext(lambda error: world.note("teardown", type(error).__name__))
    world.on("go", lambda: world.note("go"))
    world.joined().ask("go")
    world.until(2)


@observe("a background task has no request")
def background(world: World) -> None:
    def task() -> None:
        world.note(has_request_context())

    world.on("go", lambda: world.socketio.start_background_task(task).join())
    world.joined().ask("go")


@observe("copy_current_request_context takes the request into a thread")
def copied(world: World) -> None:
    def go() -> None:
        @flask.copy_current_request_context
        def task() -> None:
            world.note(request.sid, request.namespace)

        thread = threading.Thread(target=task)
        thread.start()
        thread.join()

    world.on("go", go)
    world.joined().ask("go")


def logged_in(world: World) -> dict[str, str]:
    """The headers of somebody whose session a route has set."""

    @world.app.route("/log-in")
    def log_in() -> str:
        session["user"] = "ann"
        return "welcome"

    @world.app.route("/who")
    def who() -> str:
        return str(dict(session))

    cookie = world.http("GET", "/log-in").headers["Set-Cookie"].partition(";")[0]
    return {"Cookie": cookie}


@observe("a handler sees the session that a route has set")
def session_of_route(world: World) -> None:
    headers = logged_in(world)
    world.on("go", lambda: session.get("user"))
    world.client(headers=headers).joined().ask("go")


@observe("what a handler puts into the session is there for the next event")
def session_kept(world: World) -> None:
    headers = logged_in(world)
    world.on("set", lambda value: session.update({"colour": value}))
    world.on("get", lambda: dict(session))
    world.client(headers=headers).joined().ask("set", "red").ask("get")


@observe("and for the other namespaces of the connection")
def session_shared(world: World) -> None:
    world.on("set", lambda value: session.update({"colour": value}))
    world.on("get", lambda: dict(session), "/other")
    world.joined().joined("/other").ask("set", "red").ask("get", namespace="/other")


@observe("but not for other connections, nor for routes")
def session_private(world: World) -> None:
    headers = logged_in(world)
    world.on("set", lambda value: session.update({"colour": value}))
    world.on("get", lambda: dict(session))
    world.client("A", headers=headers).joined().ask("set", "red")
    world.client("B", headers=headers).joined().ask("get")
    world.http("GET", "/who", headers=headers)


@observe("a disconnect handler sees the session still")
def session_on_disconnect(world: World) -> None:
    world.on("connect", lambda: session.update({"colour": "red"}))
    world.on("disconnect", lambda: world.note(dict(session)))
    world.leave(world.joined())


@observe("with manage_session=False a cookie session is that of the handshake, for ever", manage_session=False)
def session_unmanaged(world: World) -> None:
    headers = logged_in(world)
    world.on("set", lambda value: session.update({"colour": value}))
    world.on("get", lambda: dict(session))
    world.client(headers=headers).joined().ask("set", "red").ask("get")


@observe("with manage_session=False a session that was changed is saved", manage_session=False)
def session_saved(world: World) -> None:
    class Interface(flask.sessions.SecureCookieSessionInterface):
        def save_session(self, app: Any, session: Any, response: Any) -> None:
            if not request.path.startswith("/log"):
                world.note("saved", dict(session))

    world.app.session_interface = Interface()
    world.on("set", lambda: session.update({"colour": "red"}))
    world.on("get", lambda: session.get("colour"))
    world.joined().ask("set").ask("get").rest()


@observe("socketio.server keeps a dict for each client and namespace")
def server_session(world: World) -> None:
    server: Any = world.socketio.server

    def go() -> Any:
        with server.session(request.sid) as data:
            data["count"] = data.get("count", 0) + 1
        return server.get_session(request.sid)

    world.on("go", go)
    world.joined().ask("go").ask("go")


@observe("socketio.server tells environ and transport of a client")
def server_facts(world: World) -> None:
    server: Any = world.socketio.server
    client = world.joined()
    world.note(server.get_environ(client.sid)["PATH_INFO"], server.transport(client.sid))
    world.note(server.environ[client.open["sid"]]["PATH_INFO"])


@observe("a handler may emit with the app of the request alone")
def emit_by_extension(world: World) -> None:
    world.on("go", lambda: current_app.extensions["socketio"].emit("ev", to=request.sid))
    world.on("come", lambda: emit("ev"))
    world.joined().emit("go").take().emit("come").take()
