"""The bus over a real Redis: what arrives, and what happens when Redis goes away, hangs or throws us out."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flask_socketio.cluster import redis
from flask_socketio.cluster.bus import MessageQueueError
from flask_socketio.cluster.outbox import Outbox
from flask_socketio.cluster.redis import RedisBus
from tests.cluster.conftest import Log
from tests.redis_server import SOON, RedisServer

CHANNEL = "flask-socketio"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis, "LONGEST_PAUSE", 0.05)


class Process:
    """A bus on a loop in a thread of its own."""

    def __init__(self, bus: RedisBus) -> None:
        self.bus = bus
        self.received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.on_loop(lambda: bus.start(self.loop, self.received.put))

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    def on_loop(self, function: Callable[[], object]) -> None:
        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self.loop).result(SOON)

    def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            self.loop.call_soon_threadsafe(self.bus.publish, body)

    def next(self) -> bytes:
        return self.received.get(timeout=SOON)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.bus.stop(SOON), self.loop).result(SOON)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(SOON)


@contextmanager
def running(url: str, channel: str = CHANNEL) -> Iterator[Process]:
    process = Process(RedisBus(url, channel))
    try:
        yield process
    finally:
        process.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask until it is so; the time-out of the test ends what never is."""
    while not condition():
        pass


# Carrying -------------------------------------------------------------------------------------------------------------


