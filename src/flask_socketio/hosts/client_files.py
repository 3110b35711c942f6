"""The official browser client, served beside the Socket.IO path, as Node's server does."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ..transport.http import Request, Response

#: Where the build puts the files of the npm package `socket.io-client`.
FOLDER = Path(__file__).parent.parent / "client"

_TYPES = {".js": "text/javascript; charset=utf-8", ".map": "application/json"}
_HELP = (
    "The browser client is not part of this installation: npm was not there when it was built. Install npm and install "
    "flask-socketio again, or load the client from your own files: it is dist/{name} of the npm package "
    "socket.io-client.\n"
)


def find(name: str, request: Request) -> Response | None:
    """The answer to a request for a client file, say `socket.io.js`; None if no such file belongs to the client."""
    suffix = Path(name).suffix
    if not name.startswith("socket.io") or suffix not in _TYPES or "/" in name or request.method not in ("GET", "HEAD"):
        return None
    content = _read(name)
    if content is None:
        return Response(404, [("Content-Type", "text/plain; charset=utf-8")], _HELP.format(name=name).encode())
    body, etag = content
    headers = [("ETag", etag), ("Cache-Control", "public, max-age=0"), ("X-Content-Type-Options", "nosniff")]
    if etag in (request.header("if-none-match") or ""):
        return Response(304, headers)
    return Response(200, [("Content-Type", _TYPES[suffix]), *headers], body)


@lru_cache(maxsize=16)
def _read(name: str) -> tuple[bytes, str] | None:
    """A file and its ETag. The names asked for are not all of ours, so the cache is bounded."""
    path = FOLDER / name
    if not path.is_file():
        return None
    body = path.read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
