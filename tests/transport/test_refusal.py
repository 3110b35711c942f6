"""What refused clients are told."""

from __future__ import annotations

import json

import pytest

from flask_socketio.transport.refusal import Cause, Refused


@pytest.mark.parametrize(
    ("cause", "status", "code", "message"),
    [  # the first six are those of Node's server, word for word
        (Cause.UNKNOWN_TRANSPORT, 400, 0, "Transport unknown"),
        (Cause.UNKNOWN_SID, 400, 1, "Session ID unknown"),
        (Cause.BAD_METHOD, 400, 2, "Bad handshake method"),
        (Cause.BAD_REQUEST, 400, 3, "Bad request"),
        (Cause.FORBIDDEN, 403, 4, "Forbidden"),
        (Cause.UNSUPPORTED_VERSION, 400, 5, "Unsupported protocol version"),
        (Cause.TOO_LARGE, 413, 3, "Payload too large"),
        (Cause.STOPPING, 503, 3, "Server shutting down"),
    ],
)
def test_answer(cause: Cause, status: int, code: int, message: str) -> None:
    response = Refused(cause, "for the log").response()
    assert response.status == status
    assert response.headers == [("Content-Type", "application/json")]
    assert json.loads(response.body) == {"code": code, "message": message}


def test_every_cause_has_an_answer_and_none_tells_the_client_why() -> None:
    for cause in Cause:
        refused = Refused(cause, "got a secret")
        assert str(refused) == refused.why == "got a secret"
        assert b"secret" not in refused.response().body


def test_answer_may_need_further_headers() -> None:
    response = Refused(Cause.BAD_REQUEST, "for the log", ("Sec-WebSocket-Version", "13")).response()
    assert response.headers == [("Content-Type", "application/json"), ("Sec-WebSocket-Version", "13")]
