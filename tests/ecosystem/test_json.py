"""JSON that is the app's own: `flask.json` with its provider, other libraries, and what none of them can write."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import uuid
from types import ModuleType, SimpleNamespace
from typing import Any

import flask
import orjson
import pytest
import simplejson
from flask import Flask
from flask.json.provider import DefaultJSONProvider

from flask_socketio import SocketIO, SocketIOTestClient, emit
from tests.memory import running

NIL = uuid.UUID(int=0)
NOON = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass
class Point:
    x: int
    y: decimal.Decimal


POINT = Point(1, decimal.Decimal("2.50"))


class Unknown:
    """Nothing that any JSON could know."""


def connect(app: Flask, **options: Any) -> SocketIOTestClient:
    """A client of an app whose event `give` answers with a value, emits it and raises if it cannot."""
    socketio = SocketIO(app, **options)

    @socketio.on("give")
    def give(name: str) -> Any:
        value = VALUES[name]
        emit("given", value)
        emit("given twice", (value, [value]))
        return value

    @socketio.on("give async")
    async def give_async(name: str) -> Any:
        return give(name)

    @socketio.on("type")
    def type_of(value: Any) -> str:
        return type(value).__name__

    return socketio.test_client(app)


VALUES: dict[str, Any] = {
    "date": NOON.date(),
    "datetime": NOON,
    "decimal": decimal.Decimal("2.50"),
    "uuid": NIL,
    "dataclass": POINT,
    "nested": {"a": [POINT, {"b": NIL}]},
    "with binary": {"file": b"\x00", "at": NIL},
    "lazy": SimpleNamespace(__html__=lambda: "<b>"),
    "nothing": None,
    "unknown": {"a": [Unknown()]},
}

#: What flask.json makes of them, which is what routes answer with.
AS_FLASK: dict[str, Any] = {
    "date": "Mon, 01 Jan 2024 00:00:00 GMT",
    "datetime": "Mon, 01 Jan 2024 12:00:00 GMT",
    "decimal": "2.50",
    "uuid": str(NIL),
    "dataclass": {"x": 1, "y": "2.50"},
    "nested": {"a": [{"x": 1, "y": "2.50"}, {"b": str(NIL)}]},
    "with binary": {"file": b"\x00", "at": str(NIL)},
    "lazy": "<b>",
}


@pytest.mark.parametrize("event", ["give", "give async"])
@pytest.mark.parametrize("name", AS_FLASK)
def test_flask_json_sends_what_routes_answer_with(name: str, event: str) -> None:
    client = connect(Flask("app"), json=flask.json)
    value = AS_FLASK[name]
    assert client.emit(event, name, callback=True) == value
    assert [came["args"] for came in client.get_received()] == [[value], [value, [value]]]


class Provider(DefaultJSONProvider):
    """Tells types apart: what was a datetime here is one again in a handler."""

    @staticmethod
    def default(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return {"$at": value.timestamp()}
        return DefaultJSONProvider.default(value)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        def revive(found: dict[str, Any]) -> Any:
            at = found.get("$at")
            return found if at is None else datetime.datetime.fromtimestamp(at, datetime.timezone.utc)

        return super().loads(s, object_hook=revive, **kwargs)


@pytest.mark.parametrize("late", [False, True], ids=["before SocketIO(app)", "after it"])
def test_a_provider_of_the_apps_own(late: bool) -> None:
    class App(Flask):
        json_provider_class = DefaultJSONProvider if late else Provider

    app = App("app")
    client = connect(app, json=flask.json)
    if late:
        app.json = Provider(app)
    assert client.emit("give", "datetime", callback=True) == NOON
    assert client.emit("type", NOON, callback=True) == "datetime"
    assert client.emit("type", [NOON], callback=True) == "list"
    assert client.emit("type", {"$at": 1}, callback=True) == "datetime"


def test_two_extensions_have_each_their_json() -> None:
    """In Flask-SocketIO 5 the last one decided for the whole process."""
    first, second = connect(Flask("first"), json=flask.json), connect(Flask("second"))
    assert first.emit("give", "datetime", callback=True) == AS_FLASK["datetime"]
    with pytest.raises(TypeError, match="an object of type datetime cannot be sent"):
        second.emit("give", "datetime")


class Only:
    """No more than is asked of a module."""

    dumps = staticmethod(lambda value, **options: json.dumps(value, default=str, **options))
    loads = staticmethod(lambda text: json.loads(text, parse_float=str))


@pytest.mark.parametrize("module", [json, simplejson, orjson, Only, Only()])
def test_whatever_has_dumps_and_loads(module: ModuleType | type | object) -> None:
    client = connect(Flask("app"), json=module)
    assert client.emit("type", {"ä": [1.5, None, True]}, callback=True) == "dict"
    assert client.emit("type", b"\x00", callback=True) == "bytes"
    assert client.emit("type", 1.5, callback=True) == ("str" if isinstance(module, Only) or module is Only else "float")


def test_what_simplejson_knows_more() -> None:
    client = connect(Flask("app"), json=simplejson)
    assert client.emit("give", "decimal", callback=True) == 2.5


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (None, r"an object of type Unknown cannot be sent \(found at \[1\]\['a'\]\[0\]\)"),
        (flask.json, "Object of type Unknown is not JSON serializable"),
        (json, "Object of type Unknown is not JSON serializable"),
        (orjson, "Type is not JSON serializable: Unknown"),
    ],
)
def test_what_cannot_be_sent_is_named_where_it_is_emitted(module: Any, message: str) -> None:
    client = connect(Flask("app"), **({} if module is None else {"json": module}))
    with pytest.raises(TypeError, match=message) as raised:
        client.emit("give", "unknown")
    assert any(entry.name == "give" for entry in raised.traceback), "the line of the handler is in the traceback"
    with pytest.raises(TypeError, match=message):
        client.emit("type", VALUES["unknown"])
    assert client.emit("give", "nothing", callback=True) == []


@pytest.mark.parametrize("error", [TypeError, ValueError, AttributeError, LookupError])
def test_whatever_the_provider_raises_the_client_is_answered(error: type[Exception]) -> None:
    def fail(value: Any) -> Any:
        raise error("a secret")

    app = Flask("app")
    app.json = DefaultJSONProvider(app)
    app.json.default = fail
    socketio = SocketIO(app, json=flask.json)
    socketio.on_event("give", object)
    with running(socketio) as server:
        client = server.joined()
        client.emit("give", ack=1)
        assert str(client.next()).startswith('431[{"error":{"code":"internal_error"')
        client.emit("give", ack=2)
        assert str(client.next()).startswith("432[")


def test_an_error_handler_takes_what_cannot_be_emitted() -> None:
    app = Flask("app")
    socketio = SocketIO(app)
    socketio.on_event("give", lambda: emit("given", NOON))
    socketio.on_error()(lambda error: f"not sent: {error}")
    answer = socketio.test_client(app).emit("give", callback=True)
    assert answer == "not sent: an object of type datetime cannot be sent (found at [1])"
