"""Which origins may connect (the matrix of test class T1), and what browsers are told."""

from __future__ import annotations

import pytest

from flask_socketio.transport.http import Request
from flask_socketio.transport.options import AllowedByPart, AllowedOrigins
from flask_socketio.transport.origin import OriginPolicy


def asking(origin: str | None, method: str = "GET", scheme: str = "http", **headers: str) -> Request:
    headers = {"host": "example.org", **headers}
    if origin is not None:
        headers["origin"] = origin
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(method, "/socket.io/", b"", raw, scheme, None, None)


def allowed(option: AllowedOrigins | AllowedByPart, request: Request) -> bool:
    return OriginPolicy(option, credentials=True).problem(request, request) is None


def by_function(origin: str, request: Request) -> bool:
    return origin == "https://a.org" and request.header("host") == "example.org"


LISTED = ["https://a.org", "https://b.org:8080"]


@pytest.mark.parametrize(
    ("option", "origin", "may"),
    [
        (None, "http://example.org", True),  # same origin
        (None, "https://example.org", True),  # a proxy may have ended its TLS
        (None, "https://example.org:443", False),  # browsers do not write it
        (None, "http://example.org:8080", False),  # another port
        (None, "http://evil.example.org", False),
        (None, "http://example.org.evil.org", False),
        (None, "http://evil.org", False),
        (None, "null", False),
        (None, "", False),
        (None, "*", False),
        (None, None, True),  # no browser
        ("https://a.org", "https://a.org", True),
        ("https://a.org", "http://a.org", False),
        ("https://a.org", "https://a.org.evil.org", False),
        ("https://a.org", "http://example.org", False),  # a list replaces the own origin
        (LISTED, "https://a.org", True),
        (LISTED, "https://b.org:8080", True),
        (LISTED, "https://b.org", False),
        (LISTED, "null", False),
        (LISTED, None, True),
        (["null"], "null", True),
        ("*", "http://evil.org", True),
        ("*", "null", True),
        (["https://a.org", "*"], "http://evil.org", True),
        ([], "http://evil.org", True),  # nothing is checked
        ([], "null", True),
        (by_function, "https://a.org", True),
        (by_function, "http://example.org", False),
        (by_function, "null", False),
        (by_function, None, True),
        ({"/a": LISTED, "*": None}, "https://a.org", True),  # allowed somewhere
        ({"/a": LISTED, "*": None}, "http://example.org", True),
        ({"/a": LISTED, "*": None}, "http://evil.org", False),
        ({"/a": by_function, "*": LISTED}, "https://a.org", True),
        ({"/a": by_function, "*": "https://c.org"}, "https://a.org", True),
        ({"/a": by_function, "*": LISTED}, "http://evil.org", False),
        ({"/a": by_function, "*": "*"}, "http://evil.org", True),
    ],
)
def test_who_may_connect(option: AllowedOrigins | AllowedByPart, origin: str | None, may: bool) -> None:
    assert allowed(option, asking(origin)) is may


@pytest.mark.parametrize("origin", ["https://shop.org", "http://shop.org"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_host": "shop.org"},
        {"x_forwarded_proto": "https", "x_forwarded_host": "shop.org"},
        {"forwarded": "for=1.2.3.4; host=shop.org; proto=https"},
        {"x_host": "shop.org", "x_original_host": "shop.org"},
    ],
)
def test_headers_that_anybody_may_send_are_not_believed(origin: str, headers: dict[str, str]) -> None:
    assert not allowed(None, asking(origin, **headers))


@pytest.mark.parametrize(
    ("origin", "may"), [("https://shop.org", True), ("http://shop.org", False), ("http://example.org", False)]
)
def test_own_origin_is_that_of_the_handshake(origin: str, may: bool) -> None:
    handshake = asking(None, scheme="https", host="shop.org")  # as ProxyFix has left it
    later = asking(origin)
    assert (OriginPolicy(None, credentials=True).problem(later, handshake) is None) is may
    by_host = OriginPolicy(lambda origin, request: request.header("host") == "shop.org", credentials=True)
    assert by_host.problem(later, handshake) is None


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "may"),
    [
        ("http", "example.org:80", "http://example.org", True),
        ("https", "example.org:443", "https://example.org", True),
        ("http", "example.org:443", "http://example.org", False),
        ("https", "example.org", "http://example.org", False),
        ("https", "[::1]:443", "https://[::1]", True),
        ("http", "localhost:5000", "http://localhost:5000", True),
        ("http", "localhost:5000", "http://localhost", False),
    ],
)
def test_own_origin_has_no_default_port(scheme: str, host: str, origin: str, may: bool) -> None:
    assert allowed(None, asking(origin, scheme=scheme, host=host)) is may


