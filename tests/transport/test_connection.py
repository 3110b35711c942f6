"""One connection: its outbox, its packets, its end; with a transport and an engine made of paper."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from flask_socketio.protocol import engineio
from flask_socketio.protocol.engineio import PING_PACKET, EncodedPacket, encode_payload, message
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.transport.connection import FLUSH_PACKETS, FLUSH_SIZE, Connection, State
from flask_socketio.transport.reasons import Reason
from tests.transport.paper import PaperEngine, PaperTransport

# Packets out ---------------------------------------------------------------------------------------------------------


def test_what_one_turn_produces_leaves_in_one_write() -> None:
    engine = PaperEngine()
    for text in "abc":
        engine.connection.send(message(text))
    assert engine.transport.written == []
    engine.turn()
    assert engine.transport.written == [b"4a\x1e4b\x1e4c"]


def test_each_turn_has_a_write_of_its_own() -> None:
    engine = PaperEngine()
    for text in "ab":
        engine.connection.send(message(text))
        engine.turn()
    assert engine.transport.written == [b"4a", b"4b"]


def test_what_a_transport_cannot_take_waits_in_order() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.send(message("a"))
    engine.turn()
    engine.connection.send(message("b"))
    engine.turn()
    assert engine.transport.written == [] and engine.connection.has_packets
    engine.transport.writable = True
    engine.connection.flush()
    assert engine.transport.written == [b"4a\x1e4b"] and not engine.connection.has_packets


def test_much_in_one_turn_does_not_wait_for_its_end() -> None:
    by_count = PaperEngine()
    for _ in range(FLUSH_PACKETS + 1):
        by_count.connection.send(message("a"))
    assert len(by_count.transport.written) == 1
    by_size = PaperEngine()
    by_size.connection.send(message(bytes(FLUSH_SIZE + 1)))
    assert len(by_size.transport.written) == 1


@pytest.mark.parametrize(
    ("packets", "size"),
    [
        (PaperEngine.max_outbox_packets, 1),
        (9, PaperEngine.max_outbox_size // 10),
    ],
)
def test_full_outbox_ends_the_connection_and_no_earlier(
    packets: int, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    engine = PaperEngine(writable=False)
    for _ in range(packets):
        engine.connection.send(message(bytes(size)))
    engine.turn()
    assert not caplog.records
    engine.connection.send(message(bytes(2 * size)))
    assert engine.connection.state is State.GIVEN_UP  # not closed: this may be the middle of a fan-out
    for _ in range(2 * packets):  # the rest of that fan-out
        engine.connection.send(message(bytes(2 * size)))
    assert not engine.connection.has_packets and engine.counters.slow_disconnected == 1
    engine.turn()
    assert engine.transport.ended == (Reason.TRANSPORT_ERROR, b"")
    assert engine.told == ["closing", "reason: transport error"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "it reads too slowly, and its outbox is full" in caplog.text and "sid1" not in caplog.text


def test_full_outbox_loses_its_oldest_packets_where_that_is_asked_for() -> None:
    engine = PaperEngine(writable=False, drops_oldest=True)
    for number in range(PaperEngine.max_outbox_packets + 1):
        engine.connection.send(message(str(number)))
    engine.turn()
    assert engine.connection.state is State.OPEN
    dropped = engine.counters.oldest_dropped
    assert 0 < dropped <= PaperEngine.max_outbox_packets // 2
    engine.transport.writable = True
    engine.connection.flush()
    waited = range(dropped, PaperEngine.max_outbox_packets + 1)
    assert engine.transport.written == [encode_payload([message(str(number)) for number in waited])]


def test_full_outbox_keeps_the_newest_packet_whatever_its_size() -> None:
    engine = PaperEngine(writable=False, drops_oldest=True)
    for text in ("a", "b" * 2 * PaperEngine.max_outbox_size):
        engine.connection.send(message(text))
    assert engine.counters.oldest_dropped == 1
    engine.transport.writable = True
    engine.connection.flush()
    assert [len(written) for written in engine.transport.written] == [2 * PaperEngine.max_outbox_size + 1]


def vital(text: str) -> EncodedPacket:
    return EncodedPacket(text.encode(), vital=True)


def test_full_outbox_loses_nothing_but_events() -> None:
    engine = PaperEngine(writable=False, drops_oldest=True)
    kept = [PING_PACKET, vital("40{}"), vital("431[]")]
    for packet in kept:
        engine.connection.send(packet)
        engine.connection.send(message("an event"))
    for number in range(PaperEngine.max_outbox_packets):
        engine.connection.send(message(str(number)))
    engine.transport.writable = True
    engine.connection.flush()
    written = engine.transport.written[0].split(b"\x1e")
    assert written[:3] == [packet.text for packet in kept]
    assert b"4an event" not in written and written[-1] == b"4%d" % (PaperEngine.max_outbox_packets - 1)


def test_a_client_that_asks_for_answers_and_reads_none_is_given_up_where_events_are_dropped() -> None:
    engine = PaperEngine(writable=False, drops_oldest=True)
    for _ in range(PaperEngine.max_outbox_packets):
        engine.connection.send(vital("431[]"))
    assert engine.counters.slow_disconnected == 0
    engine.connection.send(vital("431[]"))
    assert engine.connection.state is State.GIVEN_UP and not engine.connection.has_packets


def test_volatile_packets_are_for_those_who_can_take_them_now() -> None:
    engine = PaperEngine()
    engine.connection.offer(message("a"), None)
    engine.turn()
    engine.transport.writable = False
    engine.connection.offer(message("b"), None)
    engine.turn()
    assert engine.transport.written == [b"4a"] and not engine.connection.has_packets
    assert engine.counters.volatile_dropped == 1


def test_volatile_packets_may_wait_where_pauses_are_natural() -> None:
    engine = PaperEngine(writable=False)
    engine.transport.patience = 10
    for text in ("abcde", "fghij", "late"):
        engine.connection.offer(message(text), None)
    assert engine.counters.volatile_dropped == 1
    engine.transport.writable = True
    engine.connection.flush()
    assert engine.transport.written == [b"4abcde\x1e4fghij"]


@pytest.mark.parametrize("drops_oldest", [False, True])
def test_what_was_replaced_does_not_wait(drops_oldest: bool) -> None:
    engine = PaperEngine(writable=False, drops_oldest=drops_oldest)
    keys = PaperEngine.max_outbox_packets - 1
    for number in range(10 * keys):
        engine.connection.offer(message(str(number)), f"key {number % keys}")
    assert engine.connection.state is State.OPEN
    assert engine.counters.latest_replaced == 9 * keys and engine.counters.oldest_dropped == 0


def test_slow_client_gets_the_newest_packet_of_each_key_in_its_place() -> None:
    engine = PaperEngine(writable=False)
    for text, key in (("e1", "EUR"), ("y1", "YEN"), ("e2", "EUR")):
        engine.connection.offer(message(text), key)
    engine.connection.send(message("all"))
    engine.connection.offer(message("y2"), "YEN")
    assert engine.counters.latest_replaced == 2
    engine.transport.writable = True
    engine.connection.flush()
    assert engine.transport.written == [b"4e2\x1e4all\x1e4y2"]
    engine.transport.writable = False
    engine.connection.offer(message("e3"), "EUR")  # what has gone is not replaced
    engine.connection.close(Reason.SERVER_DISCONNECT)
    assert engine.transport.ended == (Reason.SERVER_DISCONNECT, b"4e3")


def test_client_that_keeps_up_gets_every_packet_of_a_key() -> None:
    engine = PaperEngine()
    for text in ("e1", "e2"):
        engine.connection.offer(message(text), "EUR")
    engine.turn()
    assert engine.transport.written == [b"4e1\x1e4e2"] and engine.counters.latest_replaced == 0


def test_outbox_that_was_given_up_starts_anew() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.offer(message("e1"), "EUR")
    engine.connection.send(message("x" * 2 * PaperEngine.max_outbox_size))  # which the bound drops
    engine.connection.offer(message("e2"), "EUR")
    assert engine.counters.slow_disconnected == 1 and engine.counters.latest_replaced == 0


def test_newest_packets_count_against_the_bound_once() -> None:
    engine = PaperEngine(writable=False)
    for number in range(10 * PaperEngine.max_outbox_packets):
        engine.connection.offer(message(str(number)), str(number % 10))
    engine.turn()
    assert engine.connection.state is State.OPEN and engine.counters.slow_disconnected == 0


def test_nothing_is_sent_before_it_is_open_or_after_its_end() -> None:
    engine = PaperEngine()
    engine.connection.state = State.OPENING
    engine.connection.send(message("early"))
    engine.connection.state = State.OPEN
    engine.connection.close(Reason.SERVER_DISCONNECT)
    engine.connection.send(message("late"))
    engine.turn()
    assert engine.transport.written == []


# Packets in ----------------------------------------------------------------------------------------------------------


def test_messages_go_to_the_handler() -> None:
    engine = PaperEngine()
    for packet in ("4a", "4", b"\x01", b""):
        engine.connection.receive(packet)
    assert engine.messages == ["4a", "4", b"\x01", b""]


def test_pong_goes_to_the_engine() -> None:
    engine = PaperEngine()
    engine.connection.receive("3")
    assert engine.told == ["answered"] and engine.messages == []


@pytest.mark.parametrize("packet", ["0{}", "2", "2probe", "3probe", "1now", "5", "6", "7", "", "x", "٤"])
def test_what_a_client_may_not_send_ends_the_connection(packet: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = PaperEngine()
    engine.connection.receive(packet)
    assert engine.told == ["closing", "reason: parse error", "closed"]
    assert engine.transport.ended == (Reason.PARSE_ERROR, b"")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"(paper): got the Engine.IO packet {packet!r}" in caplog.text


def test_message_that_the_handler_finds_wrong_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    engine = PaperEngine()
    for packet in ("4a", "4forbidden", "4b"):
        engine.connection.receive(packet)
    assert engine.messages == ["4a"]
    assert engine.told == ["closing", "reason: parse error", "closed"]
    assert len(caplog.records) == 1 and "got a forbidden message" in caplog.text


def test_log_is_safe_from_what_a_client_sends(caplog: pytest.LogCaptureFixture) -> None:
    PaperEngine().connection.receive("5\n\x1b" * 10_000)
    assert "\x1b" not in caplog.text and len(caplog.text) < 400


# The end -------------------------------------------------------------------------------------------------------------


def test_close_sends_what_waits() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.send(message("last"))
    engine.connection.close(Reason.SERVER_DISCONNECT)
    assert engine.connection.closing
    assert engine.transport.ended == (Reason.SERVER_DISCONNECT, b"4last")
    assert engine.told == ["closing", "reason: server disconnect"]  # the sid stays taken until the transport is through
    engine.connection.lost(Reason.TRANSPORT_CLOSE)
    assert engine.told == ["closing", "reason: server disconnect", "closed"]


def test_lost_drops_what_waits() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.send(message("never"))
    engine.connection.lost(Reason.PING_TIMEOUT)
    assert engine.transport.ended == (Reason.PING_TIMEOUT, b"")
    assert engine.told == ["closing", "reason: ping timeout", "closed"]
    engine.turn()
    assert engine.transport.written == []


def test_close_of_the_client_drops_what_waits() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.send(message("never"))
    engine.connection.receive(engineio.CLOSE)
    assert engine.transport.ended == (Reason.TRANSPORT_CLOSE, b"")
    assert engine.told == ["leaving", "closing", "reason: transport close", "closed"]


def test_handler_hears_the_first_reason_and_nothing_after_it() -> None:
    engine = PaperEngine()
    engine.connection.close(Reason.SERVER_DISCONNECT)
    for packet in ("4late", b"late", "3", "1", "x"):
        engine.connection.receive(packet)
    engine.connection.close(Reason.SERVER_SHUTTING_DOWN)
    engine.connection.fail(ProtocolError("late"))
    engine.connection.lost(Reason.PING_TIMEOUT)
    assert engine.messages == []
    assert [line for line in engine.told if line.startswith("reason")] == ["reason: server disconnect"]


# Pauses and upgrades -------------------------------------------------------------------------------------------------


def test_reading_pauses_and_goes_on() -> None:
    engine = PaperEngine()
    engine.connection.pause_reading()
    assert not engine.transport.reading
    engine.connection.resume_reading()
    assert engine.transport.reading


def test_upgrade_takes_along_what_waits() -> None:
    engine = PaperEngine(writable=False)
    engine.connection.send(message("a"))
    better = PaperTransport()
    engine.connection.upgrading = better
    engine.connection.upgrade(better)
    engine.connection.send(message("b"))
    engine.turn()
    assert engine.transport.written == [] and better.written == [b"4a", b"4b"]
    assert engine.connection.transport is better and engine.connection.upgrading is None


def test_pause_of_reading_is_not_lost_by_an_upgrade() -> None:
    engine = PaperEngine()
    engine.connection.pause_reading()
    better = PaperTransport()
    engine.connection.upgrade(better)
    assert not better.reading
    assert engine.transport.reading  # who waits there gets an answer
    engine.connection.resume_reading()
    assert better.reading


def test_end_during_an_upgrade_ends_both_transports() -> None:
    engine = PaperEngine()
    better = PaperTransport()
    engine.connection.upgrading = better
    engine.connection.send(message("last"))
    engine.connection.close(Reason.SERVER_SHUTTING_DOWN)
    assert engine.transport.ended == (Reason.SERVER_SHUTTING_DOWN, b"4last")
    assert better.ended == (Reason.SERVER_SHUTTING_DOWN, b"")


@pytest.fixture(autouse=True)
def _log_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "flask_socketio")


@pytest.mark.parametrize("end", [Connection.lost, Connection.close])
def test_a_connection_that_has_ended_is_not_paused_and_its_heartbeat_does_not_go_on(
    end: Callable[[Connection, Reason], None],
) -> None:
    engine = PaperEngine()
    end(engine.connection, Reason.TRANSPORT_CLOSE)
    engine.connection.pause_reading()
    assert engine.transport.reading and "answered" not in engine.told
