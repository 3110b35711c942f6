"""HTTP as the transports see it: what was asked, and the whole answer.

Every host (uvicorn, another ASGI server, a WSGI worker) turns what it has into a `Request`, so that long polling, the
origin check and the handshake are written once. No web framework and no server is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import parse_qsl


class Request:
    """The head of an HTTP request; its body, if it has one, travels apart from it.

    Args:
        method: as sent, `GET`, `POST`, ...
        path: percent-decoded, without the query; starts with `root_path` where the app is mounted below a prefix.
        query_string: as sent, without the question mark.
        headers: in the order they came, names in lower case, one entry for each line.
        scheme: `http` or `https`; a WebSocket handshake has these too.
        client: address and port of the peer, None where the socket has none (Unix domain).
        server: address and port (None for a Unix domain socket) that the peer reached.
        root_path: the prefix at which the app is mounted, `""` at the root.
        http_version: `1.0`, `1.1` or `2`.
        raw_path: the path as sent, still percent-encoded; empty where the host does not tell.

    Attributes:
        upgradable: whether the host could make a WebSocket of the client's connection; set by the host.
    """

    __slots__ = (
        "client",
        "headers",
        "http_version",
        "method",
        "path",
        "query_string",
        "raw_path",
        "root_path",
        "scheme",
        "server",
        "upgradable",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query_string: bytes,
        headers: list[tuple[bytes, bytes]],
        scheme: str,
        client: tuple[str, int] | None,
        server: tuple[str, int | None] | None,
        root_path: str = "",
        http_version: str = "1.1",
        raw_path: bytes = b"",
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = headers
        self.scheme = scheme
        self.client = client
        self.server = server
        self.root_path = root_path
        self.http_version = http_version
        self.raw_path = raw_path
        self.upgradable = True

    def header(self, name: str) -> str | None:
        """The value of the first header called `name` (any case), None without one. Read as latin-1, so never fails."""
        wanted = name.lower().encode("latin-1")
        for key, value in self.headers:
            if key == wanted:
                return value.decode("latin-1")
        return None

    @property
    def address(self) -> str:
        """Where it comes from, for the log."""
        return address_of(self.client)

    @property
    def query(self) -> Mapping[str, str]:
        """The fields of the query string. Of fields with one name the last wins; bad UTF-8 becomes U+FFFD."""
        return _fields(self.query_string)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"


def address_of(client: tuple[str, int] | None) -> str:
    """What the log calls a peer: its address without the port."""
    return client[0] if client else "a local socket"


@lru_cache(maxsize=512)  # every client comes with the same one, and polls with its own
def _fields(query_string: bytes) -> Mapping[str, str]:
    return MappingProxyType(dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)))


class Response:
    """A whole answer: the status code, the headers but `Content-Length`, which the host adds, and the body.

    `headers` may hold one name several times (`Set-Cookie`).
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def to_bytes(self) -> bytes:
        """The answer as HTTP/1.1 writes it, the last one on its connection."""
        headers = [*self.headers, ("Connection", "close")]
        if self.has_body:
            headers.append(("Content-Length", str(len(self.body))))
        head = f"HTTP/1.1 {self.status_line}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
        return head.encode("latin-1") + b"\r\n" + self.body

    @property
    def status_line(self) -> str:
        """Code and phrase, as in `404 Not Found`."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    @property
    def has_body(self) -> bool:
        """Whether an answer with this status has a body, be it empty, and so a length."""
        return self.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"
