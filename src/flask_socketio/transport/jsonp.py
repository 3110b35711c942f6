"""Answers to polls, also to those of JSONP clients, for which they are scripts that call back."""

from __future__ import annotations

from ..protocol import engineio
from ..protocol.errors import ProtocolError
from .http import Request, Response
from .refusal import Cause, Refused


def jsonp_index(request: Request) -> str | None:
    """The number of the callback that a JSONP client wants its answer handed to; None for other clients."""
    index = request.query.get("j")
    try:
        return None if index is None else engineio.check_jsonp_index(index)
    except ProtocolError as error:
        raise Refused(Cause.BAD_REQUEST, str(error)) from None


def payload_response(payload: bytes, jsonp: str | None) -> Response:
    """The answer that holds these packets; `jsonp` is what `jsonp_index` says."""
    headers = [("Cache-Control", "no-store")]
    if jsonp is None:
        return Response(200, [("Content-Type", "text/plain; charset=UTF-8"), *headers], payload)
    headers += [("Content-Type", "text/javascript; charset=UTF-8"), ("X-Content-Type-Options", "nosniff")]
    return Response(200, headers, engineio.jsonp_answer(jsonp, payload))
