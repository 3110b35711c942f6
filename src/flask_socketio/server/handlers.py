"""Who handles which event of which namespace."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

from .limits import Rate
from .signatures import is_async, with_optional_argument

#: Stands for every event, or every namespace, that has no handler of its own.
ANY = "*"

#: What a connection's start and end call; they are no events, so a catch-all never gets them.
CONNECT, DISCONNECT = "connect", "disconnect"


class Handler:
    """A user's function, and what has been found out about it once, at registration.

    Attributes:
        function: what was registered.
        is_async: whether calling it gives a coroutine, which runs on the loop; others run on worker threads.
        takes_event: whether it is a catch-all, which gets the name of the event as its first argument.
        rules: what is asked of its events before it is called, None for nothing.
        identity: where one like it is made now and then, what they are known by.
    """

    __slots__ = ("function", "identity", "is_async", "rules", "takes_event")

    def __init__(self, function: Callable[..., Any], *, takes_event: bool = False, rules: Rules | None = None) -> None:
        self.function = function
        self.is_async = is_async(function)
        self.takes_event = takes_event
        self.rules = rules
        self.identity: Hashable = None


class Rules(NamedTuple):
    """What is asked of an event before its handler is called: how many there may be, and what its id is (`once.py`)."""

    rate: Rate | None = None
    find_id: Callable[..., Hashable] | None = None


def _handler(event: str, function: Callable[..., Any], rules: Rules | None = None) -> Handler:
    if event in (CONNECT, DISCONNECT):
        function = with_optional_argument(function)
    return Handler(function, takes_event=event == ANY, rules=rules)


class ClassHandlers(Protocol):
    """A class-based namespace, as the registry needs it."""

    def handler_for(self, event: str) -> Callable[..., Any]:
        """The function for an event; for an event without a method, one that does nothing."""

    def rules_for(self, event: str) -> Rules | None:
        """What is asked of an event before that function is called."""

    def events(self) -> Iterable[str]:
        """The events that have a method."""


class Table:
    """The handlers of one namespace, all questions of priority already answered.

    Functions come before classes, the namespace before the catch-all namespace, the event before the catch-all event
    (Flask-SocketIO 5): (namespace, event), (namespace, *), (*, event), (*, *), class of the namespace, class of `*`.
    """

    __slots__ = ("__weakref__", "_by_event", "_fallback")

    def __init__(self) -> None:
        self.fill({}, lambda event: None)

    def fill(self, by_event: dict[str, Handler], fallback: Callable[[str], Handler | None]) -> None:
        """Answer from now on with these handlers, and for other events with what `fallback` says."""
        self._by_event = by_event
        self._fallback = fallback

    def find(self, event: str) -> Handler | None:
        """The handler for an event, None if there is none."""
        return self._by_event.get(event) or self._fallback(event)

    def lifecycle(self, event: str) -> Handler | None:
        """The handler for `connect` or `disconnect`."""
        return self._by_event.get(event)


class Handlers:
    """The registry: functions by namespace and event, classes by namespace."""

    def __init__(self) -> None:
        self._functions: dict[tuple[str, str], Handler] = {}
        self._classes: dict[str, ClassHandlers] = {}
        # As long as somebody in the namespace holds it: where any namespace is accepted, clients make names up.
        self._tables: WeakValueDictionary[str, Table] = WeakValueDictionary()

    def add(self, event: str, namespace: str, function: Callable[..., Any], rules: Rules | None = None) -> None:
        """Let `function` handle an event; the last one added for an event has it."""
        self._functions[namespace, event] = _handler(event, function, rules)
        self._refill()

    def add_class(self, namespace: str, handlers: ClassHandlers) -> None:
        """Let a class-based namespace handle what no function does."""
        self._classes[namespace] = handlers
        self._refill()

    def remove(self, event: str, namespace: str) -> None:
        """Take a function out again."""
        self._functions.pop((namespace, event), None)
        self._refill()

    def remove_class(self, namespace: str) -> None:
        """Take a class-based namespace out again."""
        self._classes.pop(namespace, None)
        self._refill()

    @property
    def functions(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """The functions by namespace and event, as they are now."""
        found: dict[str, dict[str, Callable[..., Any]]] = {}
        for (namespace, event), handler in self._functions.copy().items():
            found.setdefault(namespace, {})[event] = handler.function
        return found

    @property
    def namespaces(self) -> set[str]:
        """The namespaces that have handlers of their own."""
        return ({namespace for namespace, _ in self._functions} | set(self._classes)) - {ANY}

    def of(self, namespace: str) -> Table:
        """The handlers of one namespace, kept up to date: what is registered later is found in it, too."""
        table = self._tables.get(namespace)
        if table is None:
            table = Table()
            self._fill(table, namespace)
            self._tables[namespace] = table
        return table

    def _refill(self) -> None:
        for namespace, table in self._tables.items():
            self._fill(table, namespace)

    def _method(self, namespace: str, event: str) -> Handler:
        """The handler of an event in the class of a namespace."""
        handlers = self._classes[namespace]
        handler = _handler(event, handlers.handler_for(event), handlers.rules_for(event))
        handler.identity = (namespace, event)
        return handler

    def _fill(self, table: Table, namespace: str) -> None:
        functions, classes = self._functions, [self._classes[n] for n in (namespace, ANY) if n in self._classes]
        events = {event for ns, event in functions if ns in (namespace, ANY)} - {ANY}
        events.update(event for handlers in classes for event in handlers.events())
        events |= {CONNECT, DISCONNECT} if classes else set()
        catch_all = functions.get((namespace, ANY))
        any_catch_all = functions.get((ANY, ANY))
        by_event: dict[str, Handler] = {}
        for event in events:
            ordinary = event not in (CONNECT, DISCONNECT)
            found = (
                functions.get((namespace, event))
                or (catch_all if ordinary else None)
                or functions.get((ANY, event))
                or (any_catch_all if ordinary else None)
                or next((self._method(name, event) for name in (namespace, ANY) if name in self._classes), None)
            )
            if found is not None:
                by_event[event] = found

        def fallback(event: str) -> Handler | None:
            if catch_all or any_catch_all or not classes:
                return catch_all or any_catch_all
            return Handler(classes[0].handler_for(event))

        table.fill(by_event, fallback)
