"""The link on picows, over real sockets, on both event loops."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.websocket import CloseCode, Opcode, WebSocketError, frame
from flask_socketio.transport import picows_link
from tests.transport.websocket_peer import KEY, Echo, Recorder, Run, client_frame, connected

TEXT, BINARY, CONTINUATION = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG


# Messages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tcp", "unix", "tls"])
def test_messages_go_both_ways_on_every_kind_of_connection(run: Run, kind: str) -> None:
    async def scenario() -> None:
        listener = Echo()
        async with connected(listener, kind) as peer:
            large = bytes(range(256)) * 1000
            peer.send(client_frame(TEXT, "grüß dich".encode()), client_frame(BINARY, large), client_frame(TEXT))
            assert await peer.frame() == (0x81, "grüß dich".encode())
            assert await peer.frame() == (0x82, large)
            assert await peer.frame() == (0x81, b"")
        assert listener.messages == ["grüß dich", large, ""]
        assert listener.told[0] == "opened"

    run(scenario())


def test_answer_to_the_handshake_comes_first_with_the_headers_added(run: Run) -> None:
    class Hasty(Recorder):
        def opened(self, link: Any) -> None:
            link.write([EncodedPacket(b"hello")])

    async def scenario() -> None:
        async with connected(Hasty(), headers=[("Set-Cookie", "io=1")]) as peer:
            head = await peer.head()
            assert head.startswith(b"HTTP/1.1 101 ") and b"\r\nSet-Cookie: io=1\r\n" in head
            assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
            assert await peer.frame() == (0x81, b"hello")

    run(scenario())


def test_answer_to_the_handshake_comes_before_a_close(run: Run) -> None:
    class Closing(Recorder):
        def opened(self, link: Any) -> None:
            link.close(1008, "no")
            link.write([EncodedPacket(b"nobody gets this")])

    async def scenario() -> None:
        async with connected(Closing()) as peer:  # which has read the answer
            assert await peer.frame() == (0x88, b"\x03\xf0no")
            peer.send(client_frame(CLOSE, b"\x03\xf0"))
            assert await peer.rest() == b""

    run(scenario())


def test_header_that_would_break_the_answer_is_refused_before_anything_is_sent() -> None:
    nothing = asyncio.Transport()  # on which every method raises NotImplementedError
    with pytest.raises(ValueError, match="is not a header"):
        picows_link.accept(nothing, Recorder(), key=KEY, max_size=1, headers=[("X", "a\r\nY: b")])


def test_frames_may_come_in_single_bytes_and_in_one_piece(run: Run) -> None:
    frames = [client_frame(TEXT, b"abc"), client_frame(BINARY, b"x" * 200), client_frame(TEXT, b"d")]

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            for position, byte in enumerate(b"".join(frames)):
                peer.send(bytes([byte]))
                if position % 50 == 0:
                    await asyncio.sleep(0)
            await listener.until("message", 3)
            peer.send(*frames)
            await listener.until("message", 6)
        assert listener.messages == ["abc", b"x" * 200, "d"] * 2

    run(scenario())


def test_pings_are_answered_between_fragments(run: Run) -> None:
    async def scenario() -> None:
        async with connected(Echo()) as peer:
            peer.send(client_frame(TEXT, b"a", fin=False), client_frame(PING, b"here?"), client_frame(PONG, b"unasked"))
            assert await peer.frame() == (0x8A, b"here?")
            peer.send(client_frame(CONTINUATION, b"b"), client_frame(TEXT, b"c"))
            assert await peer.frame() == (0x81, b"ab")
            assert await peer.frame() == (0x81, b"c")

    run(scenario())


def test_what_is_sent_in_one_turn_arrives_in_order_however_it_was_sent(run: Run) -> None:
    """Messages over 8 KiB wait in the buffer here, each with a header that must stay its own."""

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            sent = []
            for number in range(60):
                large = bytes([number]) * (8000 + 300 * number)
                listener.link.write([EncodedPacket(None, (large,))])
                listener.link.write([EncodedPacket(b"%d" % number)])
                listener.link.write([EncodedPacket(b"a", (b"b",))])
                sent += [(0x82, large), (0x81, b"%d" % number), (0x81, b"a"), (0x82, b"b")]
            assert listener.link.buffered > 100_000
            for expected in sent:
                assert await peer.frame() == expected
            assert listener.link.buffered == 0

    run(scenario())


def test_ordinary_life_of_a_connection_logs_nothing(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario() -> None:
        listener = Echo()
        async with connected(listener) as peer:
            peer.send(client_frame(TEXT, b"a"))
            await peer.frame()
            peer.send_close()
            await listener.until("closed")

    run(scenario())
    assert [record for record in caplog.records if record.name != "asyncio"] == []


# What the peer must not do --------------------------------------------------------------------------------------------

VIOLATIONS = [
    ("reserved bit in text", client_frame(TEXT, b"a", reserved=4), CloseCode.PROTOCOL_ERROR),
    ("reserved bit in a ping", client_frame(PING, reserved=1), CloseCode.PROTOCOL_ERROR),
    ("reserved opcode", client_frame(3, b"a"), CloseCode.PROTOCOL_ERROR),
    ("no mask", frame(TEXT, b"a"), CloseCode.PROTOCOL_ERROR),
    ("continuation of nothing", client_frame(CONTINUATION, b"a"), CloseCode.PROTOCOL_ERROR),
    ("message in a message", client_frame(TEXT, fin=False) + client_frame(TEXT), CloseCode.PROTOCOL_ERROR),
    ("ping in fragments", client_frame(PING, fin=False), CloseCode.PROTOCOL_ERROR),
    ("large ping", client_frame(PING, bytes(126)), CloseCode.PROTOCOL_ERROR),
    ("bad UTF-8", client_frame(TEXT, b"\xff"), CloseCode.INVALID_TEXT),
    ("bad UTF-8 in fragments", client_frame(TEXT, b"\xf4\x90", fin=False), CloseCode.INVALID_TEXT),
    ("close with half a code", client_frame(CLOSE, b"\x03"), CloseCode.PROTOCOL_ERROR),
    ("close with no code to send", client_frame(CLOSE, b"\x03\xee"), CloseCode.PROTOCOL_ERROR),
    ("close with a code too high", client_frame(CLOSE, b"\xff\xff"), CloseCode.PROTOCOL_ERROR),
    ("close with bad UTF-8", client_frame(CLOSE, b"\x03\xe8\xff"), CloseCode.INVALID_TEXT),
    ("large frame", b"\x82\xff" + bytes(4) + b"\x7f\xff\xff\xff" + bytes(4), CloseCode.TOO_BIG),
    ("length with its highest bit", b"\x82\xff" + b"\xff" * 8 + bytes(4), CloseCode.PROTOCOL_ERROR),
    (
        "large message of small fragments",
        client_frame(TEXT, b"a" * 6000, fin=False) + client_frame(CONTINUATION, b"a" * 6000, fin=False),
        CloseCode.TOO_BIG,
    ),
]


@pytest.mark.parametrize(("frames", "code"), [pytest.param(*rest, id=name) for name, *rest in VIOLATIONS])
def test_violation_closes_with_its_code_and_what_came_before_is_still_answered(
    run: Run, frames: bytes, code: CloseCode
) -> None:
    async def scenario() -> None:
        listener = Echo()
        async with connected(listener, max_size=10_000) as peer:
            peer.send(client_frame(TEXT, b"before"), frames, client_frame(TEXT, b"after"), client_frame(CLOSE))
            assert await peer.frame() == (0x81, b"before")
            assert await peer.close_code() == code
            peer.writer.close()
            await listener.until("closed")
        assert listener.messages == ["before"]
        assert listener.told == ["opened", "message", "closed"]
        assert isinstance(listener.error, WebSocketError)
        assert listener.error.code == code

    run(scenario())


def test_violation_on_tls(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener, "tls") as peer:
            peer.send(client_frame(TEXT, b"\xff"))
            assert await peer.close_code() == CloseCode.INVALID_TEXT
            peer.writer.close()
            await listener.until("closed")

    run(scenario())


def test_peer_that_is_busy_sending_too_much_learns_why_it_is_closed(run: Run) -> None:
    """A socket closed with bytes unread resets the connection, and the Close would be lost."""

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener, "tcp", max_size=10_000) as peer:
            peer.send(client_frame(BINARY, bytes(3_000_000)))
            assert await peer.close_code() == CloseCode.TOO_BIG
            await asyncio.wait_for(peer.writer.drain(), 10)
            peer.writer.close()
            await listener.until("closed")

    run(scenario())


def test_peer_that_breaks_a_rule_and_stays_is_cut_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picows_link, "_GOODBYE", 0.02)

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            peer.send(client_frame(TEXT, b"\xff"))
            await listener.until("closed")
            assert isinstance(listener.error, WebSocketError)

    run(scenario())


# The end --------------------------------------------------------------------------------------------------------------


def test_peer_closes_and_is_answered_with_its_code(run: Run) -> None:
    async def scenario() -> None:
        listener = Echo()
        async with connected(listener) as peer:
            peer.send_close(3000)
            peer.send(client_frame(TEXT, b"after"), client_frame(CLOSE))
            assert await peer.close_code() == 3000
            await listener.until("closed")
        assert listener.told == ["opened", "closed"]
        assert listener.error is None

    run(scenario())


@pytest.mark.parametrize("kind", ["tcp", "unix", "tls"])
def test_close_sends_what_is_buffered_and_waits_for_the_answer(run: Run, kind: str) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener, kind) as peer:
            large = bytes(900_000)
            listener.link.write([EncodedPacket(None, (large,))])
            listener.link.close(1001, "shutting down")
            listener.link.close()
            listener.link.write([EncodedPacket(b"too late")])
            listener.link.write([EncodedPacket(b"too late", (b"as well",))])
            assert await peer.frame() == (0x82, large)
            assert await peer.frame() == (0x88, b"\x03\xe9shutting down")
            peer.send(client_frame(TEXT, b"ignored"), client_frame(PING, b"ignored"))
            peer.send_close(1001)
            assert await peer.rest() == b""
            await listener.until("closed")
        assert [event for event in listener.told if event in ("opened", "message", "closed")] == ["opened", "closed"]
        assert listener.error is None

    run(scenario())


@pytest.mark.parametrize("buffered", [0, 2_000_000])
def test_close_cuts_off_a_peer_that_does_not_answer(run: Run, monkeypatch: pytest.MonkeyPatch, buffered: int) -> None:
    monkeypatch.setattr(picows_link, "_GOODBYE", 0.02)

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener):
            listener.link.write([EncodedPacket(None, (bytes(buffered),))])
            listener.link.close()
            await listener.until("closed")
        assert listener.error is None

    run(scenario())


def test_peer_that_breaks_a_rule_instead_of_answering_the_close_is_not_blamed(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            listener.link.close()
            peer.send(frame(TEXT, b"no mask"))
            assert await peer.close_code() == 1000
            peer.writer.close()
            await listener.until("closed")
        assert listener.error is None

    run(scenario())


def test_peer_that_just_goes(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            peer.writer.close()
            await listener.until("closed")
        assert listener.told == ["opened", "closed"]
        assert listener.error is None

    run(scenario())


def test_abort_ends_at_once_and_nothing_raises_afterwards(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            listener.link.abort()
            await listener.until("closed")
            assert await peer.rest() == b""
            link = listener.link
            link.write([EncodedPacket(b"a")])
            link.write([EncodedPacket(None, (b"a" * 10_000,))])
            link.write([EncodedPacket(b"a", (b"b",))])
            link.pause_reading()
            link.resume_reading()
            link.close()
            link.abort()
            assert link.buffered == 0
        assert listener.told == ["opened", "closed"]

    run(scenario())


# A listener that fails ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["opened", "message"])
def test_listener_that_fails_is_logged_and_closes_its_connection_alone(
    run: Run, caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    class Failing(Recorder):
        def _note(self, event: str) -> None:
            super()._note(event)
            if event == failing:
                raise RuntimeError("a mistake")

    async def scenario() -> None:
        listener, bystander = Failing(), Echo()
        async with connected(bystander) as other, connected(listener) as peer:
            peer.send(client_frame(TEXT, b"a"), client_frame(TEXT, b"b"))
            assert await peer.close_code() == CloseCode.INTERNAL_ERROR
            peer.writer.close()
            await listener.until("closed")
            other.send(client_frame(TEXT, b"still here"))
            assert await other.frame() == (0x81, b"still here")
        assert listener.told.count(failing) == 1
        assert listener.error is None

    run(scenario())
    (record,) = [record for record in caplog.records if record.name == "flask_socketio"]
    assert record.exc_info is not None and str(record.exc_info[1]) == "a mistake"


def test_listener_that_fails_at_the_end_is_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Recorder):
        def closed(self, error: Any) -> None:
            super().closed(error)
            raise RuntimeError("a mistake")

    async def scenario() -> None:
        listener = Failing()
        async with connected(listener) as peer:
            peer.writer.close()
            await listener.until("closed")

    run(scenario())
    (record,) = [record for record in caplog.records if record.name == "flask_socketio"]
    assert record.exc_info is not None and str(record.exc_info[1]) == "a mistake"
