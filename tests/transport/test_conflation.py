"""Conflation: only the newest packet of a key waits, behind all that waited before it."""

from __future__ import annotations

import random

from flask_socketio.protocol.engineio import EncodedPacket, message
from flask_socketio.transport.conflation import Conflation


def test_newest_packet_takes_the_end_of_the_line() -> None:
    outbox: list[EncodedPacket] = []
    conflation = Conflation()
    first, other, second = message("1"), message("other"), message("2")
    assert conflation.add(outbox, "EUR", first) is None
    outbox.append(other)
    assert conflation.add(outbox, "EUR", second) is first
    assert conflation.take(outbox) == [other, second]


def test_what_has_been_taken_is_not_replaced() -> None:
    conflation = Conflation()
    conflation.add([], "EUR", message("1"))
    conflation.take([message("1")])
    outbox: list[EncodedPacket] = []
    newest = message("2")
    assert conflation.add(outbox, "EUR", newest) is None
    assert conflation.take(outbox) == [newest]


def test_holes_do_not_pile_up() -> None:
    outbox: list[EncodedPacket] = []
    conflation = Conflation()
    for number in range(10_000):
        conflation.add(outbox, str(number % 7), message(str(number)))
    assert len(outbox) < 200
    assert [packet.text for packet in conflation.take(outbox)] == [b"4%d" % n for n in range(9_993, 10_000)]


def test_any_mixture_leaves_what_a_simple_list_would() -> None:
    chance = random.Random(7)
    for _ in range(50):
        outbox: list[EncodedPacket] = []
        conflation = Conflation()
        expected: list[tuple[str | None, EncodedPacket]] = []
        for number in range(chance.randrange(500)):
            packet = message(str(number))
            key = chance.choice([None, "a", "b", "c"])
            if key is None:
                outbox.append(packet)
            else:
                conflation.add(outbox, key, packet)
                expected = [pair for pair in expected if pair[0] != key]
            expected.append((key, packet))
        assert conflation.take(outbox) == [packet for _, packet in expected]
