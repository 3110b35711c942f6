"""The registry of handlers, and its order of precedence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_socketio.server.handlers import Handlers


def answering(text: str) -> Callable[..., str]:
    return lambda *args: text


class Class:
    """A class-based namespace with one method, for `ev`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def events(self) -> list[str]:
        return ["ev"]

    def handler_for(self, event: str) -> Callable[..., Any]:
        return answering(f"{self.name} {event}")

    def rules_for(self, event: str) -> None:
        return None


#: From the first to the last that is asked (Flask-SocketIO 5).
PRECEDENCE = [("/", "ev"), ("/", "*"), ("*", "ev"), ("*", "*")]


def found(handlers: Handlers, namespace: str, event: str) -> Any:
    handler = handlers.of(namespace).find(event)
    return None if handler is None else handler.function()


@pytest.mark.parametrize("first", range(len(PRECEDENCE)))
def test_precedence_of_functions_over_each_other_and_over_classes(first: int) -> None:
    handlers = Handlers()
    handlers.add_class("/", Class("class"))
    for namespace, event in PRECEDENCE[first:]:
        handlers.add(event, namespace, answering(f"{namespace} {event}"))

    assert found(handlers, "/", "ev") == " ".join(PRECEDENCE[first])


def test_the_class_of_a_namespace_comes_before_the_class_of_all() -> None:
    handlers = Handlers()
    handlers.add_class("*", Class("all"))
    assert found(handlers, "/x", "ev") == "all ev"

    handlers.add_class("/x", Class("own"))
    assert found(handlers, "/x", "ev") == "own ev"
    assert found(handlers, "/x", "unknown") == "own unknown"
    assert found(handlers, "/y", "unknown") == "all unknown"


def test_a_function_beats_the_class_for_its_event_only() -> None:
    handlers = Handlers()
    handlers.add_class("/", Class("class"))
    handlers.add("other", "/", answering("function"))

    assert found(handlers, "/", "other") == "function"
    assert found(handlers, "/", "ev") == "class ev"


def test_no_handler_at_all() -> None:
    handlers = Handlers()
    handlers.add("ev", "/a", answering("a"))

    assert handlers.of("/").find("ev") is None
    assert handlers.of("/a").find("unknown") is None


def test_catch_all_takes_the_event_but_neither_connect_nor_disconnect() -> None:
    handlers = Handlers()
    handlers.add("*", "/", answering("any"))

    handler = handlers.of("/").find("whatever")

    assert handler is not None
    assert handler.takes_event
    assert handlers.of("/").lifecycle("connect") is None
    assert handlers.of("/").lifecycle("disconnect") is None


def test_connect_of_all_namespaces_serves_one_that_has_none() -> None:
    handlers = Handlers()
    handlers.add("connect", "*", answering("any"))
    handlers.add("connect", "/a", answering("own"))

    assert [handlers.of(name).lifecycle("connect").function("auth") for name in ("/", "/a")] == ["any", "own"]  # type: ignore[union-attr]


def test_the_last_one_registered_has_the_event_also_after_it_was_looked_up() -> None:
    handlers = Handlers()
    handlers.add("ev", "/", answering("first"))
    assert found(handlers, "/", "ev") == "first"

    handlers.add("ev", "/", answering("second"))
    assert found(handlers, "/", "ev") == "second"


def test_events_that_clients_make_up_are_not_kept() -> None:
    handlers = Handlers()
    handlers.add("*", "/", answering("any"))
    handlers.add_class("/c", Class("class"))
    table, class_table = handlers.of("/"), handlers.of("/c")

    for number in range(1_000):
        table.find(f"event {number}")
        class_table.find(f"event {number}")

    assert len(table._by_event) == 0
    assert set(class_table._by_event) == {"ev", "connect", "disconnect"}


def test_namespaces_with_handlers_of_their_own() -> None:
    handlers = Handlers()
    handlers.add("ev", "/a", answering("a"))
    handlers.add("ev", "*", answering("any"))
    handlers.add_class("/b", Class("b"))

    assert handlers.namespaces == {"/a", "/b"}


def test_what_is_removed_is_asked_no_more() -> None:
    handlers = Handlers()
    handlers.add("ev", "/", answering("function"))
    handlers.add_class("/", Class("class"))
    table = handlers.of("/")
    handlers.remove("ev", "/")
    handler = table.find("ev")
    assert handler is not None and handler.function() == "class ev"
    handlers.remove_class("/")
    assert table.find("ev") is None
    assert handlers.namespaces == set()
