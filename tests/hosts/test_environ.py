"""The environ of PEP 3333, from a request."""

from __future__ import annotations

import io
from typing import Any
from wsgiref.validate import check_environ  # type: ignore[attr-defined] # typeshed leaves it out

import pytest
from werkzeug.wrappers import Request as WerkzeugRequest

from flask_socketio.hosts.environ import build_environ, request_from_environ, request_from_scope
from flask_socketio.transport.http import Request


def request(**changes: Any) -> Request:
    asked = Request("GET", "/chat", b"room=1", [], "http", ("192.0.2.7", 4711), ("127.0.0.1", 8000))
    for name, value in changes.items():
        setattr(asked, name, value)
    return asked


def environ(*headers: tuple[bytes, bytes], **changes: Any) -> dict[str, Any]:
    return build_environ(request(headers=list(headers), **changes))


def test_is_what_the_standard_asks_for() -> None:
    check_environ(environ((b"host", b"example.org"), (b"content-length", b"0")))


def test_request_line_and_addresses() -> None:
    made = environ()
    assert made["REQUEST_METHOD"] == "GET"
    assert made["PATH_INFO"] == "/chat"
    assert made["QUERY_STRING"] == "room=1"
    assert made["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert (made["REMOTE_ADDR"], made["REMOTE_PORT"]) == ("192.0.2.7", "4711")
    assert (made["SERVER_NAME"], made["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert made["wsgi.url_scheme"] == "http"
    assert made["wsgi.multithread"] is True
    assert made["wsgi.input_terminated"] is True


def test_unix_domain_socket_has_no_addresses() -> None:
    made = environ(client=None, server=("/run/app.sock", None), scheme="https")
    assert (made["REMOTE_ADDR"], made["REMOTE_PORT"]) == ("", "")
    assert (made["SERVER_NAME"], made["SERVER_PORT"]) == ("localhost", "443")
    check_environ(made)


def test_body_is_the_input() -> None:
    body = io.BytesIO(b"hello")
    assert build_environ(request(), body=body)["wsgi.input"] is body
    assert build_environ(request())["wsgi.input"].read() == b""


@pytest.mark.parametrize(
    ("changes", "script_name", "path_info"),
    [
        ({"path": "/"}, "", "/"),
        ({"path": "/app/chat", "root_path": "/app"}, "/app", "/chat"),
        ({"path": "/app/chat", "root_path": "/app/"}, "/app", "/chat"),
        ({"path": "/app", "root_path": "/app"}, "/app", ""),
        ({"path": "/apple", "root_path": "/app"}, "/app", "/apple"),  # a server that took the prefix away itself
        ({"path": "/a b", "raw_path": b"/a%20b"}, "", "/a b"),
        ({"path": "/é", "raw_path": b"/%C3%A9"}, "", "/Ã©"),
        ({"path": "/é"}, "", "/Ã©"),
        ({"path": "/\ufffd", "raw_path": b"/%ff"}, "", "/ÿ"),
        ({"path": "//evil/x", "raw_path": b"//evil/x"}, "", "//evil/x"),
    ],
)
def test_path(changes: dict[str, Any], script_name: str, path_info: str) -> None:
    made = environ(**changes)
    assert (made["SCRIPT_NAME"], made["PATH_INFO"]) == (script_name, path_info)


def test_werkzeug_decodes_the_path() -> None:
    asked = WerkzeugRequest(environ((b"host", b"example.org"), path="/app/café", root_path="/app"))
    assert asked.path == "/café"
    assert asked.url == "http://example.org/app/café?room=1"


def test_target_as_it_was_sent() -> None:
    made = environ(path="/a b", raw_path=b"/a%20b", query_string=b"c=%20")
    assert made["REQUEST_URI"] == made["RAW_URI"] == "/a%20b?c=%20"
    assert environ(path="/é", query_string=b"")["RAW_URI"] == "/%C3%A9"


def test_headers() -> None:
    made = environ((b"host", b"example.org"), (b"content-type", b"text/plain"), (b"content-length", b"5"))
    assert made["HTTP_HOST"] == "example.org"
    assert made["CONTENT_TYPE"] == "text/plain"
    assert made["CONTENT_LENGTH"] == "5"
    assert "HTTP_CONTENT_TYPE" not in made


def test_header_sent_twice_is_one_list() -> None:
    assert environ((b"accept", b"a"), (b"accept", b"b"))["HTTP_ACCEPT"] == "a,b"


def test_cookies_sent_apart_are_joined_as_cookies() -> None:
    assert environ((b"cookie", b"a=1"), (b"cookie", b"b=2"))["HTTP_COOKIE"] == "a=1; b=2"


def test_underscore_cannot_shadow_a_header_with_a_hyphen() -> None:
    made = environ((b"x_forwarded_for", b"6.6.6.6"), (b"x-forwarded-for", b"192.0.2.7"), (b"content_length", b"9"))
    assert made["HTTP_X_FORWARDED_FOR"] == "192.0.2.7"
    assert "CONTENT_LENGTH" not in made


def test_proxy_is_dropped() -> None:
    assert "HTTP_PROXY" not in environ((b"proxy", b"http://evil"))


def test_value_with_any_byte_is_kept() -> None:
    everything = bytes(range(32, 256))
    assert environ((b"x-odd", everything))["HTTP_X_ODD"].encode("latin-1") == everything


SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/app/chat",
    "raw_path": b"/app/chat",
    "query_string": b"room=1",
    "headers": [(b"host", b"example.org")],
    "scheme": "https",
    "client": ("192.0.2.7", 4711),
    "server": ("127.0.0.1", 8000),
    "root_path": "/app",
    "http_version": "1.0",
}


def test_request_from_an_http_scope() -> None:
    asked = request_from_scope(SCOPE)
    for name in Request.__slots__:
        if name in SCOPE:
            assert getattr(asked, name) == SCOPE[name]


def test_request_from_the_least_that_a_scope_may_be() -> None:
    asked = request_from_scope({"type": "http", "method": "GET", "path": "/", "raw_path": None, "headers": []})
    assert (asked.scheme, asked.client, asked.server, asked.root_path, asked.raw_path) == ("http", None, None, "", b"")
    check_environ(build_environ(asked))


@pytest.mark.parametrize(("scheme", "as_http"), [("ws", "http"), ("wss", "https")])
def test_websocket_scope_is_the_request_that_it_was(scheme: str, as_http: str) -> None:
    asked = request_from_scope({"type": "websocket", "path": "/", "headers": [], "scheme": scheme})
    assert (asked.method, asked.scheme) == ("GET", as_http)


@pytest.mark.parametrize("path", ["/app/socket.io/", "/socket.io/"])  # some servers take the prefix away
@pytest.mark.parametrize("root_path", ["/app", "/app/"])
def test_the_path_of_a_request_starts_with_its_prefix(path: str, root_path: str) -> None:
    asked = request_from_scope({**SCOPE, "path": path, "raw_path": path.encode(), "root_path": root_path})
    assert (asked.path, asked.root_path) == ("/app/socket.io/", "/app")
    made = build_environ(asked)
    assert (made["SCRIPT_NAME"], made["PATH_INFO"]) == ("/app", "/socket.io/")


def test_a_path_may_begin_like_the_prefix_without_being_below_it() -> None:
    assert request_from_scope({**SCOPE, "path": "/apples", "root_path": "/app"}).path == "/app/apples"


# And back


def test_a_request_of_an_environ_says_the_same() -> None:
    made = environ((b"host", b"example.org"), (b"content-type", b"text/plain"), root_path="/app", path="/app/chät")
    back = request_from_environ(made)
    assert (back.method, back.path, back.root_path, back.query_string) == ("GET", "/app/chät", "/app", b"room=1")
    assert (back.client, back.server) == (("192.0.2.7", 4711), ("127.0.0.1", 8000))
    assert (back.scheme, back.http_version) == ("http", "1.1")
    assert sorted(back.headers) == [(b"content-type", b"text/plain"), (b"host", b"example.org")]


def test_an_environ_comes_back_with_what_middlewares_put_into_it() -> None:
    kept = build_environ(request_from_environ(environ() | {"REMOTE_USER": "alice"}))
    check_environ(kept)
    assert kept["REMOTE_USER"] == "alice"
    assert kept["wsgi.input"].read() == b""


def test_a_header_with_any_byte_in_its_name_comes_through() -> None:
    """In upper case, the letter after B4 is a Greek one."""
    again = request_from_environ(environ((b"x-\xb5", b"1")))
    assert (b"x-\xb5", b"1") in again.headers
    assert request_from_environ({**environ(), "HTTP_X_\u039c": "1"}).headers[-1] == (b"x-?", b"1")


def test_the_connection_of_the_server_is_not_kept() -> None:
    kept = build_environ(request_from_environ(environ() | {"werkzeug.socket": "theirs", "gunicorn.socket": "theirs"}))
    assert "theirs" not in kept.values()


def test_a_websocket_has_the_scheme_of_http_though_a_proxy_says_otherwise() -> None:
    back = request_from_environ(environ() | {"wsgi.url_scheme": "wss"})
    assert (back.scheme, build_environ(back)["wsgi.url_scheme"]) == ("https", "https")


@pytest.mark.parametrize("address", ["", "<local>"])
def test_a_unix_domain_socket_in_an_environ_has_no_addresses(address: str) -> None:
    back = request_from_environ(environ() | {"REMOTE_ADDR": address, "REMOTE_PORT": 0, "SERVER_PORT": "t"})
    assert back.client is None
    assert back.server == ("127.0.0.1", None)
