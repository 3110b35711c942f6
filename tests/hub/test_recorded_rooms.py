"""Recorded rooms: who is away gets what was meant for it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from flask_socketio.hub.history import Bounds, History, Positions
from flask_socketio.hub.recorded_rooms import MAX_LEFT, RecordedRooms
from flask_socketio.hub.rooms import UnknownMember
from flask_socketio.protocol.engineio import EncodedPacket


class Member:
    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.got: list[bytes | None] = []
        self.send = lambda packet: self.got.append(packet.text)

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        self.got.append(packet.text)


class Place:
    """Rooms with two members, and a history of a few events."""

    def __init__(self, messages: int = 4) -> None:
        self.positions = Positions()
        history = History(self.positions, Bounds(60, messages, 100_000), lambda: 0.0)
        self.rooms: RecordedRooms[Member] = RecordedRooms(
            history,
            lambda: self.positions.last,
            lambda packet, position: EncodedPacket(b"%b@%d" % (packet.text or b"", position)),
        )
        self.ann, self.bob = Member("ann"), Member("bob")
        self.rooms.add(self.ann)
        self.rooms.add(self.bob)

    def say(self, text: bytes, *to: str, skip: tuple[str, ...] = ()) -> None:
        self.rooms.publish(EncodedPacket(text), to or None, skip)

    def cut(self, member: Member) -> None:
        self.rooms.leave_for_now(member.sid)
        self.rooms.remove(member)

    def missed(self, sid: str, position: int = 0) -> list[bytes | None] | None:
        missed = self.rooms.missed(sid, position, heard=-1.0)
        return None if missed is None else [packet.text for packet in missed]


@pytest.fixture
def place() -> Place:
    return Place()


def test_every_event_has_a_position_and_offers_have_the_last(place: Place) -> None:
    place.say(b"a")
    place.rooms.offer(EncodedPacket(b"cursor"), None, (), None)
    place.say(b"b")
    assert place.ann.got == [b"a@1", b"cursor@1", b"b@2"]


def test_what_was_missed_is_what_was_meant(place: Place) -> None:
    place.rooms.join("ann", "x")
    place.say(b"before")
    place.cut(place.ann)
    place.say(b"all")
    place.say(b"x", "x")
    place.say(b"elsewhere", "y", "bob")
    place.say(b"without ann", skip=("ann",))
    assert place.missed("ann", 1) == [b"all@2", b"x@3"]
    place.say(b"personal", "ann", "x")
    assert place.missed("ann", 2) == [b"x@3", b"personal@6"]


def test_events_from_before_a_room_was_joined_are_not_replayed(place: Place) -> None:
    place.say(b"early", "x")
    place.rooms.join("ann", "x")
    place.rooms.join("ann", "x")
    place.say(b"late", "x")
    place.cut(place.ann)
    assert place.missed("ann") == [b"late@2"]


def test_who_has_got_nothing_yet_is_told_from_its_start(place: Place) -> None:
    place.say(b"before eve")
    eve = Member("eve")
    place.rooms.add(eve)
    place.say(b"after")
    place.cut(eve)
    assert place.missed("eve") == [b"after@2"]


def test_own_room_that_was_left_stays_left(place: Place) -> None:
    place.rooms.leave("ann", "ann")
    place.cut(place.ann)
    place.say(b"personal", "ann")
    assert place.missed("ann") == []
    again = Member("ann")
    place.rooms.add(again)
    place.say(b"personal", "ann")
    assert again.got == [] and place.rooms.rooms_of("ann") == []


def test_back_in_all_rooms_with_the_positions_of_then(place: Place) -> None:
    place.say(b"early", "x")
    place.rooms.join("ann", "x")
    place.cut(place.ann)
    again = Member("ann")
    place.rooms.add(again)
    place.say(b"live", "x")
    assert again.got == [b"live@2"] and place.rooms.rooms_of("ann") == ["ann", "x"]
    place.cut(again)
    assert place.missed("ann") == [b"live@2"] and place.rooms.away.keys() == {"ann"}


def test_what_cannot_be_published_is_not_recorded(place: Place) -> None:
    bad: Any = {"a": 1}
    place.cut(place.ann)
    for to, skip in (([bad], ()), (["bob", bad], ()), (["bob"], [bad])):
        with pytest.raises(TypeError, match="unhashable"):
            place.rooms.publish(EncodedPacket(b"bad"), to, skip)
    place.say(b"good")
    assert place.missed("ann") == [place.bob.got[-1]]
    positions = [text.partition(b"@")[2] for text in place.bob.got if text]
    assert len(set(positions)) == len(positions), "no position stands for two events"


def test_what_fell_out_of_the_history_is_said(place: Place) -> None:
    for text in (b"1", b"2", b"3", b"4", b"5"):
        place.say(text)
    place.cut(place.ann)
    assert place.missed("ann", 0) is None
    assert place.missed("ann", 1) == [b"2@2", b"3@3", b"4@4", b"5@5"]
    assert place.missed("ann", 6) is None  # nobody was sent that yet


def test_closed_rooms_are_closed_for_who_is_away(place: Place) -> None:
    place.rooms.join("ann", "x")
    place.cut(place.ann)
    place.rooms.close("x")
    place.say(b"x", "x")
    assert place.missed("ann") == []


def test_what_was_said_in_a_room_before_it_was_left_is_missed_too(place: Place) -> None:
    for room in ("x", "y", "z"):
        place.rooms.join("ann", room)
    place.say(b"heard", "y")
    place.say(b"not noticed", "x")
    place.rooms.leave("ann", "x")  # nobody has noticed yet that she is away
    place.say(b"without her", "x")
    place.cut(place.ann)
    place.say(b"away", "y", "z")
    place.rooms.leave("ann", "y")
    place.rooms.close("z")
    place.say(b"without her", "y", "z")
    assert place.missed("ann", 1) == [b"not noticed@2", b"away@4"]


def test_the_own_room_is_left_and_joined_like_others(place: Place) -> None:
    for step in (place.rooms.leave, place.rooms.join):
        place.say(step.__name__.encode(), "ann")
        step("ann", "ann")
    place.cut(place.ann)
    assert place.missed("ann") == [b"leave@1"]
    for step in (place.rooms.leave, place.rooms.join):
        place.say(step.__name__.encode(), "ann")
        step("ann", "ann")
    assert place.missed("ann") == [b"leave@1", b"leave@3"]
    place.rooms.add(again := Member("ann"))
    place.cut(again)
    assert place.missed("ann") == [b"leave@1", b"leave@3"]


def test_who_has_left_more_rooms_than_are_remembered_is_told() -> None:
    place = Place(messages=1_000)
    for _ in range(MAX_LEFT + 1):
        place.rooms.join("ann", "x")
        place.say(b"a", "x")
        place.rooms.leave("ann", "x")
    place.cut(place.ann)
    assert place.missed("ann", 0) is None
    missed = place.missed("ann", 1)
    assert missed is not None and len(missed) == MAX_LEFT


def test_rooms_that_were_left_long_ago_or_without_a_word_are_not_remembered(place: Place) -> None:
    for _ in range(2 * MAX_LEFT):
        for room in ("x", "quiet"):
            place.rooms.join("ann", room)
        place.say(b"a", "x")
        for room in ("x", "quiet"):
            place.rooms.leave("ann", room)
    place.cut(place.ann)
    assert place.missed("ann", 2 * MAX_LEFT - 4) is not None
    assert len(place.rooms.away["ann"].left.stretches) <= 2 * 5


def test_rooms_are_wanted_as_long_as_somebody_may_come_back(place: Place) -> None:
    place.cut(place.ann)
    place.rooms.remove(place.bob)
    assert place.rooms.wanted and place.rooms.concerns(["anything"], ())
    place.rooms.forget_away("ann")
    place.rooms.forget_away("ann")
    assert not place.rooms.wanted and not place.rooms.concerns(None, ())


def test_who_is_away_can_be_put_into_rooms_and_taken_out(place: Place) -> None:
    """Its events may still be handled: what they do is there when it comes back."""
    place.rooms.join("ann", "old")
    place.rooms.leave_for_now("ann")
    place.rooms.join("ann", "between")  # while its disconnect handler has yet to run, which may leave rooms
    place.rooms.leave("ann", "between")
    place.rooms.remove(place.ann)
    assert place.rooms.knows("ann") and place.rooms.knows("bob") and not place.rooms.knows("eve")
    place.say(b"a", "new")
    for room in ("new", "brief", "ann"):
        place.rooms.join("ann", room)
    place.say(b"b", "new")
    for room in ("brief", "old", "ann"):
        place.rooms.leave("ann", room)
    place.say(b"c", "between")
    place.say(b"d", "old", "brief", "ann")
    assert place.missed("ann") == [b"b@2", b"c@3"]
    place.rooms.add(place.ann)
    assert place.rooms.rooms_of("ann") == ["between", "new"]


def test_the_rules_hold_for_who_is_away(place: Place) -> None:
    place.cut(place.ann)
    with pytest.raises(ValueError, match="the room of another client"):
        place.rooms.join("ann", "bob")
    with pytest.raises(UnknownMember):
        place.rooms.join("eve", "room")


def test_the_own_room_of_who_is_away_is_taken(place: Place) -> None:
    place.cut(place.ann)
    with pytest.raises(ValueError, match="the room of another client"):
        place.rooms.join("bob", "ann")
    with pytest.raises(ValueError, match="cannot close a sid room"):
        place.rooms.close("ann")
    place.cut(place.bob)
    with pytest.raises(ValueError, match="the room of another client"):
        place.rooms.join("bob", "ann")


def test_who_comes_back_gets_no_room_that_has_become_the_own_one_of_another(place: Place) -> None:
    place.rooms.join("ann", "eve")
    place.cut(place.ann)
    eve, again = Member("eve"), Member("ann")
    place.rooms.add(eve)
    place.rooms.add(again)
    place.say(b"personal", "eve")
    assert (eve.got, again.got, place.rooms.rooms_of("ann")) == ([b"personal@1"], [], ["ann"])
