"""Which answers are compressed, and how."""

from __future__ import annotations

import asyncio
import gzip
import random
import zlib

import pytest

from flask_socketio.transport.compression import PIECE, compress, compress_well
from flask_socketio.transport.http import Request, Response

BODY = b"4" + b"hello " * 400


def asking(accepted: str | None) -> Request:
    headers = [] if accepted is None else [(b"accept-encoding", accepted.encode())]
    return Request("GET", "/socket.io/", b"", headers, "http", None, None)


def compressed(request: Request, response: Response, threshold: int) -> Response:
    return asyncio.run(compress(request, response, threshold))


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
    response = compressed(asking(accepted), Response(200, [("X", "1")], BODY), 1024)
    headers = dict(response.headers)
    assert headers["X"] == "1" and headers.get("Content-Encoding") == encoding
    if encoding is None:
        assert response.body is BODY
    else:
        assert headers["Vary"] == "Accept-Encoding" and len(response.body) < 100
        assert (gzip.decompress if encoding == "gzip" else zlib.decompress)(response.body) == BODY


@pytest.mark.parametrize(("size", "worth_it"), [(1023, False), (1024, True)])
def test_small_answers_are_not_worth_it(size: int, worth_it: bool) -> None:
    response = compressed(asking("gzip"), Response(200, [], b"x" * size), 1024)
    assert ("Content-Encoding", "gzip") in response.headers or not worth_it
    assert (response.body[:2] == b"\x1f\x8b") is worth_it


def test_no_body_stays_none_whatever_the_threshold() -> None:
    assert compressed(asking("gzip"), Response(204, []), 0).body == b""


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE])
def test_a_large_answer_is_compressed_in_turns_of_the_loop(size: int) -> None:
    body = random.Random(1).randbytes(size // 2) + bytes(size - size // 2)

    async def scenario() -> tuple[bytes, int]:
        work = asyncio.ensure_future(compress(asking("gzip"), Response(200, [], body), 0))
        turns = 0
        while not work.done():
            await asyncio.sleep(0)
            turns += 1
        return work.result().body, turns

    result, turns = asyncio.run(scenario())
    assert gzip.decompress(result) == body
    assert turns == -(-size // PIECE)


def test_what_is_sent_often_is_compressed_as_far_as_it_goes() -> None:
    words = b" ".join(random.Random(1).choices([b"emit", b"on", b"join", b"leave", b"room", b"to"], k=50_000))
    small = compress_well(words, "gzip")
    assert gzip.decompress(small) == words
    assert len(small) < len(compressed(asking("gzip"), Response(200, [], words), 0).body)
