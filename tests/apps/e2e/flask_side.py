"""What handlers have of Flask: context, session, routes beside them, teardown, error handlers."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, request, session, url_for

from flask_socketio import emit, join_room
from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()
app.config["GREETING"] = "hello"


@app.get("/login/<name>")
def login(name: str) -> str:
    """Put something into the session, and so into a cookie."""
    session["name"] = name
    return "welcome"


@app.get("/whoami")
def whoami() -> dict[str, Any]:
    """What HTTP sees of the session."""
    return dict(session)


@app.post("/announce/<room>")
def announce(room: str) -> str:
    """Emit from a route."""
    socketio.emit("news", request.get_json(), to=room)
    emit("news", "and from the function", to=room, namespace="/")
    return url_for("announce", room=room)


@app.get("/fail")
def fail() -> str:
    """Raise."""
    raise LookupError("a secret of the route")


@app.get("/teapot")
def teapot() -> str:
    """Refuse."""
    abort(418)


@socketio.on("join")
def join(room: str) -> None:
    """Hear what is announced."""
    join_room(room)


@socketio.on("context")
def context(first: int) -> dict[str, Any]:
    """What the context variables hold."""
    g.setdefault("count", 0)
    g.count += 1
    assert isinstance(current_app, Flask)
    return {
        "app": current_app.name,
        "greeting": current_app.config["GREETING"],
        "count": g.count,
        "path": request.path,
        "query": request.args["q"],
        "agent": request.headers["User-Agent"],
        "sid": request.sid,  # type: ignore[attr-defined]
        "namespace": request.namespace,  # type: ignore[attr-defined]
        "event": request.event,  # type: ignore[attr-defined]
        "url": url_for("whoami"),
        "address": request.remote_addr,
        "extension": app.extensions["socketio"] is socketio,
    }


@socketio.on("context", namespace="/async")
async def context_async(first: int) -> dict[str, Any]:
    """The same in a coroutine."""
    return context(first)


@socketio.on("remember")
@socketio.on("remember", namespace="/async")
def remember(key: str, value: Any) -> None:
    """Change the session."""
    session[key] = value


@socketio.on("session")
@socketio.on("session", namespace="/async")
async def get_session() -> dict[str, Any]:
    """What handlers see of the session."""
    return dict(session)


@socketio.on("raise")
@socketio.on("raise", namespace="/answered")
@socketio.on("raise", namespace="/reraised")
def raise_error(*args: Any) -> None:
    """Fail."""
    raise LookupError("a secret of the handler")


@socketio.on("raise async")
async def raise_error_async(*args: Any) -> None:
    """Fail on the loop."""
    raise LookupError("a secret of the coroutine")


@socketio.on("return what cannot be sent")
def return_what_cannot_be_sent() -> object:
    """Fail after the handler."""
    return object()


@socketio.on_error("/answered")
def answer_for_it(error: Exception) -> str:
    """The acknowledgement in place of the handler's."""
    tell("on_error", request.event["message"])  # type: ignore[attr-defined]
    return f"sorry: {error}"


@socketio.on_error("/reraised")
def make_it_worse(error: Exception) -> None:
    """An error handler that fails, too."""
    raise RuntimeError("worse") from error


@socketio.on("be torn down")
@socketio.on("be torn down", namespace="/async")
def be_torn_down(fail: bool) -> None:
    """Let the teardown functions tell about this event."""
    g.about = request.sid  # type: ignore[attr-defined]
    if fail:
        raise LookupError("a secret of the handler")


@app.teardown_request
def teardown_request(error: BaseException | None) -> None:
    """The first of the two kinds."""
    if "about" in g:
        tell(g.about, "request", repr(error))


@app.teardown_appcontext
def teardown_app(error: BaseException | None) -> None:
    """The second."""
    if "about" in g:
        tell(g.about, "app", repr(error))


if __name__ == "__main__":
    run(app, socketio)
