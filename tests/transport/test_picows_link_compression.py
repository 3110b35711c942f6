"""Compressed messages on a connection on picows."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from flask_socketio.protocol.deflate import deflated_frame, negotiate
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.websocket import CloseCode, Opcode, WebSocketError
from tests.transport.websocket_peer import Echo, Recorder, Run, client_frame, connected

TEXT, BINARY, CONTINUATION, PING = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION, Opcode.PING
COMPRESSED = 4  # the first of the three reserved bits

AGREED = negotiate("permessage-deflate", 1024)


def deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(content) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def test_answer_to_the_handshake_says_what_is_agreed_on(run: Run) -> None:
    async def scenario() -> None:
        async with connected(Recorder(), headers=[("Set-Cookie", "io=1")], deflate=AGREED) as peer:
            head = (await peer.head()).lower()
        assert head.count(b"\r\nsec-websocket-extensions: permessage-deflate; server_no_context_takeover; ") == 1
        assert b"\r\nset-cookie: io=1\r\n" in head
        async with connected(Recorder(), headers=[("Set-Cookie", "io=1")]) as peer:
            assert b"extensions" not in await peer.head()

    run(scenario())


def test_messages_may_come_compressed_or_not_and_in_fragments(run: Run) -> None:
    text, large = "grüß dich " * 30, bytes(300_000)

    async def scenario() -> None:
        listener = Echo()
        async with connected(listener, deflate=AGREED) as peer:
            payload = deflated(text.encode())
            peer.send(
                client_frame(TEXT, payload, reserved=COMPRESSED),
                client_frame(TEXT, b"plain"),
                client_frame(BINARY, payload[:9], fin=False, reserved=COMPRESSED),
                client_frame(PING, b"here?"),
                client_frame(CONTINUATION, payload[9:]),
                client_frame(BINARY, deflated(large), reserved=COMPRESSED),
                client_frame(TEXT, b"\x00", reserved=COMPRESSED),
            )
            assert await peer.frame() == (0x81, text.encode())
            assert await peer.frame() == (0x81, b"plain")
            assert await peer.frame() == (0x8A, b"here?")
            assert await peer.frame() == (0x82, text.encode())
            assert await peer.frame() == (0xC2, deflated_frame(BINARY, large)[4:])
            assert await peer.frame() == (0x81, b"")
        assert listener.messages == [text, "plain", text.encode(), large, ""]

    run(scenario())


def test_what_is_large_goes_out_compressed(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener, deflate=AGREED) as peer:
            large = EncodedPacket(b"4" * 3000, (b"small", bytes(3000)))
            listener.link.write([EncodedPacket(b"before")])
            listener.link.write([large, EncodedPacket(None, (b"behind",))])
            assert await peer.frame() == (0x81, b"before")
            assert await peer.frame() == (0xC1, deflated_frame(TEXT, b"4" * 3000)[2:])
            assert await peer.frame() == (0x82, b"small")
            assert await peer.frame() == (0xC2, deflated_frame(BINARY, bytes(3000))[2:])
            assert await peer.frame() == (0x82, b"behind")

    run(scenario())


PAYLOAD = deflated(b"abc" * 100)
VIOLATIONS = [
    ("continuation", [client_frame(TEXT, b"a", fin=False), client_frame(CONTINUATION, PAYLOAD, reserved=COMPRESSED)]),
    ("continuation of a compressed one", [
        client_frame(TEXT, PAYLOAD[:3], fin=False, reserved=COMPRESSED),
        client_frame(CONTINUATION, PAYLOAD[3:], reserved=COMPRESSED),
    ]),
    ("ping", [client_frame(PING, b"", reserved=COMPRESSED)]),
    ("close", [client_frame(Opcode.CLOSE, b"", reserved=COMPRESSED)]),
    ("second bit", [client_frame(TEXT, PAYLOAD, reserved=2)]),
    ("third bit", [client_frame(TEXT, PAYLOAD, reserved=COMPRESSED + 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "frames"), VIOLATIONS, ids=[name for name, _ in VIOLATIONS])
def test_bit_where_it_means_nothing_closes(run: Run, name: str, frames: list[bytes]) -> None:
    run(closes(frames, CloseCode.PROTOCOL_ERROR))


def test_bit_closes_where_nothing_is_agreed_on(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            peer.send(client_frame(TEXT, PAYLOAD, reserved=COMPRESSED))
            assert await peer.close_code() == CloseCode.PROTOCOL_ERROR
        assert listener.messages == []

    run(scenario())


@pytest.mark.parametrize("payload", [b"no such thing", PAYLOAD[:4], PAYLOAD + b"\xff\xff\xff"])
def test_what_cannot_be_inflated_closes(run: Run, payload: bytes) -> None:
    run(closes([client_frame(TEXT, payload, reserved=COMPRESSED)], CloseCode.INVALID_TEXT))


@pytest.mark.parametrize("size", [20_001, 10_000_000])
def test_what_becomes_too_large_closes(run: Run, size: int) -> None:
    payload = deflated(bytes(size))
    assert len(payload) < 20_000
    run(closes([client_frame(BINARY, payload, reserved=COMPRESSED)], CloseCode.TOO_BIG))
    fragments = [
        client_frame(CONTINUATION if at else BINARY, payload[at : at + 7], fin=False, reserved=0 if at else COMPRESSED)
        for at in range(0, len(payload), 7)
    ]
    run(closes([*fragments, client_frame(CONTINUATION)], CloseCode.TOO_BIG))


async def closes(frames: list[bytes], code: CloseCode) -> None:
    """What came before is answered, then the connection is closed with this code, and what comes behind is dropped."""
    listener = Echo()
    async with connected(listener, max_size=20_000, deflate=AGREED) as peer:
        peer.send(client_frame(TEXT, b"before"), *frames, client_frame(TEXT, b"behind"))
        assert await peer.frame() == (0x81, b"before")
        assert await peer.close_code() == code
        peer.writer.close()
        await listener.until("closed")
    assert listener.messages == ["before"]
    assert isinstance(listener.error, WebSocketError) and listener.error.code == code


def test_bomb_of_one_client_is_no_matter_for_another(run: Run) -> None:
    bomb = deflated(bytes(100_000_000))

    async def scenario() -> None:
        friend, attacker = Echo(), Recorder()
        async with connected(friend, deflate=AGREED) as peer, connected(attacker, deflate=AGREED) as bomber:
            bomber.send(client_frame(BINARY, bomb, reserved=COMPRESSED))
            peer.send(client_frame(TEXT, PAYLOAD, reserved=COMPRESSED))
            assert await peer.frame() == (0x81, b"abc" * 100)
            assert await bomber.close_code() == CloseCode.TOO_BIG
            await asyncio.wait_for(bomber.writer.drain(), 10)
            peer.send(client_frame(TEXT, b"still here"))
            assert await peer.frame() == (0x81, b"still here")
        assert attacker.messages == []

    run(scenario())
