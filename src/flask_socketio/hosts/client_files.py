"""The official browser client, served beside the Socket.IO path, as Node's server does."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from ..transport.compression import choose, compress_well, encoded
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
    path = FOLDER / name
    if not name.startswith("socket.io") or path.suffix not in _TYPES or request.method not in ("GET", "HEAD"):
        return None
    if path.name != name:
        return None  # it would lie in another folder
    if not os.path.isfile(path):  # `Path.is_file` raises for names that are too long
        return Response(404, [("Content-Type", "text/plain; charset=utf-8")], _HELP.format(name=name).encode())
    body, etag = _read(path)
    headers = [("ETag", etag), ("Cache-Control", "public, max-age=0"), ("X-Content-Type-Options", "nosniff")]
    if etag in (request.header("if-none-match") or ""):
        return Response(304, headers)
    response = Response(200, [("Content-Type", _TYPES[path.suffix]), *headers], body)
    encoding = choose(request)
    return response if encoding is None else encoded(response, encoding, _compressed(path, encoding))


# Kept for good: the files are few, and names that are none of theirs do not come here.


@cache
def _read(path: Path) -> tuple[bytes, str]:
    """A file and its ETag."""
    body = path.read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@cache
def _compressed(path: Path, encoding: str) -> bytes:
    """A file as most browsers take it: this is what costs, at each page, so it is done once."""
    return compress_well(_read(path)[0], encoding)
