"""The limits: how many may come, altogether and from one address."""

from __future__ import annotations

import pytest

from flask_socketio.transport.connection_limits import ConnectionLimits
from flask_socketio.transport.http import Request
from flask_socketio.transport.refusal import Cause, Refused


def request(address: str | None) -> Request:
    return Request("GET", "/", b"", [], "http", None if address is None else (address, 1234), None)


def refused(limits: ConnectionLimits, address: str | None) -> Cause | None:
    try:
        limits.admit(request(address))
    except Refused as problem:
        return problem.cause
    return None


def test_so_many_altogether() -> None:
    limits = ConnectionLimits(2, None)
    assert [refused(limits, address) for address in ("a", "b", "c")] == [None, None, Cause.FULL]
    limits.left(request("a"))
    assert refused(limits, "c") is None


def test_so_many_from_one_address() -> None:
    limits = ConnectionLimits(None, 1)
    assert [refused(limits, address) for address in ("a", "a", "b", None, None)] == [
        None, Cause.TOO_MANY, None, None, Cause.TOO_MANY,
    ]  # fmt: skip
    limits.left(request("a"))
    assert refused(limits, "a") is None


def test_nothing_is_left_of_who_left() -> None:
    limits = ConnectionLimits(10, 10)
    for _ in range(3):
        limits.admit(request("a"))
    for _ in range(3):
        limits.left(request("a"))
    assert (limits._total, dict(limits._from)) == (0, {})


def test_the_refusal_tells_of_proxies() -> None:
    limits = ConnectionLimits(None, 0)
    with pytest.raises(Refused, match=r"max_connections_per_address.*ProxyFix"):
        limits.admit(request("10.0.0.1"))