@pytest.mark.parametrize(
    ("option", "site", "may"),
    [
        (None, "cross-site", False),  # what a page of any site can do: <script src="...&j=0">
        (None, "same-site", False),
        (None, "same-origin", True),
        (None, "none", True),  # typed into the address bar
        (LISTED, "cross-site", False),
        ("*", "cross-site", True),
        ([], "cross-site", True),
        (by_function, "cross-site", False),
    ],
)
def test_request_without_origin_that_a_browser_says_comes_from_elsewhere(
    option: AllowedOrigins, site: str, may: bool
) -> None:
    assert allowed(option, asking(None, sec_fetch_site=site)) is may


def test_what_the_log_says_names_the_line_to_change() -> None:
    asked = asking("https://a.org")
    problem = OriginPolicy(None, credentials=True).problem(asked, asked)
    assert problem == (
        "got the origin 'https://a.org', expected 'http://example.org', 'https://example.org'; "
        "if it is yours: SocketIO(app, cors_allowed_origins=['https://a.org'])"
    )


def test_what_the_log_says_of_an_option_for_each_namespace() -> None:
    evil = asking("http://evil.org")
    assert OriginPolicy({"/a": ["https://a.org"], "*": "https://b.org"}).problem(evil, evil) == (
        "got the origin 'http://evil.org', expected 'https://a.org', 'https://b.org'; "
        "if it is yours: SocketIO(app, cors_allowed_origins={'*': ['http://evil.org']})"
    )
    problem = OriginPolicy(["https://a.org"], part="/a").problem(evil, evil)
    assert problem is not None and problem.endswith("cors_allowed_origins={'/a': ['http://evil.org']})")


def test_what_the_log_says_behind_a_proxy() -> None:
    asked = asking("https://a.org", x_forwarded_host="a.org")
    problem = OriginPolicy(None, credentials=True).problem(asked, asked)
    assert problem is not None and problem.endswith("ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)")


def test_what_the_log_says_of_a_function() -> None:
    asked = asking("https://c.org")
    problem = OriginPolicy(by_function, credentials=True).problem(asked, asked)
    assert problem == "cors_allowed_origins() does not accept 'https://c.org'"


def test_log_is_safe_from_what_a_client_sends() -> None:
    asked = asking("x\ny" * 1000, host="h\x1b" * 1000)
    problem = OriginPolicy(None, credentials=True).problem(asked, asked)
    assert problem is not None and "\n" not in problem and "\x1b" not in problem and len(problem) < 1000


# What browsers are told


def test_page_of_an_allowed_origin_may_read_the_answer() -> None:
    headers = OriginPolicy("*", credentials=True).headers(asking("https://a.org"))
    assert headers == [
        ("Access-Control-Allow-Origin", "https://a.org"),  # not *, which browsers refuse together with cookies
        ("Vary", "Origin"),
        ("Access-Control-Allow-Credentials", "true"),
    ]


def test_cookies_may_be_kept_out() -> None:
    headers = OriginPolicy("*", credentials=False).headers(asking("https://a.org"))
    assert "Access-Control-Allow-Credentials" not in dict(headers)


def test_preflight_is_told_methods_and_the_headers_it_asks_for() -> None:
    asked = asking("https://a.org", "OPTIONS", access_control_request_headers="x-token, content-type")
    headers = dict(OriginPolicy(LISTED, credentials=True).headers(asked))
    assert headers["Access-Control-Allow-Methods"] == "OPTIONS, GET, POST"
    assert headers["Access-Control-Allow-Headers"] == "x-token, content-type"


@pytest.mark.parametrize(("option", "origin"), [(None, None), ("*", None), ([], "https://a.org")])
def test_nothing_is_told_without_an_origin_or_a_check(option: AllowedOrigins, origin: str | None) -> None:
    assert OriginPolicy(option, credentials=True).headers(asking(origin)) == []
