"""What subclasses of Flask-SocketIO 5's classes override and others look at: the ways in around every handler.

`SocketIO._handle_event` is called with each handler and what it gets; `Namespace.trigger_event` with each event of a
class-based namespace. Only where a subclass has its own, handlers are registered in a wrapper that goes through it.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .context import current_event
from .server.handlers import CONNECT, DISCONNECT, ClassHandlers, Handlers, Rules
from .server.signatures import with_optional_argument

T = TypeVar("T")


class RegisteredList(list[T]):
    """A list of what is registered; what is appended to it and removed from it is registered, or no longer.

    Args:
        entries: the list.
        add, remove: called with each entry that comes or goes.
    """

    def __init__(self, entries: Iterable[T], add: Callable[[T], object], remove: Callable[[T], object]) -> None:
        super().__init__(entries)
        self._add = add
        self._remove = remove

    def append(self, entry: T) -> None:
        """Register something."""
        super().append(entry)
        self._add(entry)

    def remove(self, entry: T) -> None:
        """Let something be registered no longer. Raises ValueError if it was not."""
        super().remove(entry)
        self._remove(entry)

    def clear(self) -> None:
        """Let nothing be registered any longer."""
        for entry in self.copy():
            self.remove(entry)


class Hooks(ABC):
    """What others override, and read, without being invited to."""

    async_mode = "threading"
    wsgi_server = None

    _handlers: Handlers
    class_namespaces: dict[str, Any]

    @property
    def handlers(self) -> list[tuple[str, Callable[..., Any], str]]:
        """Event, function and namespace of each handler that is registered; may be changed, and replaced."""
        by_namespace = self._handlers.functions.items()
        found = [(event, function, name) for name, functions in by_namespace for event, function in functions.items()]
        return RegisteredList(found, self._add, lambda entry: self._handlers.remove(entry[0], entry[2]))

    @handlers.setter
    def handlers(self, entries: Iterable[tuple[Any, ...]]) -> None:
        self.handlers.clear()
        for entry in entries:
            self._add(entry)

    def _add(self, entry: tuple[Any, ...]) -> None:
        event, function, namespace = (*entry, "/")[:3]
        self._handlers.add(event, namespace or "/", function)

    @property
    def namespace_handlers(self) -> list[Any]:
        """The class-based namespaces that are registered; may be changed, and replaced."""
        return RegisteredList(self.class_namespaces.values(), self.on_namespace, self._remove_class)

    @namespace_handlers.setter
    def namespace_handlers(self, entries: Iterable[Any]) -> None:
        self.namespace_handlers.clear()
        for entry in entries:
            self.on_namespace(entry)

    def _remove_class(self, handlers: Any) -> None:
        del self.class_namespaces[handlers.namespace]
        self._handlers.remove_class(handlers.namespace)

    @abstractmethod
    def on_namespace(self, namespace_handler: Any) -> None:
        """See `SocketIO`."""

    def _handle_event(self, handler: Callable[..., Any], message: str, namespace: str, sid: str, *args: Any) -> Any:
        """Call a handler, whose context is set up. Overridden, it may return a coroutine if `handler` does.

        Args:
            handler: the user's function.
            message: the event, `*` for a catch-all.
            namespace, sid: of the client.
            *args: for `connect` the environ and the client's auth, else the arguments of the event.
        """
        if message in (CONNECT, DISCONNECT):
            return with_optional_argument(handler)(args[-1])
        return handler(*args)


def handlers_for(socketio: Hooks) -> Handlers:
    """A registry of handlers; one that goes through `_handle_event` if that is overridden."""
    return Handlers() if type(socketio)._handle_event is Hooks._handle_event else _RoutedHandlers(socketio)


class _RoutedHandlers(Handlers):
    """Handlers that are called through `_handle_event`."""

    def __init__(self, socketio: Hooks) -> None:
        super().__init__()
        self._socketio = socketio

    def add(self, event: str, namespace: str, function: Callable[..., Any], rules: Rules | None = None) -> None:
        """See `Handlers.add`."""
        super().add(event, namespace, _routed(self._socketio, event, function), rules)

    def add_class(self, namespace: str, handlers: ClassHandlers) -> None:
        """See `Handlers.add_class`."""
        super().add_class(namespace, _RoutedClass(self._socketio, handlers))


class _RoutedClass:
    """A class-based namespace whose methods are called through `_handle_event`."""

    def __init__(self, socketio: Hooks, handlers: ClassHandlers) -> None:
        self._socketio = socketio
        self.events = handlers.events
        self.rules_for = handlers.rules_for
        self._handler_for = handlers.handler_for

    def handler_for(self, event: str) -> Callable[..., Any]:
        """See `ClassHandlers`."""
        return _routed(self._socketio, event, self._handler_for(event))


def _routed(socketio: Hooks, event: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if event in (CONNECT, DISCONNECT):
        function = with_optional_argument(function)

    def call(sid: str, *args: Any) -> Any:
        context = current_event()
        assert context is not None
        return socketio._handle_event(function, event, context.namespace, sid, *args)

    return with_sid(event, call, function)


def with_sid(event: str, function: Callable[..., Any], handler: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as the handler of an event. It gets the client's sid and, for `connect`, the environ before the rest.

    Args:
        event: which.
        function: what is called.
        handler: what it calls in the end: if that gives a coroutine, so does `function`.
    """

    def call(*args: Any) -> Any:
        context = current_event()
        assert context is not None
        if event == CONNECT:
            args = (context.handshake.environ, *args)
        return function(context.sid, *args)

    def call_with_one(argument: Any) -> Any:
        return call(argument)

    return functools.wraps(handler)(call_with_one if event in (CONNECT, DISCONNECT) else call)
