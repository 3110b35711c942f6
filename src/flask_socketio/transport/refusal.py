"""Requests that are turned down: the answer for the client, and the sentence for the log."""

from __future__ import annotations

import enum
import json

from .http import Response


class Cause(enum.Enum):
    """Why a request is refused: HTTP status, and the code and (but for the longest) text that Node's server sends."""

    UNKNOWN_TRANSPORT = (400, 0, "Transport unknown")
    UNKNOWN_SID = (400, 1, "Session ID unknown")
    UNKNOWN_SID_HERE = (
        400,
        1,
        "Session ID unknown to this worker process. There are several, and most probably this is the wrong one: "
        "run one worker, or let a proxy send all requests of a client to the same one",
    )
    BAD_METHOD = (400, 2, "Bad handshake method")
    BAD_REQUEST = (400, 3, "Bad request")
    FORBIDDEN = (403, 4, "Forbidden")
    UNSUPPORTED_VERSION = (400, 5, "Unsupported protocol version")
    TOO_LARGE = (413, 3, "Payload too large")
    TOO_MANY = (429, 3, "Too many connections from this address")
    FULL = (503, 3, "Too many connections")
    STOPPING = (503, 3, "Server shutting down")


class Refused(Exception):
    """A request is turned down.

    Args:
        cause: what the client is told.
        why: what the log says: what came, what was expected, and which line to change.
        headers: what the answer needs besides.
    """

    def __init__(self, cause: Cause, why: str, *headers: tuple[str, str]) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why
        self.headers = headers

    def response(self) -> Response:
        """The answer for the client, as Node's server words it: `{"code": 1, "message": "Session ID unknown"}`."""
        status, code, message = self.cause.value
        return Response(
            status,
            [("Content-Type", "application/json"), *self.headers],
            json.dumps({"code": code, "message": message}, separators=(",", ":")).encode(),
        )


def too_large(limit: int) -> Refused:
    """What to raise for a body that is, or will be, larger than `limit` bytes."""
    return Refused(Cause.TOO_LARGE, f"the body is larger than {limit} bytes (SocketIO(app, max_http_buffer_size=...))")
