"""The request and the answer that all hosts share."""

from __future__ import annotations

import pytest

from flask_socketio.transport.http import Request, Response


def request(query_string: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> Request:
    return Request("GET", "/socket.io/", query_string, headers or [], "http", ("127.0.0.1", 4711), ("127.0.0.1", 80))


def test_header_is_found_in_any_case() -> None:
    asked = request(headers=[(b"host", b"example.org"), (b"origin", b"https://example.org")])
    assert asked.header("Origin") == asked.header("origin") == "https://example.org"


def test_header_that_was_not_sent_is_none() -> None:
    assert request().header("Origin") is None


def test_of_a_header_sent_twice_the_first_counts() -> None:
    assert request(headers=[(b"origin", b"https://a"), (b"origin", b"https://b")]).header("Origin") == "https://a"


def test_header_with_any_byte_is_read() -> None:
    everything = bytes(range(256))
    value = request(headers=[(b"x-odd", everything)]).header("X-Odd")
    assert value is not None and value.encode("latin-1") == everything


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (b"", {}),
        (b"EIO=4&transport=polling", {"EIO": "4", "transport": "polling"}),
        (b"sid=first&sid=last", {"sid": "last"}),
        (b"t=&b64", {"t": "", "b64": ""}),
        (b"name=J%C3%B6rg+K", {"name": "Jörg K"}),
        (b"name=%ff", {"name": "\ufffd"}),
    ],
)
def test_query(sent: bytes, understood: dict[str, str]) -> None:
    assert request(sent).query == understood


def test_query_of_many_clients_is_read_once() -> None:
    assert request(b"a=1").query is request(b"a=1").query


def test_names_for_the_log() -> None:
    assert repr(request()) == "<Request GET /socket.io/>"
    assert repr(Response(400, [], b"{}")) == "<Response 400, 2 bytes>"
