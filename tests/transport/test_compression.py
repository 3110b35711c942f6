"""Which answers are compressed, and how."""

from __future__ import annotations

import gzip
import zlib

import pytest

from flask_socketio.transport.compression import compress
from flask_socketio.transport.http import Request, Response

BODY = b"4" + b"hello " * 400


def asking(accepted: str | None) -> Request:
    headers = [] if accepted is None else [(b"accept-encoding", accepted.encode())]
    return Request("GET", "/socket.io/", b"", headers, "http", None, None)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br", "gzip"),
        ("br, deflate", "deflate"),
        ("GZip", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip; q=0.000, deflate;q=0.001", "deflate"),
        ("gzip;q=1.0", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, *", "deflate"),
        ("*;q=0", None),
        ("*;q=0, deflate", "deflate"),
        ("gzip;q=0, deflate;q=0.0", None),
        ("identity", None),
        ("br", None),
        ("xgzip", None),
        ("", None),
        (None, None),
    ],
)
def test_the_client_says_what_it_takes(accepted: str | None, encoding: str | None) -> None:
    response = compress(asking(accepted), Response(200, [("X", "1")], BODY), 1024)
    headers = dict(response.headers)
    assert headers["X"] == "1" and headers.get("Content-Encoding") == encoding
    if encoding is None:
        assert response.body is BODY
    else:
        assert headers["Vary"] == "Accept-Encoding" and len(response.body) < 100
        assert (gzip.decompress if encoding == "gzip" else zlib.decompress)(response.body) == BODY


@pytest.mark.parametrize(("size", "compressed"), [(1023, False), (1024, True)])
def test_small_answers_are_not_worth_it(size: int, compressed: bool) -> None:
    response = compress(asking("gzip"), Response(200, [], b"x" * size), 1024)
    assert ("Content-Encoding", "gzip") in response.headers or not compressed
    assert (response.body[:2] == b"\x1f\x8b") is compressed


def test_no_body_stays_none_whatever_the_threshold() -> None:
    assert compress(asking("gzip"), Response(204, []), 0).body == b""
