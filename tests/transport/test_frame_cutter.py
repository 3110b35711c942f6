"""How much is read at a time, and who comes next."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from flask_socketio.protocol.websocket import Opcode
from flask_socketio.transport import frame_cutter
from flask_socketio.transport.frame_cutter import LEAST_SHARE, READ_SIZE
from flask_socketio.transport.picows_link import accept
from flask_socketio.transport.reading_turns import LONG_TURN
from tests.loop import settle
from tests.transport.websocket_peer import KEY, HandFedTransport, Recorder, Run, client_frame, connected

TINY = client_frame(Opcode.TEXT, b"x")


class Costly(Recorder):
    """A listener in whose eyes each message costs some time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.cost = 0.0
        self.time = 0.0
        monkeypatch.setattr(frame_cutter, "thread_time", lambda: self.time)

    def message(self, data: str | bytes) -> None:
        super().message(data)
        self.time += self.cost


def test_the_share_of_a_peer_follows_from_what_its_frames_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        listener, transport = Costly(monkeypatch), HandFedTransport()
        transport.set_protocol(accept(transport, listener, key=KEY, max_size=1_000_000))
        listener.cost = 0.0001
        transport.read(TINY * 50_000)
        shares = [len(transport.protocol.get_buffer(-1))]
        listener.cost = 0.0
        transport.read(TINY * 400_000)
        shares.append(len(transport.protocol.get_buffer(-1)))
        transport.end()
        assert len(listener.messages) == 450_000
        assert shares == [LEAST_SHARE, READ_SIZE]

    asyncio.run(scenario())


def test_others_have_their_turn_between_two_reads(run: Run) -> None:
    """However much waits: libuv would read 32 times in a row."""

    async def scenario() -> None:
        listener = Recorder()
        in_turns = [0]
        async with connected(listener, "tcp") as peer:
            loop = asyncio.get_running_loop()
            watching = True

            def turn() -> None:
                in_turns.append(len(listener.messages))
                if watching:
                    loop.call_soon(turn)

            listener.link.pause_reading()
            peer.send(TINY * 100_000)
            for _ in range(3):
                await asyncio.sleep(0)
            turn()
            listener.link.resume_reading()
            await listener.until("message", 100_000)
            watching = False
        most = max(after - before for before, after in itertools.pairwise(in_turns))
        assert most <= READ_SIZE / len(TINY) + 1

    run(scenario())


@pytest.mark.parametrize("turn", [LONG_TURN / 2, 3.0])
def test_where_turns_are_long_others_have_as_much_time_again(turn: float, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
        transport = HandFedTransport()
        transport.set_protocol(accept(transport, Recorder(), key=KEY, max_size=1_000_000))
        transport.read(TINY * 1_000)
        assert not transport.reading
        now += turn
        await settle()
        assert transport.reading == (turn < LONG_TURN)
        now += turn
        await settle()
        assert transport.reading
        transport.end()

    asyncio.run(scenario())


def test_a_listener_that_wants_no_more_gets_no_more(run: Run) -> None:
    """What is to be read after the others have had their turn is not read if reading was paused meanwhile."""

    async def scenario() -> None:
        listener = Recorder()
        async with connected(listener, "tcp") as peer:
            peer.send(TINY * 100_000)
            await listener.until("message")
            listener.link.pause_reading()
            for _ in range(5):
                await asyncio.sleep(0)
            before = len(listener.messages)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(listener.messages) == before < 100_000
            listener.link.resume_reading()
            await listener.until("message", 100_000)

    run(scenario())
