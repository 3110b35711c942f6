"""Class-based namespaces: a class whose `on_...` methods are the handlers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from . import settings
from .hooks import with_sid
from .server.handlers import CONNECT, DISCONNECT, Rules
from .server.once import FindId
from .server.signatures import is_async, with_optional_argument

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .compat import Facade

F = TypeVar("F", bound=Callable[..., Any])

_PREFIX = "on_"
#: Where a method has what `event_rules` says of it.
_RULES = "_socketio_rules"


def event_rules(*, rate_limit: str | None = None, once: str | FindId | None = None) -> Callable[[F], F]:
    """Decorator for a method of a `Namespace`: what `SocketIO.on` takes as `rate_limit` and `once`.

    A function for `once` gets the arguments of the event, without `self`.

    Raises:
        ValueError, TypeError: in the call of the decorator, if they make no sense; ValueError for the methods
            `on_connect` and `on_disconnect`.
    """
    rules = settings.rules(rate_limit, once)

    def decorator(method: F) -> F:
        settings.check_rules(method.__name__.removeprefix(_PREFIX), rules)
        setattr(method, _RULES, rules)
        return method

    return decorator


class Namespace:
    """Handlers of one namespace as methods of one object; register it with `SocketIO.on_namespace`.

    A method `on_chat` handles the event `chat`, with the arguments of the event; `on_connect` and `on_disconnect` may
    take `auth` and `reason`, or nothing. A method `error(self, exception)`, if there is one, gets the exceptions that
    no `on_error` handler of `SocketIO` takes, and those that such a handler raises; what it returns is acknowledged in
    the handler's place.

    Args:
        namespace: its name; `"*"` for all namespaces that have no handlers of their own.
    """

    #: The `SocketIO` it is registered with (whose module imports this one, so the type stays open).
    socketio: Any

    def __init__(self, namespace: str | None = None) -> None:
        self.namespace = namespace or "/"

    @property
    def server(self) -> Facade | None:
        """`SocketIO.server`, None before `init_app`."""
        server: Facade | None = self.socketio.server
        return server

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Call the method for an event. Override it to see or change what happens with every event.

        Args:
            event: its name, also `connect` and `disconnect`.
            *args: the client's sid, then for `connect` the environ and the client's auth, else what the method gets.
        """
        return self._method(event)(*args[2 if event == CONNECT else 1 :])

    def _method(self, event: str) -> Callable[..., Any]:
        method = getattr(self, _PREFIX + event, None)
        if method is None:
            return _nothing
        return with_optional_argument(method) if event in (CONNECT, DISCONNECT) else method

    # What the registry of handlers asks (server.handlers.ClassHandlers)

    def events(self) -> Iterable[str]:
        """The events that have a method."""
        return [name[len(_PREFIX) :] for name in dir(self) if name.startswith(_PREFIX)]

    def handler_for(self, event: str) -> Callable[..., Any]:
        """The method for an event, or `trigger_event` with the event if a subclass has its own."""
        method = self._method(event)
        if type(self).trigger_event is Namespace.trigger_event:
            return method
        trigger = functools.partial(self.trigger_event, event)
        return with_sid(event, trigger, self.trigger_event if is_async(self.trigger_event) else method)

    def rules_for(self, event: str) -> Rules | None:
        """What `event_rules` says of the method for an event."""
        rules: Rules | None = getattr(getattr(self, _PREFIX + event, None), _RULES, None)
        return rules

    # What handlers call

    def emit(
        self,
        event: str,
        data: Any = None,
        room: Any = None,
        include_self: bool = True,
        namespace: str | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None:
        """Send an event to a room, or without one to everybody in the namespace (not, as `emit()` does, to one)."""
        self.socketio.emit(
            event, data, namespace=namespace or self.namespace, to=room, include_self=include_self, callback=callback
        )

    def send(
        self,
        data: Any,
        room: Any = None,
        include_self: bool = True,
        namespace: str | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None:
        """Send a `message` event, as `emit` does."""
        self.emit("message", data, room, include_self, namespace, callback)

    def call(
        self, event: str, data: Any = None, to: Any = None, sid: str | None = None,
        namespace: str | None = None, timeout: float = 60, ignore_queue: bool = False,
    ) -> Any:  # fmt: skip
        """Send an event to one client and wait for its acknowledgement; see `SocketIO.call`."""
        return self.socketio.call(
            event,
            data,
            namespace=namespace or self.namespace,
            to=to or sid,
            timeout=timeout,
            ignore_queue=ignore_queue,
        )

    def enter_room(self, sid: str, room: Any, namespace: str | None = None) -> None:
        """Put a client into a room."""
        self.socketio.running_server.join(sid, namespace or self.namespace, room)

    def leave_room(self, sid: str, room: Any, namespace: str | None = None) -> None:
        """Take a client out of a room."""
        self.socketio.running_server.leave(sid, namespace or self.namespace, room)

    def close_room(self, room: Any, namespace: str | None = None) -> None:
        """Take everybody out of a room."""
        self.socketio.close_room(room, namespace or self.namespace)

    def rooms(self, sid: str, namespace: str | None = None) -> list[Any]:
        """The rooms a client is in."""
        rooms: list[Any] = self.socketio.running_server.rooms(sid, namespace or self.namespace)
        return rooms

    def disconnect(self, sid: str, namespace: str | None = None) -> None:
        """Take a client out of the namespace."""
        self.socketio.running_server.disconnect(sid, namespace or self.namespace)

    def get_session(self, sid: str, namespace: str | None = None) -> dict[str, Any]:
        """A dict that belongs to a client in the namespace. Raises KeyError for an unknown client."""
        session: dict[str, Any] = self.socketio.server.get_session(sid, namespace or self.namespace)
        return session

    def save_session(self, sid: str, session: dict[str, Any], namespace: str | None = None) -> None:
        """Give a client another dict."""
        self.socketio.server.save_session(sid, session, namespace or self.namespace)

    def session(self, sid: str, namespace: str | None = None) -> AbstractContextManager[dict[str, Any]]:
        """The client's dict in a `with` statement, saved at its end."""
        session: AbstractContextManager[dict[str, Any]] = self.socketio.server.session(sid, namespace or self.namespace)
        return session

    def is_asyncio_based(self) -> bool:
        """False, as in Flask-SocketIO 5: its methods need no `await`."""
        return False


def _nothing(*args: Any) -> None:
    """What handles an event for which the class has no method."""
