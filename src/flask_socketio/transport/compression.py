"""Compression of answers to polls, as the client's Accept-Encoding allows."""

from __future__ import annotations

import zlib

from .http import Request, Response

#: zlib's name for a stream with a gzip head; without it the head is zlib's own, which HTTP calls deflate.
_GZIP_HEAD = 16 + zlib.MAX_WBITS


def compress(request: Request, response: Response, threshold: int) -> Response:
    """`response` with its body compressed by gzip or deflate, if the client takes one and there are enough bytes."""
    if not response.body or len(response.body) < threshold:
        return response
    encoding = _choose(request.header("accept-encoding") or "")
    if encoding is None:
        return response
    compressor = zlib.compressobj(wbits=_GZIP_HEAD if encoding == "gzip" else zlib.MAX_WBITS)
    body = compressor.compress(response.body) + compressor.flush()
    return Response(
        response.status, [*response.headers, ("Content-Encoding", encoding), ("Vary", "Accept-Encoding")], body
    )


def _choose(accepted: str) -> str | None:
    """The first of gzip and deflate that an Accept-Encoding header does not rule out (RFC 9110, 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "").rstrip("0.") != "q="
    for encoding in ("gzip", "deflate"):
        if weights.get(encoding, weights.get("*", False)):
            return encoding
    return None
