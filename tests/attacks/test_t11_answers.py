"""T11: every request is answered or its connection closed, in bounded time, and however slowly it comes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response

from flask_socketio.hosts import transfer_pace, uvicorn_protocol
from tests.attacks.target import POLLING, WEBSOCKET, Target, Watch, Wire, attacked

KEEP = "Host: localhost\r\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "target_path", [POLLING, POLLING + "&sid=x", WEBSOCKET, "/socket.io/", "/socket.io/x", "/hello"]
)
def test_every_method_is_answered(wire: Wire, method: str, target_path: str) -> None:
    wire.send(f"{method} {target_path} HTTP/1.1\r\n{KEEP}Content-Length: 0\r\n\r\n")
    assert wire._incoming.readline().startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "headers", ["Content-Type: application/octet-stream\r\n", "Content-Type: \xff\r\n", "Expect: 100-continue\r\n", ""]
)
@pytest.mark.parametrize("body", [b"", b"4", b"\x1e", b"\xff\xff", b"b====", b"40\x1e", b"\x00" * 100])
def test_every_post_of_a_session_is_answered(wire: Wire, headers: str, body: bytes) -> None:
    sid = wire.open_polling()
    wire.send(
        f"POST {POLLING}&sid={sid} HTTP/1.1\r\n{KEEP}Content-Length: {len(body)}\r\n{headers}\r\n".encode("latin-1")
        + body
    )
    assert wire._incoming.readline().startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /socket.io/\r\n\r\n",
        b"GET /socket.io/ HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
        b"GET /socket.io/ HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_request_ends(target: Target, request_: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_protocol, "HEAD_TIMEOUT", 0.5)
    with Wire(target) as wire:
        wire.send(request_)
        wire.rest()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_pace, "PERIOD", 0.2)
    monkeypatch.setattr(transfer_pace, "LEAST", 500)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("path", ["session", "/upload"])
def test_a_body_that_comes_too_slowly_is_given_up(target: Target, path: str, log: Watch) -> None:
    with Wire(target) as wire:
        where = f"{POLLING}&sid={wire.open_polling()}" if path == "session" else path
        wire.send(f"POST {where} HTTP/1.1\r\n{KEEP}Content-Length: 100000\r\n\r\n4")
        assert wire.answer().status == 408
        assert wire.at_end()
    if path == "session":
        target.until(lambda: target.connections == 0)
    assert any("its body comes at less than" in line for line in log.lines)


@pytest.mark.usefixtures("hasty")
def test_a_body_that_is_trickled_is_given_up_too(target: Target) -> None:
    with Wire(target) as wire:
        wire.send(f"POST /upload HTTP/1.1\r\n{KEEP}Transfer-Encoding: chunked\r\n\r\n")
        target.until(lambda: _ended(wire, b"1\r\nx\r\n"))


def _ended(wire: Wire, trickle: bytes) -> bool:
    wire.try_to_send(trickle)
    wire._socket.setblocking(False)
    try:
        return wire._socket.recv(100)[:12] == b"HTTP/1.1 408"
    except BlockingIOError:
        return False
    finally:
        wire._socket.settimeout(10)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("length", ["Connection: close\r\n", ""])
def test_an_answer_that_nobody_reads_is_given_up(length: str, log: Watch) -> None:
    with attacked() as target:
        ended = []

        @target.app.route("/endless")
        def endless() -> Response:
            def pieces() -> Iterator[bytes]:
                try:
                    while True:
                        yield b"x" * 65536
                finally:
                    ended.append("ended")

            return Response(pieces())

        with Wire(target) as wire:
            wire.send(f"GET /endless HTTP/1.1\r\n{KEEP}{length}\r\n")
            target.until(lambda: ended)  # so the worker is free again
    assert any("it takes less than" in line for line in log.lines)
