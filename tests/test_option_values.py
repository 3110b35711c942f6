"""Values of options: what is turned away, and what is not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO


def made(**options: Any) -> SocketIO:
    return SocketIO(Flask("app"), **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ping_interval": -1}, ValueError, "ping_interval=-1: expected more than 0 seconds"),
        ({"ping_interval": 0}, ValueError, "ping_interval=0: expected more than 0 seconds"),
        ({"ping_interval": "25"}, TypeError, "ping_interval='25': expected a number of seconds"),
        ({"ping_interval": (25, -1)}, ValueError, "ping_grace=-1: expected 0 or more seconds"),
        ({"ping_interval": (25, 1, 1)}, ValueError, "expected a number of seconds, or a pair"),
        ({"ping_timeout": math.nan}, ValueError, "ping_timeout=nan: expected more than 0 seconds"),
        ({"connect_timeout": math.inf}, ValueError, "connect_timeout=inf: expected 0 or more seconds"),
        ({"ping_timeout": True}, TypeError, "ping_timeout=True: expected a number of seconds"),
        ({"connect_timeout": -0.1}, ValueError, "connect_timeout=-0.1: expected 0 or more seconds"),
        ({"overtake_after": None}, TypeError, "overtake_after=None: expected a number of seconds"),
        ({"max_http_buffer_size": "1M"}, TypeError, "max_http_buffer_size='1M': expected a whole number"),
        ({"max_http_buffer_size": 0}, ValueError, "max_http_buffer_size=0: expected 1 or more"),
        ({"max_http_buffer_size": 1.5}, TypeError, "max_http_buffer_size=1.5: expected a whole number"),
        ({"max_threads": 0}, ValueError, "max_threads=0: expected 1 or more"),
        ({"max_threads": math.inf}, TypeError, "max_threads=inf: expected a whole number"),
        ({"max_attachments": -1}, ValueError, "max_attachments=-1: expected 0 or more"),
        ({"allow_upgrades": "False"}, TypeError, "allow_upgrades='False': expected True or False"),
        ({"async_handlers": 2}, TypeError, "async_handlers=2: expected True or False"),
        ({"logger": "DEBUG"}, TypeError, "logger='DEBUG': expected True or False"),
        (
            {"cors_allowed_origins": {"chat": "*"}},
            ValueError,
            "expected a namespace, '/chat' say, or '*' for all others",
        ),
        ({"cors_allowed_origins": {5: "*"}}, ValueError, "expected a namespace"),
        ({"cors_allowed_origins": {"/a": []}}, ValueError, "names nobody; '*' lets everybody in"),
        ({"cors_allowed_origins": {"/a": [5]}}, TypeError, "5 is no origin"),
        ({"cors_allowed_origins": True}, TypeError, "cors_allowed_origins=True: expected an origin"),
        ({"cors_allowed_origins": [5]}, TypeError, "5 is no origin"),
        ({"namespaces": 5}, TypeError, "namespaces=5: expected names"),
        ({"namespaces": ["/a", None]}, TypeError, "expected names"),
        ({"path": 5}, TypeError, "path=5: expected text"),
        ({"recovery": {"path": 5}}, TypeError, "recovery={'path': 5}: expected the path of a file, or None"),
        ({"recovery": {"path": ""}}, TypeError, "recovery={'path': ''}: expected the path of a file, or None"),
        ({"recovery": {"max_messages": "10"}}, TypeError, "max_messages='10': expected a whole number"),
        ({"recovery": {"max_disconnection_duration": 0}}, ValueError, "expected more than 0 seconds"),
        ({"recovery": {"max_sessions": 0}}, ValueError, "max_sessions=0: expected 1 or more"),
        ({"max_connections": "10"}, TypeError, "max_connections='10': expected a whole number"),
        ({"payload_warning": -1}, ValueError, "payload_warning=-1: expected 0 or more"),
    ],
)
def test_a_value_that_makes_no_sense_raises(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        made(**options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "stored"),
    [
        ("max_http_buffer_size", 1e8, 100_000_000),
        ("ping_timeout", 0.5, 0.5),
        ("compression_threshold", 0, 0),
        ("allow_upgrades", 0, False),
        ("http_compression", None, False),
        ("cors_allowed_origins", {"/a": "https://a.org/"}, {"*": None, "/a": "https://a.org"}),
        ("cors_allowed_origins", {"/a": None, "*": ["https://a.org"]}, {"/a": None, "*": ["https://a.org"]}),
        ("cors_allowed_origins", "https://a.example/", "https://a.example"),
        ("cors_allowed_origins", ("https://a.example/", "*"), ["https://a.example", "*"]),
        ("cors_allowed_origins", ["null", "capacitor://localhost", "file://", "http://[::1]:80"],
            ["null", "capacitor://localhost", "file://", "http://[::1]:80"]),
        ("cors_allowed_origins", [], []),
    ],
)  # fmt: skip
def test_a_value_that_worked_works(option: str, value: Any, stored: Any, caplog: pytest.LogCaptureFixture) -> None:
    kept = getattr(made(**{option: value}).running_server.engine.options, option)
    assert kept == stored and type(kept) is type(stored)
    assert not caplog.records


@pytest.mark.parametrize("origin", ["example.com", "https://*.example.com", "https://example.com/path", ""])
def test_an_origin_that_is_none_is_told(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    options = made(cors_allowed_origins=["https://a.example", origin]).running_server.engine.options
    assert options.cors_allowed_origins == ["https://a.example", origin]
    assert [record.getMessage() for record in caplog.records] == [
        f"cors_allowed_origins: {origin!r} is no origin, and lets nobody in: expected scheme://host[:port] as browsers "
        "send it, or a function that decides"
    ]
