"""The options of SocketIO."""

from __future__ import annotations

import datetime
import decimal
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import flask
import orjson
import pytest
from flask import Flask, current_app
from flask.json.provider import DefaultJSONProvider

from flask_socketio import SocketIO, settings
from flask_socketio.protocol.socketio import EVENT
from flask_socketio.transport.http import Request
from flask_socketio.transport.options import EngineOptions
from tests.memory import running


def engine_options(**options: Any) -> EngineOptions:
    return SocketIO(Flask("app"), **options).running_server.engine.options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cors_allowed_origin": "*"}, "no option 'cors_allowed_origin'; did you mean 'cors_allowed_origins'?"),
        ({"nonsense": 1}, "no option 'nonsense'; Flask-SocketIO 5 ignored it, so it can be deleted$"),
        ({"engineio_options": {}}, "engineio_options= is not supported .* can be given to SocketIO"),
        ({"max_decode_packets": 500}, "max_decode_packets= is not supported .* it can be deleted"),
        ({"client_manager": object()}, "client_manager= is not supported by this version: say message_queue="),
    ],
)
def test_an_unknown_option_is_named_with_the_nearest(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message.replace("?", r"\?")):
        SocketIO(Flask("app"), **options)
    with pytest.raises(TypeError, match=message.replace("?", r"\?")):
        SocketIO(**options)
    with pytest.raises(TypeError, match=message.replace("?", r"\?")):
        SocketIO().init_app(Flask("app"), **options)


def test_nothing_is_asked_for_by_none() -> None:
    assert SocketIO(Flask("app"), client_manager=None, engineio_options=None).server is not None


def test_a_message_queue_is_text() -> None:
    with pytest.raises(TypeError, match=r"message_queue=5: expected the URL of a Redis"):
        SocketIO(Flask("app"), message_queue=5)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "/socket.io/"),
        ({"path": "realtime"}, "/realtime/"),
        ({"path": "/a/b"}, "/a/b/"),
        ({"resource": "old"}, "/old/"),
        ({"resource": "old", "path": "new"}, "/new/"),
        ({"path": ""}, "/socket.io/"),
    ],
)
def test_path(options: dict[str, Any], path: str) -> None:
    assert engine_options(**options).path == path


def test_ping_interval_may_have_a_grace() -> None:
    options = engine_options(ping_interval=(0.3, 2))
    assert (options.ping_interval, options.ping_grace) == (0.3, 2)


@pytest.mark.parametrize("transports", [None, "websocket", ["polling"], ("polling", "websocket")])
def test_transports(transports: Any) -> None:
    expected = {None: ("polling", "websocket"), "websocket": ("websocket",)}
    wanted = expected.get(transports) if not isinstance(transports, list) else ("polling",)
    assert engine_options(transports=transports).transports == (wanted or transports)


@pytest.mark.parametrize("transports", [[], "carrier pigeon", ["polling", "smoke"]])
def test_transports_that_do_not_exist(transports: Any) -> None:
    with pytest.raises(ValueError, match="there are 'polling', 'websocket'"):
        engine_options(transports=transports)


def test_origins_by_function_with_and_without_environ() -> None:
    request = Request("GET", "/socket.io/", b"", [(b"x-test", b"1")], "http", None, None)
    for function in (lambda origin: origin == "a", lambda origin, environ: environ["HTTP_X_TEST"] == "1"):
        allows = engine_options(cors_allowed_origins=function).cors_allowed_origins
        assert callable(allows)
        assert allows("a", request) is True
    assert engine_options(cors_allowed_origins=["x"]).cors_allowed_origins == ["x"]


@pytest.mark.parametrize("serializer", ["pickle", "cbor", object])
def test_serializers_that_do_not_exist(serializer: Any) -> None:
    with pytest.raises(ValueError, match="there are 'default'"):
        SocketIO(Flask("app"), serializer=serializer)


def test_msgpack() -> None:
    socketio = SocketIO(Flask("app"), serializer="msgpack")
    socketio.on_event("go", lambda data: data)
    with running(socketio) as server:
        client = server.client()
        client.send(b"\x82\xa4type\x00\xa3nsp\xa1/")
        assert isinstance(client.next(), bytes)


class Json:
    """A module for `json=`."""

    @staticmethod
    def dumps(data: Any, **options: Any) -> str:
        assert options == {"separators": (",", ":")}
        return flask.json.dumps(data, **options).replace("plain", "dumped")

    @staticmethod
    def loads(text: str) -> Any:
        return flask.json.loads(text.replace("plain", "loaded"))


