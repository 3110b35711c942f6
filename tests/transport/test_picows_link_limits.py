"""What a connection on picows may cost, whatever its peer does."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.websocket import Opcode
from flask_socketio.transport import frame_cutter, picows_link
from flask_socketio.transport.picows_link import accept
from tests.transport.websocket_peer import KEY, HandFedTransport, Recorder, Run, client_frame, connected

TEXT, BINARY, CONTINUATION, PING = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION, Opcode.PING


# Anything -------------------------------------------------------------------------------------------------------------

FRAMES = st.builds(
    client_frame, st.integers(0, 15), st.binary(max_size=20), fin=st.booleans(), reserved=st.sampled_from([0, 0, 0, 4])
)


@given(st.lists(FRAMES | st.binary(max_size=20)), st.integers(1, 100))
def test_whatever_comes_in_whatever_pieces_is_read_or_ends_the_connection(pieces: list[bytes], size: int) -> None:
    stream = b"".join(pieces)

    async def scenario() -> None:
        listener, transport = Recorder(), HandFedTransport()
        transport.set_protocol(accept(transport, listener, key=KEY, max_size=50))
        for start in range(0, len(stream), size):
            transport.read(stream[start : start + size])
            await asyncio.sleep(0)
        transport.end()
        assert listener.told == ["opened", *["message"] * len(listener.messages), "closed"]
        assert all(len(message) <= 50 for message in listener.messages)
        assert listener.error is None or transport.ended

    asyncio.run(scenario())


# Backpressure ---------------------------------------------------------------------------------------------------------


def test_listener_is_told_when_the_peer_takes_too_little(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            while "blocked" not in listener.told:
                listener.link.write([EncodedPacket(None, (bytes(100_000),))])
            count = listener.link.buffered // 100_000
            assert "resumed" not in listener.told
            for _ in range(count):
                await peer.frame()
            await listener.until("resumed")
        assert listener.told[:3] == ["opened", "blocked", "resumed"]

    run(scenario())


def test_of_the_pings_of_a_peer_that_does_not_read_the_last_is_answered(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            for _ in range(20):  # more than fits into the buffers of the socket and of the peer
                listener.link.write([EncodedPacket(None, (bytes(100_000),))])
            peer.send(*[client_frame(PING, b"%d" % number) for number in range(1000)], client_frame(TEXT, b"end"))
            await listener.until("message")
            assert listener.told == ["opened", "blocked", "message"]
            for _ in range(20):
                assert await peer.frame() == (0x82, bytes(100_000))
            assert await peer.frame() == (0x8A, b"999")
            peer.send(client_frame(PING, b"again"))
            assert await peer.frame() == (0x8A, b"again")

    run(scenario())


def test_reading_pauses_and_resumes(run: Run) -> None:
    class OneAtATime(Recorder):
        def message(self, data: str | bytes) -> None:
            super().message(data)
            self.link.pause_reading()

    async def scenario() -> None:
        listener = OneAtATime()
        async with connected(listener) as peer:
            peer.send(client_frame(TEXT, b"1"))
            await listener.until("message")
            peer.send(*[client_frame(BINARY, bytes(200_000))] * 30)
            drained = asyncio.ensure_future(peer.writer.drain())
            await asyncio.wait([drained], timeout=0.05)
            assert not drained.done()
            assert len(listener.messages) == 1
            for count in range(2, 32):
                listener.link.resume_reading()
                await listener.until("message", count)
            await drained

    run(scenario())


def test_close_of_a_link_that_does_not_read_still_gets_its_answer(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            listener.link.pause_reading()
            listener.link.close()
            peer.send_close()
            assert await peer.close_code() == 1000
            await listener.until("closed")

    run(scenario())


# Memory ---------------------------------------------------------------------------------------------------------------


class BufferWatcher(Recorder):
    """Remembers how much room its link offers for the next read."""

    link: Any

    @property
    def room(self) -> int:
        return len(self.link._transport.get_protocol().get_buffer(-1))


@pytest.mark.parametrize("kind", ["unix", "tls"])
def test_large_message_leaves_no_large_buffer(run: Run, kind: str) -> None:
    async def scenario() -> None:
        listener = BufferWatcher()
        async with connected(listener, kind) as peer:
            before = listener.room
            for count in range(1, 4):
                peer.send(client_frame(BINARY, bytes([count]) * 900_000))
                await listener.until("message", 2 * count - 1)
                peer.send(client_frame(TEXT, b"next"))
                await listener.until("message", 2 * count)
            assert listener.room == before
        assert listener.messages[1::2] == ["next"] * 3
        assert listener.messages[::2] == [bytes([count]) * 900_000 for count in (1, 2, 3)]

    run(scenario())


def test_messages_of_all_sizes_back_to_back_arrive_whole(run: Run) -> None:
    sizes = [900_000, 3, 200_000, 0, 400_000, 300_000, 70_000, 1, 1_000_000]

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            for number, size in enumerate(sizes):
                peer.send(client_frame(BINARY, bytes([number]) * size, fin=number % 2 == 1))
                if number % 2 == 0:
                    peer.send(client_frame(PING), client_frame(CONTINUATION, b""))
            await listener.until("message", len(sizes))
        assert listener.messages == [bytes([number]) * size for number, size in enumerate(sizes)]

    run(scenario())


@pytest.mark.parametrize("part", [0.00001, 0.1, 0.5, 0.9, 1, 1.1])
def test_large_buffer_is_kept_as_long_as_something_is_in_it(run: Run, part: float) -> None:
    """The loop may read again before it comes to anything else: into a part of the buffer, or all of it and more."""
    first, second = bytes(400_000), b"x" * 1_000_000

    async def scenario() -> None:
        listener, transport = Recorder(), HandFedTransport()
        cutter: Any = accept(transport, listener, key=KEY, max_size=1_000_000)
        transport.set_protocol(cutter)
        transport.read(client_frame(BINARY, first))
        size = round(part * len(frame_cutter.room(cutter, -1)))
        assert 1 < size < len(second)
        transport.read(client_frame(BINARY, second)[:size])
        await asyncio.sleep(0)
        assert transport.protocol is cutter
        transport.read(client_frame(BINARY, second)[size:])
        await asyncio.sleep(0)
        assert transport.protocol is not cutter
        transport.read(client_frame(TEXT, b"third"))
        assert listener.messages == [first, second, "third"]
        transport.end()

    run(scenario())


def test_large_buffer_is_given_up_even_if_the_loop_has_tried_to_read_in_vain(run: Run) -> None:
    async def scenario() -> None:
        transport = HandFedTransport()
        transport.set_protocol(cutter := accept(transport, Recorder(), key=KEY, max_size=1_000_000))
        transport.read(client_frame(BINARY, bytes(400_000)))
        transport.protocol.get_buffer(-1)
        transport.protocol.get_buffer(-1)
        await asyncio.sleep(0)
        assert transport.protocol is not cutter
        transport.end()

    run(scenario())


def test_no_read_takes_more_than_its_share_however_fast_the_peer_is(run: Run) -> None:
    async def scenario() -> None:
        listener = BufferWatcher()
        async with connected(listener, "tcp") as peer:
            for _ in range(20):
                peer.send(client_frame(BINARY, bytes(94)) * 5000)
                await peer.writer.drain()
            await listener.until("message", 100_000)
            assert listener.room <= frame_cutter.READ_SIZE

    run(scenario())


def test_nothing_keeps_a_connection_that_is_gone(run: Run) -> None:
    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener) as peer:
            peer.send(client_frame(BINARY, bytes(500_000)))  # large enough for a second cutter
            await listener.until("message")
            peer.send_close()
            await listener.until("closed")
        link = weakref.ref(cast(picows_link.PicowsLink, listener.link))
        del listener, peer
        await asyncio.sleep(0)  # the loop lets go of the transport
        assert link() is None

    gc.disable()
    try:
        run(scenario())
    finally:
        gc.enable()
