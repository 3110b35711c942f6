"""What handlers call: `emit`, `call`, `send`, rooms and `disconnect`, with defaults from the event being handled.

Outside a handler there is no client to answer and no namespace to assume; then `to` or `broadcast=True`, and
`namespace`, have to be given, or the methods of `SocketIO` are the better choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flask import current_app, has_app_context, has_request_context, request

from .context import current_event
from .hub.rooms import UnknownMember

if TYPE_CHECKING:
    from .extension import SocketIO


class _Here(Protocol):
    """Where a function was called: the extension, and the client and namespace of the event, if there is one."""

    @property
    def socketio(self) -> Any: ...
    @property
    def sid(self) -> str | None: ...
    @property
    def namespace(self) -> str | None: ...


class _Outside(NamedTuple):
    """Somewhere that is no event: a route, or an application context."""

    socketio: SocketIO
    sid: str | None = None
    namespace: str | None = None


def _here(function: str) -> _Here:
    return current_event() or _outside(function)


def _outside(function: str) -> _Outside:
    if not has_app_context():
        raise RuntimeError(
            f"{function}() was called outside of a handler and of any application context, so it cannot know which "
            f"SocketIO is meant. Call the method of yours instead: socketio.{function}(...), from any thread."
        )
    socketio = current_app.extensions.get("socketio")
    if socketio is None:
        raise RuntimeError(f"{function}() needs an app with SocketIO(app) or socketio.init_app(app)")
    if has_request_context():
        return _Outside(socketio, getattr(request, "sid", None), getattr(request, "namespace", None))
    return _Outside(socketio)


#: How to say whom a function is about, where that is not its `sid`.
_WHO = {
    "emit": 'to whom: to=... or broadcast=True, and namespace="/"; or call socketio.emit(...), which needs neither.',
    "call": 'whom to ask: to=..., and namespace="/"; or call socketio.call(..., to=...).',
}


def _namespace(here: _Here, given: str | None, function: str) -> str:
    namespace = given or here.namespace
    if namespace is None:
        raise RuntimeError(
            f"{function}() was called outside of a Socket.IO handler, so there is no namespace to assume. "
            f'Say namespace="/", or call socketio.{function}(...).'
        )
    return namespace


def _client(here: _Here, given: str | None, function: str) -> str:
    sid = given or here.sid
    if sid is None:
        raise RuntimeError(
            f"{function}() was called outside of a Socket.IO handler, so there is no client to assume. "
            f"Say {_WHO.get(function, 'which one: sid=...')}"
        )
    return sid


def emit(
    event: str,
    *args: Any,
    namespace: str | None = None,
    to: Any = None,
    room: Any = None,
    broadcast: bool = False,
    include_self: bool = True,
    skip_sid: str | list[str] | None = None,
    callback: Callable[..., Any] | None = None,
    ignore_queue: bool = False,
    volatile: bool = False,
    latest: str | None = None,
    **_: Any,
) -> None:
    """Send an event from a handler: to the client that sent the one being handled, unless told otherwise.

    See `SocketIO.emit` for the arguments; in addition:

    Args:
        namespace: that of the event being handled if not given.
        to, room: without them, and without `broadcast`, the client of the event being handled.
        broadcast: to everybody in the namespace.

    Raises:
        RuntimeError: something is to be assumed from the event being handled, and there is none.
    """
    here: _Here = current_event() or _outside("emit")
    target = room if to is None else to
    if target is None and not broadcast:
        target = here.sid or _client(here, None, "emit")
    here.socketio.emit(
        event,
        *args,
        namespace=namespace or here.namespace or _namespace(here, None, "emit"),
        to=target,
        include_self=include_self,
        skip_sid=skip_sid,
        callback=callback,
        ignore_queue=ignore_queue,
        volatile=volatile,
        latest=latest,
    )


def call(
    event: str,
    *args: Any,
    namespace: str | None = None,
    to: Any = None,
    room: Any = None,
    timeout: float = 60,
    ignore_queue: bool = False,
) -> Any:
    """Ask a client: send an event and wait for its acknowledgement; in an `async def` handler, await it.

    See `SocketIO.call`; `to` and `namespace` are those of the event being handled if not given.
    """
    here = _here("call")
    return here.socketio.call(
        event,
        *args,
        namespace=_namespace(here, namespace, "call"),
        to=to or room or _client(here, None, "call"),
        timeout=timeout,
        ignore_queue=ignore_queue,
    )


def send(message: Any, json: bool = False, **kwargs: Any) -> None:
    """Send a `message` event, or a `json` event if `json` is true. The other arguments are those of `emit`."""
    emit("json" if json else "message", message, **kwargs)


def join_room(room: Any, sid: str | None = None, namespace: str | None = None) -> None:
    """Put a client, by default the one of the event being handled, into a room.

    If the one of the event has gone in the meantime, nothing happens, or with `recovery` it will be in the room when it
    is back.

    Raises:
        ValueError: the client is not in the namespace, or the room is named after another client.
        TooManyRoomsError: the client is in `max_rooms` rooms already. It is a ValueError, and an `EventError` of the
            code `too_many_rooms`, which the client gets if the handler lets it through.
    """
    here = _here("join_room")
    server = here.socketio.running_server
    try:
        server.join(_client(here, sid, "join_room"), _namespace(here, namespace, "join_room"), room)
    except UnknownMember:
        if sid is not None or namespace is not None:
            raise


def leave_room(room: Any, sid: str | None = None, namespace: str | None = None) -> None:
    """Take a client out of a room; one that is not in it is left alone."""
    here = _here("leave_room")
    server = here.socketio.running_server
    server.leave(_client(here, sid, "leave_room"), _namespace(here, namespace, "leave_room"), room)


def close_room(room: Any, namespace: str | None = None) -> None:
    """Take everybody out of a room.

    Raises:
        ValueError: the room is the one that every client has under its sid.
    """
    here = _here("close_room")
    here.socketio.close_room(room, namespace=_namespace(here, namespace, "close_room"))


def rooms(sid: str | None = None, namespace: str | None = None) -> list[Any]:
    """The rooms a client is in, among them its own, which is named by its sid."""
    here = _here("rooms")
    server = here.socketio.running_server
    found: list[Any] = server.rooms(_client(here, sid, "rooms"), _namespace(here, namespace, "rooms"))
    return found


def disconnect(sid: str | None = None, namespace: str | None = None, silent: bool = False) -> None:
    """Take a client out of a namespace. Its connection stays, for the other namespaces it is in.

    The client's disconnect handler, if it is a `def`, has run when this returns (in an `async def` handler: runs
    soon). `silent` is accepted and means nothing, as in Flask-SocketIO 5.
    """
    here = _here("disconnect")
    server = here.socketio.running_server
    server.disconnect(_client(here, sid, "disconnect"), _namespace(here, namespace, "disconnect"))
