"""The crowd: how many may come, altogether and from one address."""

from __future__ import annotations

import pytest

from flask_socketio.transport.crowd import Crowd
from flask_socketio.transport.http import Request
from flask_socketio.transport.refusal import Cause, Refused


def request(address: str | None) -> Request:
    return Request("GET", "/", b"", [], "http", None if address is None else (address, 1234), None)


def refused(crowd: Crowd, address: str | None) -> Cause | None:
    try:
        crowd.admit(request(address))
    except Refused as problem:
        return problem.cause
    return None


def test_so_many_altogether() -> None:
    crowd = Crowd(2, None)
    assert [refused(crowd, address) for address in ("a", "b", "c")] == [None, None, Cause.FULL]
    crowd.left(request("a"))
    assert refused(crowd, "c") is None


def test_so_many_from_one_address() -> None:
    crowd = Crowd(None, 1)
    assert [refused(crowd, address) for address in ("a", "a", "b", None, None)] == [
        None, Cause.TOO_MANY, None, None, Cause.TOO_MANY,
    ]  # fmt: skip
    crowd.left(request("a"))
    assert refused(crowd, "a") is None


def test_nothing_is_left_of_who_left() -> None:
    crowd = Crowd(10, 10)
    for _ in range(3):
        crowd.admit(request("a"))
    for _ in range(3):
        crowd.left(request("a"))
    assert (crowd._total, dict(crowd._from)) == (0, {})


def test_the_refusal_tells_of_proxies() -> None:
    crowd = Crowd(None, 0)
    with pytest.raises(Refused, match=r"max_connections_per_address.*ProxyFix"):
        crowd.admit(request("10.0.0.1"))
