"""Texts about what a peer sent: safe for a log and short, whatever it was."""

from __future__ import annotations

import pytest

from flask_socketio.protocol.errors import ProtocolError, excerpt, hint
from flask_socketio.protocol.websocket import WebSocketError


def test_every_protocol_error_can_be_caught_as_one() -> None:
    assert issubclass(WebSocketError, ProtocolError)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("42[", "'42['"),
        ("a\r\nb\x1b[31m", r"'a\r\nb\x1b[31m'"),  # no line of its own in a log, no colours in a terminal
        ("\ud800", r"'\ud800'"),  # can be written to any file
        (b"\x00", r"b'\x00'"),
        (True, "True"),
        (None, "None"),
        (1.5, "1.5"),
        pytest.param(10**5000, "int", id="big"),  # whose digits Python refuses to print
        ({"password": "x"}, "dict"),
    ],
)
def test_excerpt_shows_what_a_log_line_can_bear(value: object, shown: str) -> None:
    assert excerpt(value) == shown


def test_excerpt_of_something_long_is_cut_and_says_so() -> None:
    assert excerpt("x" * 1_000_000, 3) == "'xxx'... (1000000 long)"
    assert excerpt("x" * 3, 3) == "'xxx'"


@pytest.mark.parametrize(
    ("secret", "shown"), [("abcdefgh", "'ab'..."), ("\x1b" * 8, "'\\x1b\\x1b'..."), ("abc", "''...")]
)
def test_hint_gives_no_secret_away(secret: str, shown: str) -> None:
    assert hint(secret) == shown
