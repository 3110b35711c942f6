"""The Set-Cookie header of a handshake."""

from __future__ import annotations

import pytest

from flask_socketio.transport.cookie import cookie_header
from flask_socketio.transport.options import Cookie


@pytest.mark.parametrize(
    ("cookie", "header"),
    [
        ("io", "io=sid1; path=/; SameSite=Lax"),
        ({"name": "io"}, "io=sid1"),
        ({"name": "io", "path": "/chat", "Max-Age": 60}, "io=sid1; path=/chat; Max-Age=60"),
        ({"name": "io", "HttpOnly": True, "Secure": False, "SameSite": "None"}, "io=sid1; HttpOnly; SameSite=None"),
        ({"name": "io", "Max-Age": lambda: 60, "Secure": lambda: True}, "io=sid1; Max-Age=60; Secure"),
    ],
)
def test_what_the_option_says_is_sent(cookie: Cookie, header: str) -> None:
    assert cookie_header(cookie, "sid1") == [("Set-Cookie", header)]


def test_there_is_no_cookie_by_default() -> None:
    assert cookie_header(None, "sid1") == []


def test_the_option_itself_is_left_as_it_is() -> None:
    cookie = {"name": "io", "path": "/"}
    assert cookie_header(cookie, "sid1") == cookie_header(cookie, "sid1")