def test_json_by_a_module_of_the_users() -> None:
    socketio = SocketIO(Flask("app"), json=Json)
    socketio.on_event("go", lambda text: [text, "plain"])
    with running(socketio) as server:
        client = server.joined()
        client.emit("go", "plain", ack=1)
        assert client.next() == '431[["loaded","dumped"]]'


def test_json_that_cannot_be_told_to_be_compact() -> None:
    socketio = SocketIO(Flask("app"), json=orjson)
    socketio.on_event("go", lambda data: data)
    with running(socketio) as server:
        client = server.joined()
        client.emit("go", ["é"], ack=1)
        assert client.next() == '431[["é"]]'


@pytest.mark.parametrize("json", ["orjson", Flask, pickle.Unpickler])
def test_json_that_is_none(json: Any) -> None:
    with pytest.raises(TypeError, match=r"has no dumps\(\): expected a module or an object with dumps\(\) and loads"):
        SocketIO(Flask("app"), json=json)


def test_flask_json_without_an_app_is_flasks_own() -> None:
    encoded = settings.codec({"json": flask.json}, None).encode(EVENT, "/", ["at", datetime.date(2020, 1, 2)])
    assert encoded.text == b'42["at","Thu, 02 Jan 2020 00:00:00 GMT"]'


def test_flask_json_is_the_provider_that_the_app_has_by_then_in_its_context() -> None:
    class Provider(DefaultJSONProvider):
        @staticmethod
        def default(value: Any) -> Any:
            return f"{current_app.name}'s {type(value).__name__}"

        def loads(self, s: str | bytes, **kwargs: Any) -> Any:
            return [*super().loads(s, **kwargs), current_app.name]

    app = Flask("app")
    socketio = SocketIO(app, json=flask.json)
    socketio.on_event("go", lambda name: name)
    app.json = Provider(app)
    with running(socketio) as server:
        client = server.joined()
        socketio.emit("ev", decimal.Decimal(1))
        assert client.event() == ["ev", "app's Decimal"]
        client.emit("go", ack=1)
        assert client.next() == '431["app"]'


@pytest.mark.parametrize("mode", [None, "threading"])
def test_async_modes_that_mean_nothing_any_more(mode: str | None, caplog: pytest.LogCaptureFixture) -> None:
    SocketIO(Flask("app"), async_mode=mode)
    assert not caplog.records


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "gevent_uwsgi"])
def test_green_async_modes_are_told_that_they_are_not_needed(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    SocketIO(Flask("app"), async_mode=mode)
    assert len(caplog.records) == 1
    assert "drop the option, and the monkey patching" in caplog.text


def test_an_async_mode_that_never_was() -> None:
    with pytest.raises(ValueError, match="Invalid async_mode specified"):
        SocketIO(Flask("app"), async_mode="turbo")


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """The logger of the package, put back as it was."""
    log = logging.getLogger("flask_socketio")
    handlers, level = log.handlers[:], log.level
    yield log
    log.handlers[:], log.level = handlers, level


def test_logger_true_shows_what_happens(log: logging.Logger) -> None:
    SocketIO(Flask("app"), logger=True)
    assert log.level == logging.INFO


def test_a_logger_gets_the_records(log: logging.Logger) -> None:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    mine = logging.getLogger("mine")
    mine.setLevel(logging.DEBUG)
    mine.addHandler(Keep())
    SocketIO(Flask("app"), engineio_logger=mine)
    log.info("something")

    assert [record.getMessage() for record in records] == ["something"]


def test_a_logger_of_another_make_gets_their_text(log: logging.Logger) -> None:
    class Foreign:
        def __init__(self) -> None:
            self.lines: list[str] = []

        def info(self, text: str) -> None:
            self.lines.append(f"info {text}")

        def warning(self, text: str) -> None:
            self.lines.append(f"warning {text}")

    foreign = Foreign()
    SocketIO(Flask("app"), logger=foreign)
    log.info("something %d", 1)
    log.warning("something %d", 2)

    assert foreign.lines == ["info something 1", "warning something 2"]


def test_the_packages_own_logger_is_not_handed_to_itself(log: logging.Logger) -> None:
    for name in ("flask_socketio", "flask_socketio.http", "mine", "mine"):
        SocketIO(Flask("app"), logger=logging.getLogger(name))
    log.warning("once")

    assert [getattr(handler, "to", None) for handler in log.handlers].count(logging.getLogger("mine")) == 1
    assert logging.getLogger("flask_socketio") not in [getattr(handler, "to", None) for handler in log.handlers]
