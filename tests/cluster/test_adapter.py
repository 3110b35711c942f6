"""What the adapter lets through, and what it says of the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest

from flask_socketio.cluster.adapter import QUIET, ChannelAdapter
from flask_socketio.cluster.messages import Ack, AckAddress, CloseRoom, Message, MessageCodec
from flask_socketio.protocol.json_codec import JsonCodec
from tests.buses import Channel, MemoryBus

CODEC = MessageCodec(JsonCodec())


class Clock(asyncio.SelectorEventLoop):
    """A loop whose clock the test turns."""

    now = 0.0

    def time(self) -> float:
        return self.now


class Peers:
    """An adapter that has been started, and what it handed over."""

    def __init__(self, loop: Clock) -> None:
        self.loop = loop
        self.channel = Channel()
        self.adapter = ChannelAdapter(MemoryBus(self.channel), CODEC)
        self.received: list[Message] = []
        self.do: Callable[[Message], object] = self.received.append
        self.adapter.start(loop, self._do)

    def _do(self, message: Message) -> None:
        self.do(message)

    def say(self, body: bytes) -> None:
        self.channel.say(body)
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


@pytest.fixture
def peers() -> Iterator[Peers]:
    loop = Clock()
    yield Peers(loop)
    loop.close()


def test_messages_of_others_are_handed_over(peers: Peers) -> None:
    peers.say(CODEC.encode(CloseRoom("/", "r"), "another"))

    assert peers.received == [CloseRoom("/", "r")]


def test_own_messages_are_not(peers: Peers) -> None:
    peers.say(peers.adapter.encode(CloseRoom("/", "r")))

    assert peers.received == []


def test_of_answers_only_those_for_this_process_are(peers: Peers) -> None:
    ours = Ack(AckAddress(peers.adapter.host, "s1", "/", 1), ("yes",))
    for answer in (ours, Ack(AckAddress("another", "s1", "/", 1), ("no",))):
        peers.say(CODEC.encode(answer, "whoever"))

    assert peers.received == [ours]


def test_each_start_has_a_name_of_its_own_since_forked_workers_share_what_was_before(peers: Peers) -> None:
    before = peers.adapter.host
    peers.adapter.start(peers.loop, peers.received.append)

    assert peers.adapter.host != before


def test_a_bad_message_is_one_line_in_the_log_and_the_next_is_heard(
    peers: Peers, caplog: pytest.LogCaptureFixture
) -> None:
    peers.say(b'{"method": "eval", "code": "1/0"}')
    peers.say(CODEC.encode(CloseRoom("/", "r"), "another"))

    assert [record.getMessage() for record in caplog.records] == [
        "a message on the message queue was ignored: got the method 'eval', which is not known"
    ]
    assert peers.received == [CloseRoom("/", "r")]


def test_a_flood_of_bad_messages_does_not_flood_the_log(peers: Peers, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        peers.say(b"\x80\x04pickle")
    assert len(caplog.records) == 1

    peers.loop.now += QUIET
    peers.say(b"{")

    assert caplog.records[1].getMessage().endswith("(99 more like this since the last such line)")


def test_what_cannot_be_done_is_said_in_the_same_way(peers: Peers, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(message: Message) -> None:
        raise ValueError("cannot close a sid room")

    peers.do = refuse
    peers.say(CODEC.encode(CloseRoom("/", "r"), "another"))

    assert [record.getMessage() for record in caplog.records] == [
        "a message on the message queue was ignored: cannot close a sid room"
    ]


def test_a_mistake_of_ours_is_logged_with_its_traceback_and_the_next_message_is_heard(
    peers: Peers, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(message: Message) -> None:
        peers.do = peers.received.append
        raise ZeroDivisionError

    peers.do = fail
    peers.say(CODEC.encode(CloseRoom("/", "first"), "another"))
    peers.say(CODEC.encode(CloseRoom("/", "second"), "another"))

    assert [record.levelno for record in caplog.records if record.exc_info] == [logging.ERROR]
    assert peers.received == [CloseRoom("/", "second")]
