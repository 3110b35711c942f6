"""What the native host makes of requests, over real sockets.

Heads and bodies at their limits, WebSocket handshakes, and clients that go away in the middle.
"""

from __future__ import annotations

import contextlib
import json
import logging
import weakref
from asyncio import Transport
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from werkzeug.wrappers import Request, Response

from flask_socketio.hosts import uvicorn_protocol
from flask_socketio.hosts.uvicorn_protocol import NativeProtocol
from tests.hosts.native_serving import HANDSHAKE, PATIENCE, Service, Wire, serving
from tests.transport.websocket_peer import client_frame

POLLING = "/engine.io/?EIO=4&transport=polling"
WEBSOCKET = "/engine.io/?EIO=4&transport=websocket"
LIMIT = 100_000  # bytes of a body or message


@Request.application
def other_routes(request: Request) -> Response:
    """All paths but the engine's."""
    return Response(f"{request.path} {len(request.get_data())}")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(other_routes, path="/engine.io/", max_http_buffer_size=LIMIT) as service:
        yield service


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    with Wire(service) as wire:
        yield wire


@pytest.fixture(autouse=True)
def _nothing_fails(service: Service, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO, "flask_socketio")
    yield
    service.settle()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def opened(wire: Wire) -> str:
    """The sid of a session that is opened by polling."""
    answer = wire.ask("GET", POLLING)
    assert answer.status == 200
    sid: str = json.loads(answer.body[1:])["sid"]
    return sid


# Heads ---------------------------------------------------------------------------------------------------------------


def cookie(kilobytes: int) -> str:
    return f"Cookie: big={'x' * 1024 * kilobytes}\r\n"


@pytest.mark.parametrize("kilobytes", [3, 12])
def test_large_cookie_is_served(wire: Wire, kilobytes: int) -> None:
    assert wire.ask("GET", "/hello", headers=cookie(kilobytes)).body == b"/hello 0"
    assert wire.ask("GET", POLLING, headers=cookie(kilobytes)).body.startswith(b'0{"sid"')
    assert wire.ask_websocket(WEBSOCKET, HANDSHAKE + cookie(kilobytes)).status == 101
    first, payload = wire.frame()
    assert first == 0x81 and payload.startswith(b'0{"sid"')


