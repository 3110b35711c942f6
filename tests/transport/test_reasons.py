"""The reasons, as users' handlers see them."""

from __future__ import annotations

from flask_socketio.transport.reasons import Reason


def test_the_texts_are_those_of_flask_socketio_5() -> None:
    assert {reason.name: reason.value for reason in Reason} == {
        "SERVER_DISCONNECT": "server disconnect",
        "CLIENT_DISCONNECT": "client disconnect",
        "PING_TIMEOUT": "ping timeout",
        "TRANSPORT_CLOSE": "transport close",
        "TRANSPORT_ERROR": "transport error",
        "PARSE_ERROR": "parse error",
        "SERVER_SHUTTING_DOWN": "server shutting down",
    }


def test_a_reason_is_its_text() -> None:
    reason: str = Reason.PING_TIMEOUT  # as a handler gets it
    assert reason == "ping timeout"
    assert f"{reason}" == str(reason) == "ping timeout"
