"""The option `cookie`, from what the user writes to the header that browsers get."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.cookie_values import cookie
from flask_socketio.transport.cookie import cookie_header


@pytest.mark.parametrize(
    ("option", "header"),
    [
        ("io", "io=sid1; path=/; SameSite=Lax"),
        ({"name": "io"}, "io=sid1"),
        (
            {
                "name": "io",
                "path": "/chat",
                "domain": "a.org",
                "max-age": 60,
                "expires": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            "io=sid1; path=/chat; Domain=a.org; Max-Age=60; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
        ),
        (
            {"name": "io", "samesite": "strict", "HttpOnly": True, "secure": 1},
            "io=sid1; SameSite=Strict; HttpOnly; Secure",
        ),
        ({"name": "io", "sameSite": "None", "secure": True}, "io=sid1; SameSite=None; Secure"),
        (
            {"name": "io", "max_age": 60.0, "http_only": True, "partitioned": True},
            "io=sid1; Max-Age=60; HttpOnly; Partitioned",
        ),
        ({"name": "io", "secure": False, "domain": None, "SameSite": False}, "io=sid1"),
        ({"name": "io", "Max-Age": "60"}, "io=sid1; Max-Age=60"),
        ({"name": "io", "Max-Age": lambda: 60, "Secure": lambda: True}, "io=sid1; Max-Age=60; Secure"),
    ],
)
def test_what_browsers_get(option: Any, header: str) -> None:
    assert cookie_header(cookie(option), "sid1") == [("Set-Cookie", header)]


@pytest.mark.parametrize("option", [None, False, "", {}])
def test_none(option: Any) -> None:
    assert cookie(option) is None


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        (5, TypeError, "cookie=5: expected the cookie's name, or a dict"),
        ({"path": "/"}, ValueError, "needs its 'name' among them"),
        ("a b", ValueError, "a cookie's name is made of letters"),
        ({"name": "io; Path=/"}, ValueError, "a cookie's name is made of letters"),
        ({"name": "io", "samesit": "Lax"}, ValueError, "browsers know no such attribute; there are path, SameSite"),
        ({"name": "io", 5: "Lax"}, ValueError, "browsers know no such attribute"),
        ({"name": "io", "SameSite": "Laxx"}, ValueError, "expected 'Strict', 'Lax' or 'None'"),
        ({"name": "io", "SameSite": True}, ValueError, "expected 'Strict', 'Lax' or 'None'"),
        (
            {"name": "io", "SameSite": "None"},
            ValueError,
            "browsers drop a cookie with SameSite=None unless it is Secure",
        ),
        ({"name": "io", "Secure": "yes"}, TypeError, "expected True or False"),
        ({"name": "io", "path": "chat"}, ValueError, "a path that begins with a slash"),
        ({"name": "io", "path": "/; Domain=evil.org"}, ValueError, "would end the attribute"),
        ({"name": "io", "domain": "a.org\r\nX: y"}, ValueError, "would end the attribute"),
        ({"name": "io", "domain": 5}, TypeError, "expected text"),
        ({"name": "io", "Expires": "é€"}, ValueError, "a character that no header can hold"),
        ({"name": "io", "max-age": "an hour"}, TypeError, "expected a whole number of seconds"),
    ],
)
def test_what_is_wrong_raises_at_once(app: Flask, option: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SocketIO(app, cookie=option)
