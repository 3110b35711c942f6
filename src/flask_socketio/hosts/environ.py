"""A request as WSGI knows it: the environ of PEP 3333, from the `Request` that every host makes, and back.

The same environ serves Flask's own routes (through the bridge), the handshake of a Socket.IO connection and the
middlewares around `app.wsgi_app` that rewrite it, so that an app sees one `remote_addr`, scheme and host everywhere.

What a client may name is narrowed on the way, because environ keys can shadow each other:

- a header with an underscore in its name is dropped: `X_Forwarded_For` would become the key of `X-Forwarded-For`, and
  so slip past a proxy that cleans only the latter;
- `Proxy` is dropped: as `HTTP_PROXY` it is what programs started by the app take for their own configuration
  (httpoxy).

Text in an environ is bytes read as latin-1. So a path keeps every byte the client sent, and Werkzeug decodes it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import IO, Any
from urllib.parse import quote, unquote_to_bytes

from ..transport.http import Request

#: What our own servers call themselves.
SOFTWARE = "flask-socketio"

#: The schemes of a WebSocket handshake, of ASGI and of some proxies, as the HTTP request that it is.
_SCHEMES = {"ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": 80, "https": 443}

#: The two headers whose keys stand without `HTTP_`.
_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")

#: What an environ has from who was asked first and is through with the request: kept, it would keep connections.
_OF_THE_PAST = {
    "flask_socketio.probe", "gunicorn.socket", "werkzeug.request", "werkzeug.socket",
    "wsgi.early_hints", "wsgi.file_wrapper", "wsgi.input",
}  # fmt: skip


def request_from_scope(scope: Mapping[str, Any]) -> Request:
    """The `Request` in an ASGI scope of type `http` or `websocket`."""
    scheme = scope.get("scheme", "http")
    root, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    if not f"{path}/".startswith(f"{root}/"):  # some servers take the prefix away
        path = root + path
    return Request(
        scope.get("method", "GET"),  # a WebSocket scope has none
        path,
        scope.get("query_string") or b"",
        scope["headers"],
        _SCHEMES.get(scheme, scheme),
        scope.get("client"),
        scope.get("server"),
        root,
        scope.get("http_version", "1.1"),
        scope.get("raw_path") or b"",
    )


class EnvironRequest(Request):
    """A request that came as an environ.

    Attributes:
        environ: what is worth keeping of it: middlewares put into it what handlers may look for.
    """

    __slots__ = ("environ",)

    environ: dict[str, Any]


def request_from_environ(environ: Mapping[str, Any]) -> Request:
    """The `Request` in an environ, as middlewares have left it. Headers in several lines are one there, and stay it."""
    prefix = environ.get("SCRIPT_NAME", "")
    address = environ.get("REMOTE_ADDR", "")
    scheme = _SCHEMES.get(environ["wsgi.url_scheme"], environ["wsgi.url_scheme"])
    request = EnvironRequest(
        environ["REQUEST_METHOD"],
        _decode(prefix + environ.get("PATH_INFO", "")),
        environ.get("QUERY_STRING", "").encode("latin-1"),
        list(_headers(environ)),
        scheme,
        (address, _port(environ, "REMOTE_PORT") or 0) if address not in ("", "<local>") else None,
        (environ["SERVER_NAME"], _port(environ, "SERVER_PORT")),
        _decode(prefix),
        environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
    )
    request.environ = {key: value for key, value in environ.items() if key not in _OF_THE_PAST}
    request.environ["wsgi.url_scheme"] = scheme
    return request


def _port(environ: Mapping[str, Any], key: str) -> int | None:
    """A port; None on Unix domain sockets, where servers have nothing, or anything, in its place."""
    port = str(environ.get(key, ""))  # of some servers it is a number
    return int(port) if port.isdecimal() else None


def _decode(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _headers(environ: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    for key, value in environ.items():
        name = key.removeprefix("HTTP_")
        if (name != key or key in _UNPREFIXED) and value:
            yield name.replace("_", "-").lower().encode("latin-1", "replace"), value.encode("latin-1")


def build_environ(request: Request, *, body: IO[bytes] | None = None) -> dict[str, Any]:
    """The environ of a request.

    Args:
        request: the head of the request.
        body: what the app reads as `wsgi.input`; it ends where the body ends. None for no body.
    """
    if isinstance(request, EnvironRequest):
        return {**request.environ, "wsgi.input": io.BytesIO() if body is None else body}
    script_name, path_info = _split_path(request)
    query = request.query_string.decode("latin-1")
    target = (request.raw_path or quote(request.path).encode("ascii")).decode("latin-1") + (
        "?" + query if query else ""
    )
    server_name, server_port = _server(request)
    client_host, client_port = request.client or ("", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path_info,
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": server_name,
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": "HTTP/" + request.http_version,
        "SERVER_SOFTWARE": SOFTWARE,
        "REMOTE_ADDR": client_host,
        "REMOTE_PORT": str(client_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO() if body is None else body,
        "wsgi.input_terminated": True,  # reading stops at the end of the body, chunked ones too
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    _add_headers(environ, request.headers)
    return environ


def _split_path(request: Request) -> tuple[str, str]:
    """SCRIPT_NAME and PATH_INFO: the prefix at which the app is mounted, and the rest."""
    path = unquote_to_bytes(request.raw_path) if request.raw_path else request.path.encode("utf-8", "replace")
    prefix = request.root_path.rstrip("/").encode("utf-8", "replace")
    if path == prefix or path.startswith(prefix + b"/"):  # else the server has already taken the prefix away
        path = path[len(prefix) :]
    return prefix.decode("latin-1"), path.decode("latin-1")


def _server(request: Request) -> tuple[str, str]:
    """SERVER_NAME and SERVER_PORT, which PEP 3333 wants even where a Unix domain socket has neither."""
    host, port = request.server or ("localhost", None)
    if port is None:
        host, port = "localhost", _DEFAULT_PORTS.get(request.scheme, 80)
    return host, str(port)


def _add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    for name, raw in headers:
        key = _environ_key(name)
        if key is None:
            continue
        value = raw.decode("latin-1")
        if key in environ:  # a list in several lines is one list (RFC 9110, 5.3); cookies have a separator of their own
            value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value


@lru_cache(maxsize=512)  # clients send the same few dozen names
def _environ_key(name: bytes) -> str | None:
    """The environ key of a header, None for one that is dropped."""
    if b"_" in name or name == b"proxy":
        return None
    key = name.upper().decode("latin-1").replace("-", "_")  # bytes, of which only ASCII has upper case
    return key if key in _UNPREFIXED else "HTTP_" + key
