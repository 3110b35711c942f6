"""T13: headers that are many, large, or hold what belongs into none; and answers that repeat some of it."""

from __future__ import annotations

import pytest

from tests.attacks.target import POLLING, WEBSOCKET, Wire, attacked
from tests.hosts.native_serving import HANDSHAKE


@pytest.mark.parametrize("many", ["X-{}: y\r\n", "X{}:\r\n", "Cookie: a{}=b\r\n"])
def test_ten_thousand_headers_are_refused(wire: Wire, many: str) -> None:
    wire.send(f"GET {POLLING} HTTP/1.1\r\nHost: localhost\r\n")
    wire.try_to_send("".join(many.format(number) for number in range(10_000)).encode())
    assert wire.answer().status == 431


@pytest.mark.parametrize("header", ["X: {}", "{}: x", "Host: {}", "Cookie: {}", "Sec-WebSocket-Protocol: {}"])
def test_a_large_header_is_refused(wire: Wire, header: str) -> None:
    wire.send(f"GET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}")
    wire.try_to_send(header.format("x" * 100_000).encode() + b"\r\n\r\n")
    assert wire.answer().status == 431


@pytest.mark.parametrize("value", ["a\x00b", "a\rb", "a\nb", "\x01", "a\x0bb", "\x7f", "\r", "a\n\tb"])
@pytest.mark.parametrize(
    "head", [f"GET {POLLING} HTTP/1.1\r\nHost: localhost\r\n", f"GET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}"]
)
def test_control_bytes_make_no_header(wire: Wire, head: str, value: str) -> None:
    wire.send(f"{head}X-Odd: {value}\r\n\r\n")
    status = wire.answer().status
    assert status in (400, 101, 200)


@pytest.mark.parametrize(
    "name", ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Cookie", "User-Agent", "Accept-Encoding"]
)
@pytest.mark.parametrize("value", ["\x80\xff", "\x85", "\xe9, \xfc", "a" * 3_000 + "\xff", ",,,,", "=;=;"])
def test_bytes_that_are_no_text_open_the_websocket_all_the_same(wire: Wire, name: str, value: str) -> None:
    wire.open_websocket(headers=f"{name}: {value}\r\n")
    wire.say("40")
    assert wire.hear().startswith("40{")


def test_a_protocol_that_nobody_speaks_is_not_agreed_to(wire: Wire) -> None:
    answer = wire.ask_websocket(WEBSOCKET, HANDSHAKE + "Sec-WebSocket-Protocol: chat, soap\r\n")
    assert answer.status == 101 and "Sec-WebSocket-Protocol" not in answer.headers


@pytest.mark.parametrize(
    "odd", ["\x0bSet-Cookie: a=b", "\x85Set-Cookie: a=b", "\x1cSet-Cookie: a=b", "\xe2\x80\xa8Set-Cookie: a=b"]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_an_answer_that_repeats_a_header_stays_one_answer(method: str, odd: str) -> None:
    with attacked(cors_allowed_origins="*") as target, Wire(target) as wire:
        wire.send(
            f"{method} {POLLING} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: http://a.org{odd}\r\n"
            f"Access-Control-Request-Headers: x{odd}\r\n\r\n"
        )
        answer = wire.rest()
        assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204", b"HTTP/1.1 400"))
        assert b"\nSet-Cookie" not in answer and b"\rSet-Cookie" not in answer