@pytest.mark.parametrize(
    "request_line",
    ["GET /hello HTTP/1.1\r\n", f"GET {POLLING} HTTP/1.1\r\n", f"GET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}"],
)
def test_cookie_that_is_too_large_is_refused_and_said_to_be(
    wire: Wire, request_line: str, caplog: pytest.LogCaptureFixture
) -> None:
    wire.send(f"{request_line}{cookie(20)}\r\n")
    answer = wire.answer()
    assert answer.status == 431
    assert b"larger than 16384 bytes" in answer.body and b"cookies" in answer.body
    assert answer.headers["connection"] == "close" and wire.at_end()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "head is larger than 16384 bytes" in caplog.text


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        ("GET /", "x"),  # an address without end
        ("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ", "x"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n", "X: y\r\n"),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", "x"),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "X: y\r\n"),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", "x"),
    ],
)
def test_head_without_end_is_refused_while_it_comes_in(wire: Wire, begin: str, more: str) -> None:
    wire.send(begin)
    piece = more * (1000 // len(more))
    with contextlib.suppress(ConnectionError):
        for _ in range(40):
            wire.send(piece)
    assert wire.answer().status == 431


def test_client_that_goes_on_sending_still_gets_its_refusal(wire: Wire) -> None:
    with contextlib.suppress(ConnectionError):
        wire.send("GET /hello HTTP/1.1\r\nCookie: " + "x" * 3_000_000)
    assert wire.answer().status == 431
    assert wire.at_end()


def test_many_requests_on_one_connection_are_not_one_large_head(wire: Wire) -> None:
    for _ in range(10):
        assert wire.ask("GET", "/hello", headers=cookie(3)).status == 200
        assert wire.ask("POST", "/hello", b"x" * 20_000).body == b"/hello 20000"


def test_long_upload_in_small_chunks_is_no_large_head(wire: Wire) -> None:
    wire.send("POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(50):
        wire.send("1\r\na\r\n" * 1000)
    wire.send("0\r\n\r\n")
    assert wire.answer().body == b"/hello 50000"


@pytest.mark.parametrize("begin", ["", "GET /hel", "GET /hello HTTP/1.1\r\nHost: loc"])
def test_time_for_a_head_is_bounded(service: Service, monkeypatch: pytest.MonkeyPatch, begin: str) -> None:
    monkeypatch.setattr(uvicorn_protocol, "HEAD_TIMEOUT", 0.05)
    with Wire(service) as wire:
        wire.send(begin)
        assert wire.at_end()


def test_time_for_the_head_of_a_later_request_is_bounded(
    service: Service, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wire.ask("GET", "/hello").status == 200
    monkeypatch.setattr(uvicorn_protocol, "HEAD_TIMEOUT", 0.05)
    wire.send("GET /hel")
    assert wire.at_end()


def test_time_for_a_head_is_over_with_the_head(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_protocol, "HEAD_TIMEOUT", 0.5)
    with ExitStack() as stack:
        wire = stack.enter_context(Wire(service))
        sid = opened(wire)
        talking = stack.enter_context(Wire(service))
        assert talking.ask_websocket(WEBSOCKET).status == 101
        talking.frame()
        wire.send(f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n4he")
        silent = stack.enter_context(Wire(service))
        assert silent.at_end()  # so the time is up
        talking.send(client_frame(1, b"4hello"))
        assert talking.frame() == (0x81, b"4hello")
        wire.send("llo")
        assert wire.answer().body == b"ok"


# Bodies --------------------------------------------------------------------------------------------------------------


def test_body_at_the_limit_is_taken(wire: Wire) -> None:
    sid = opened(wire)
    assert wire.ask("POST", f"{POLLING}&sid={sid}", b"4" + b"x" * (LIMIT - 1)).body == b"ok"


def test_body_over_the_limit_is_refused_by_its_length_before_it_comes(service: Service, wire: Wire) -> None:
    sid = opened(wire)
    wire.send(f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LIMIT + 1}\r\n\r\n")
    answer = wire.answer()
    assert (answer.status, json.loads(answer.body)["message"]) == (413, "Payload too large")
    assert service.clients[sid].ended.wait(PATIENCE)


def test_body_over_the_limit_is_not_even_asked_for(wire: Wire) -> None:
    sid = opened(wire)
    wire.send(
        f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n"
    )
    assert wire.answer().status == 413


def test_body_over_the_limit_is_refused_though_its_length_is_not_told(wire: Wire) -> None:
    sid = opened(wire)
    wire.send(f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.send("f000\r\n4" + "x" * 0xEFFF + "\r\n")
    wire.send("f000\r\n" + "x" * 0xF000 + "\r\n")  # and no end of it
    assert wire.answer().status == 413


def test_body_in_chunks_is_taken(wire: Wire) -> None:
    sid = opened(wire)
    wire.send(f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.send("3\r\n4he\r\n3\r\nllo\r\n0\r\n\r\n")
    assert wire.answer().body == b"ok"
    assert wire.ask("GET", f"{POLLING}&sid={sid}").body == b"4hello"


# Clients that go away ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["close", "reset"])
def test_poll_that_is_given_up_ends_the_session(service: Service, wire: Wire, way: str) -> None:
    with Wire(service) as polling:
        sid = opened(polling)
        polling.send(f"GET {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        service.settle()
        if way == "reset":
            polling.reset()
    assert service.clients[sid].ended.wait(PATIENCE)
    assert service.clients[sid].reason == "transport error"
    assert wire.ask("GET", f"{POLLING}&sid={sid}").status == 400


def test_post_that_breaks_off_ends_the_session(service: Service) -> None:
    with Wire(service) as posting:
        sid = opened(posting)
        posting.send(f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n4half")
        service.settle()
    assert service.clients[sid].ended.wait(PATIENCE)
    assert service.clients[sid].reason == "transport error"


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("transport", ["polling", "websocket", "upgrade"])
def test_client_may_vanish_at_any_byte(service: Service, wire: Wire, transport: str, way: str) -> None:
    sid = opened(wire)
    target = {"polling": POLLING, "websocket": WEBSOCKET, "upgrade": f"{WEBSOCKET}&sid={sid}"}[transport]
    conversation = f"GET {target} HTTP/1.1\r\n{HANDSHAKE}\r\n".encode()
    conversation += client_frame(1, b"2probe") + client_frame(1, b"5") + client_frame(1, b"4hello")
    if transport == "polling":
        conversation = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for cut in range(1, len(conversation), 3):
        with Wire(service) as vanishing:
            vanishing.send(conversation[:cut])
            if way == "reset":
                vanishing.reset()
    service.settle()
    assert wire.ask("GET", "/hello").status == 200


# WebSocket handshakes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, Upgrade", "upgrade,keep-alive"])
def test_handshake_as_browsers_send_it(wire: Wire, connection: str) -> None:
    headers = HANDSHAKE.replace("Connection: Upgrade", f"Connection: {connection}")
    answer = wire.ask_websocket(WEBSOCKET, headers)
    assert answer.status == 101
    assert answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert wire.frame()[1].startswith(b'0{"sid"')
    wire.send(client_frame(1, b"4hello") + client_frame(2, b"\x01\x02"))
    assert wire.frame() == (0x81, b"4hello")
    assert wire.frame() == (0x82, b"\x01\x02")


@pytest.mark.parametrize("wanted", [True, False])
def test_compression_is_agreed_on_where_it_is_wanted(wanted: bool) -> None:
    offer = f"{HANDSHAKE}Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    with serving(other_routes, path="/engine.io/", websocket_compression=wanted) as service, Wire(service) as wire:
        assert ("sec-websocket-extensions" in wire.ask_websocket(WEBSOCKET, offer).headers) is wanted
        assert wire.frame()[0] == 0x81
        wire.send(client_frame(1, b"4" * 2000))
        assert wire.frame()[0] == (0xC1 if wanted else 0x81)


def test_open_websocket_keeps_nothing_of_its_http_request(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[NativeProtocol]] = []

    def connection_made(protocol: NativeProtocol, transport: Transport) -> None:
        made.append(weakref.ref(protocol))
        HttpToolsProtocol.connection_made(protocol, transport)

    monkeypatch.setattr(NativeProtocol, "connection_made", connection_made)
    with Wire(service) as wire:
        wire.ask_websocket(WEBSOCKET)
        wire.frame()
        service.settle()

        assert [protocol() for protocol in made] == [None]


def test_upgrade_over_the_wire(service: Service, wire: Wire) -> None:
    sid = opened(wire)
    with Wire(service) as upgrading:
        assert upgrading.ask_websocket(f"{WEBSOCKET}&sid={sid}").status == 101
        upgrading.send(client_frame(1, b"2probe"))
        assert upgrading.frame() == (0x81, b"3probe")
        assert wire.ask("GET", f"{POLLING}&sid={sid}").body == b"6"
        upgrading.send(client_frame(1, b"5") + client_frame(1, b"4hello"))
        assert upgrading.frame() == (0x81, b"4hello")
        with Wire(service) as second:
            assert second.ask_websocket(f"{WEBSOCKET}&sid={sid}").status == 101
            assert second.frame() == (0x88, b"\x03\xf0this session has ended, or has a WebSocket already")
        upgrading.send(client_frame(1, b"4still here"))
        assert upgrading.frame() == (0x81, b"4still here")


@pytest.mark.parametrize("path", ["/", "/hello", "/engine.iox/", "/engine.io", "/socket.io/"])
def test_websocket_on_a_foreign_path_is_refused(wire: Wire, path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = wire.ask_websocket(f"{path}?EIO=4&transport=websocket")
    assert (answer.status, json.loads(answer.body)) == (400, {"code": 3, "message": "Bad request"})
    assert wire.at_end()
    assert len(caplog.records) == 1 and "another path, expected it for /engine.io/" in caplog.text


def test_path_of_a_handshake_is_read_as_that_of_any_request(service: Service, wire: Wire) -> None:
    assert wire.ask_websocket(f"/engine%2Eio/a%20b{WEBSOCKET[11:]}").status == 101
    sid = json.loads(wire.frame()[1][1:])["sid"]
    request = service.clients[sid].connection.request
    assert (request.path, request.raw_path) == ("/engine.io/a b", b"/engine%2Eio/a%20b")


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/engine.io/?EIO=3&transport=websocket", "", 400),
        (f"{WEBSOCKET}&sid=unknown", "", 400),
        (WEBSOCKET, "Origin: https://evil.org\r\n", 403),
    ],
)
def test_refused_handshake_gets_the_reason_and_the_connection_ends(
    wire: Wire, target: str, headers: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = wire.ask_websocket(target, HANDSHAKE + headers)
    assert answer.status == status and "message" in json.loads(answer.body)
    assert wire.at_end() and len(caplog.records) == 1


def test_handshake_of_another_version_is_told_the_right_one(wire: Wire) -> None:
    answer = wire.ask_websocket(WEBSOCKET, HANDSHAKE.replace("Version: 13", "Version: 8"))
    assert answer.status == 400 and answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("target", ["http://", "http://?", "//", "*", "/%", "/%zz%ff", "http://[::1/", "x:y"])
def test_odd_address_gets_an_answer(wire: Wire, target: str) -> None:
    wire.send(f"GET {target} HTTP/1.1\r\n{HANDSHAKE}\r\n")
    assert wire.answer().status == 400


def test_odd_bytes_in_headers_do_no_harm(wire: Wire) -> None:
    everything = bytes(set(range(256)) - set(b"\r\n\0")).replace(b"\x7f", b"")
    printable = bytes(byte for byte in everything if byte >= 32)
    wire.send(f"GET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}X-Odd: ".encode() + printable + b"\r\nX_Odd: y\r\n\r\n")
    assert wire.answer().status == 101


def test_message_over_the_limit_closes_the_websocket(service: Service, wire: Wire) -> None:
    assert wire.ask_websocket(WEBSOCKET).status == 101
    sid = json.loads(wire.frame()[1][1:])["sid"]
    wire.send(client_frame(2, bytes(LIMIT + 1))[:20])  # its length is enough
    first, payload = wire.frame()
    assert first == 0x88 and payload[:2] == (1009).to_bytes(2, "big")
    wire.reset()
    assert service.clients[sid].ended.wait(PATIENCE)
    assert service.clients[sid].reason == "parse error"


# Pipelining: a second request behind one that is not answered yet ----------------------------------------------------


def test_handshake_behind_a_poll_ends_the_connection(service: Service, wire: Wire) -> None:
    sid = opened(wire)
    wire.send(f"GET {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\r\nGET {WEBSOCKET} HTTP/1.1\r\n{HANDSHAKE}\r\n")
    assert wire.at_end()
    assert service.clients[sid].ended.wait(PATIENCE)


def test_large_head_behind_a_poll_ends_the_session_of_the_poll(service: Service, wire: Wire) -> None:
    sid = opened(wire)
    wire.send(f"GET {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hello HTTP/1.1\r\n{cookie(20)}\r\n")
    assert wire.answer().status == 431
    assert service.clients[sid].ended.wait(PATIENCE)
    assert wire.at_end()
