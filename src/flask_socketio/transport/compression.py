"""Compression of answers to HTTP requests, as the client's Accept-Encoding allows.

It happens on the loop, like everything that is made for one client. So it is done as `protocol/deflate.py` does it for
messages, with little effort, and a large answer is compressed piece by piece: in between it is the turn of others.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator

from ..protocol.deflate import LEVEL, window
from .http import Request, Response

#: zlib's way to ask for a gzip head, and not for its own, which HTTP calls deflate.
_GZIP_HEAD = 16

#: Bytes that are compressed in one turn of the loop: some three milliseconds.
PIECE = 65536


async def compress(request: Request, response: Response, threshold: int) -> Response:
    """`response` with its body compressed by gzip or deflate, if the client takes one and there are enough bytes."""
    if not response.body or len(response.body) < threshold:
        return response
    encoding = choose(request)
    if encoding is None:
        return response
    pieces = _compress(response.body, encoding, LEVEL)
    compressed = [next(pieces)]
    for piece in pieces:
        await asyncio.sleep(0)
        compressed.append(piece)
    return encoded(response, encoding, b"".join(compressed))


def compress_well(body: bytes, encoding: str) -> bytes:
    """The smallest form of what is to be sent again and again."""
    return b"".join(_compress(body, encoding, zlib.Z_BEST_COMPRESSION))


def encoded(response: Response, encoding: str, body: bytes) -> Response:
    """The same answer, whose body is in this encoding now."""
    headers = [*response.headers, ("Content-Encoding", encoding), ("Vary", "Accept-Encoding")]
    return Response(response.status, headers, body)


def choose(request: Request) -> str | None:
    """The first of gzip and deflate that a client's Accept-Encoding does not rule out (RFC 9110, 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in (request.header("accept-encoding") or "").lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "").rstrip("0.") != "q="
    for encoding in ("gzip", "deflate"):
        if weights.get(encoding, weights.get("*", False)):
            return encoding
    return None


def _compress(body: bytes, encoding: str, level: int) -> Iterator[bytes]:
    """What becomes of a body, piece by piece."""
    head = _GZIP_HEAD if encoding == "gzip" else 0
    compressor = zlib.compressobj(level, zlib.DEFLATED, head + window(len(body)))
    for start in range(0, len(body), PIECE):
        piece = compressor.compress(memoryview(body)[start : start + PIECE])
        yield piece if start + PIECE < len(body) else piece + compressor.flush()