def test_a_message_comes_to_all_who_listen_the_sender_included_in_order(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as here, running(redis_server.url) as there:
        for _ in range(2):
            assert log.next() == f"INFO message queue {redis_server.url}: connected"
        messages = [b"%d \x00\xff" % number for number in range(1_000)]
        here.publish(*messages)

        assert [there.next() for _ in messages] == messages
        assert [here.next() for _ in messages] == messages


def test_channels_stay_apart(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as here, running(redis_server.url, "another") as there:
        log.next(), log.next()
        here.publish(b"here")
        there.publish(b"there")

        assert there.next() == b"there"
        assert here.next() == b"here"


def test_what_is_published_before_there_is_a_connection_waits_for_it(redis_server: RedisServer) -> None:
    with running(redis_server.url) as process:
        process.publish(b"early")

        assert process.next() == b"early"


def test_at_the_end_what_waits_is_sent(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as listening:
        log.next()
        with running(redis_server.url) as ending:
            log.next()
            ending.publish(*[b"%d" % number for number in range(500)])

        assert [listening.next() for _ in range(500)][-1] == b"499"


def test_ending_without_a_connection_waits_for_nothing(redis_server: RedisServer, log: Log) -> None:
    redis_server.stop()
    with running(redis_server.url) as process:
        log.next()
        process.publish(b"lost")


# Redis goes away ------------------------------------------------------------------------------------------------------


def test_a_restart_costs_nothing_and_is_one_line_each_way(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as process:
        assert "connected" in log.next()
        redis_server.stop()
        lost = log.next()
        process.publish(b"meanwhile", b"in order")
        redis_server.start()

        assert process.next() == b"meanwhile"
        assert process.next() == b"in order"
        assert lost.startswith(f"WARNING message queue {redis_server.url}: not connected (")
        assert log.next() == f"WARNING message queue {redis_server.url}: connected again"
        assert log.empty


def test_a_redis_that_comes_later_is_found(redis_server: RedisServer, log: Log) -> None:
    redis_server.stop()
    with running(redis_server.url) as process:
        assert "not connected" in log.next()
        process.publish(b"early")
        redis_server.start()

        assert process.next() == b"early"


def test_at_the_bound_the_oldest_is_dropped_and_both_ends_of_that_are_said(
    redis_server: RedisServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "Outbox", lambda: Outbox(max_messages=2))
    redis_server.stop()
    with running(redis_server.url) as process:
        log.next()
        process.publish(b"a", b"b", b"c", b"d")
        process.on_loop(lambda: None)
        full = log.next()
        redis_server.start()

        assert (process.next(), process.next()) == (b"c", b"d")
        assert full.endswith("the buffer of what is to be sent is full, so the oldest is dropped from now on")
        assert log.next().endswith("connected again; 2 messages to the other processes did not fit into the buffer")


def test_being_thrown_out_is_noticed_and_mended(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as process:
        log.next()
        redis_server.client.client_kill_filter(_type="pubsub")

        assert "not connected" in log.next()
        assert "connected again" in log.next()
        process.publish(b"after")
        assert process.next() == b"after"


def test_pauses_double_up_to_the_longest(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: queue.SimpleQueue[float] = queue.SimpleQueue()
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.put(seconds)
        await sleep(0)

    monkeypatch.setattr(redis, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(redis, "LONGEST_PAUSE", 60.0)
    monkeypatch.setattr("flask_socketio.cluster.redis.asyncio.sleep", note)
    redis_server.stop()
    with running(redis_server.url):
        assert [pauses.get(timeout=SOON) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


# Silence --------------------------------------------------------------------------------------------------------------


def test_silence_is_no_error(redis_server: RedisServer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "SILENCE", 0.5)
    monkeypatch.setattr(redis, "TIMEOUT", 1.0)
    with running(redis_server.url) as process:
        log.next()
        wait_until(lambda: redis_server.times_called("ping") > 3)  # more than TIMEOUT is long

        process.publish(b"still here")
        assert process.next() == b"still here"
        assert log.empty


def test_a_redis_that_hangs_is_given_up_and_found_again(
    redis_server: RedisServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "SILENCE", 0.05)
    monkeypatch.setattr(redis, "TIMEOUT", 0.2)
    with running(redis_server.url) as process:
        log.next()
        redis_server.hang()
        assert "not connected (no sign of life in 0.05 s)" in log.next()
        redis_server.resume()

        assert "connected again" in log.next()
        process.publish(b"back")
        assert process.next() == b"back"


def test_an_exception_of_another_kind_does_not_make_it_deaf(
    redis_server: RedisServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = RedisBus._listen

    async def fail(bus: RedisBus, pubsub: object) -> None:
        monkeypatch.setattr(RedisBus, "_listen", listen)
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(RedisBus, "_listen", fail)
    with running(redis_server.url) as process:
        log.next()
        assert log.next().startswith("ERROR the connection to the message queue")
        assert "not connected (ZeroDivisionError('a bug'))" in log.next()
        assert "connected again" in log.next()
        process.publish(b"heard")
        assert process.next() == b"heard"


# Without a loop -------------------------------------------------------------------------------------------------------


def test_publish_now_has_published_when_it_returns(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url) as process:
        log.next()
        RedisBus(redis_server.url, CHANNEL).publish_now(b"now")

        assert process.next() == b"now"
        assert log.empty


def test_publish_now_says_that_nobody_listens_once(redis_server: RedisServer, log: Log) -> None:
    bus = RedisBus(redis_server.url, CHANNEL)
    bus.publish_now(b"x")
    bus.publish_now(b"x")

    assert log.next().startswith(f"WARNING nobody listens on the channel '{CHANNEL}' of {redis_server.url}")
    assert log.empty


def test_publish_now_raises_where_there_is_no_redis_and_tells_no_password(redis_server: RedisServer) -> None:
    redis_server.stop()
    bus = RedisBus(redis_server.url.replace("//", "//user:secret@"), CHANNEL)

    with pytest.raises(MessageQueueError, match=rf"the message queue {redis_server.url} cannot be reached") as error:
        bus.publish_now(b"x")

    assert "secret" not in str(error.value)


def test_publish_now_waits_a_bounded_time_for_a_redis_that_hangs(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "TIMEOUT_NOW", 0.05)
    bus = RedisBus(redis_server.url, CHANNEL)
    redis_server.hang()

    with pytest.raises(MessageQueueError, match=r"[Tt]imeout"):
        bus.publish_now(b"x")


def test_publish_now_survives_a_restart_between_two_calls(redis_server: RedisServer) -> None:
    bus = RedisBus(redis_server.url, CHANNEL)
    bus.publish_now(b"before")
    redis_server.stop()
    redis_server.start()

    bus.publish_now(b"after")


# Addresses ------------------------------------------------------------------------------------------------------------


def test_valkey_is_spoken_to_as_redis_is(redis_server: RedisServer, log: Log) -> None:
    with running(redis_server.url.replace("redis", "valkey")) as process:
        assert log.next().startswith("INFO message queue valkey://")
        process.publish(b"x")

        assert process.next() == b"x"
