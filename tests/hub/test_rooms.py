"""Rooms: who is in them, and who gets a packet."""

from __future__ import annotations

import pytest

from flask_socketio.hub.rooms import Rooms
from flask_socketio.protocol.engineio import EncodedPacket

HELLO = EncodedPacket(b"42hello")


class Member:
    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.got: list[EncodedPacket] = []
        self.send = self.got.append
        self.offered: list[tuple[EncodedPacket, str | None]] = []

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        self.offered.append((packet, key))


def rooms_of(*sids: str) -> tuple[Rooms[Member], dict[str, Member]]:
    rooms: Rooms[Member] = Rooms()
    members = {sid: Member(sid) for sid in sids}
    for member in members.values():
        rooms.add(member)
    return rooms, members


def receivers(members: dict[str, Member]) -> list[str]:
    return [sid for sid, member in members.items() if member.got]


def test_a_member_is_in_the_room_of_its_own_sid() -> None:
    rooms, members = rooms_of("a", "b")

    rooms.publish(HELLO, ["a"])

    assert receivers(members) == ["a"]
    assert rooms.rooms_of("a") == ["a"]


def test_own_room_can_be_left_and_joined_again() -> None:
    rooms, members = rooms_of("a")

    rooms.leave("a", "a")
    rooms.publish(HELLO, ["a"])
    assert (receivers(members), rooms.rooms_of("a")) == ([], [])

    rooms.join("a", "a")
    assert rooms.rooms_of("a") == ["a"]


def test_rooms_of_lists_own_room_first_and_the_others_in_the_order_of_joining() -> None:
    rooms, _ = rooms_of("a")
    for room in ("z", 7, ("x", "y"), "b"):
        rooms.join("a", room)

    assert rooms.rooms_of("a") == ["a", "z", 7, ("x", "y"), "b"]
    assert rooms.rooms_of("unknown") == []


def test_everybody_gets_a_packet_for_no_room_in_particular() -> None:
    rooms, members = rooms_of("a", "b", "c")

    rooms.publish(HELLO, None)

    assert receivers(members) == ["a", "b", "c"]
    assert all(member.got[0] is HELLO for member in members.values()), "encoded once: the same object for everybody"


def test_a_member_of_two_rooms_gets_one_packet() -> None:
    rooms, members = rooms_of("a", "b")
    rooms.join("a", "x")
    rooms.join("a", "y")
    rooms.join("b", "y")

    rooms.publish(HELLO, ["x", "y", "a"])

    assert [len(member.got) for member in members.values()] == [1, 1]


@pytest.mark.parametrize("room", [None, ["x"]])
def test_skipped_sids_get_nothing(room: list[str] | None) -> None:
    rooms, members = rooms_of("a", "b", "c")
    for sid in members:
        rooms.join(sid, "x")

    rooms.publish(HELLO, room, skip=("a", "c"))

    assert receivers(members) == ["b"]


def test_an_unknown_room_is_empty() -> None:
    rooms, members = rooms_of("a")

    rooms.publish(HELLO, ["nowhere"])

    assert receivers(members) == []


def test_joining_needs_a_member() -> None:
    rooms, _ = rooms_of("a")

    with pytest.raises(ValueError, match="no client with the sid 'b'"):
        rooms.join("b", "x")


def test_the_room_of_another_client_is_closed_to_all() -> None:
    rooms, _ = rooms_of("a", "b")

    with pytest.raises(ValueError, match="cannot enter a sid room"):
        rooms.join("a", "b")


def test_leaving_takes_one_out_and_an_empty_room_vanishes() -> None:
    rooms, members = rooms_of("a", "b")
    rooms.join("a", "x")
    rooms.join("b", "x")

    rooms.leave("a", "x")
    rooms.leave("a", "x")  # once more does nothing
    rooms.leave("nobody", "x")
    rooms.publish(HELLO, ["x"])

    assert receivers(members) == ["b"]
    rooms.leave("b", "x")
    assert list(rooms.in_room("x")) == []
    assert rooms._rooms == {}


def test_closing_a_room_takes_everybody_out() -> None:
    rooms, members = rooms_of("a", "b")
    for sid in members:
        rooms.join(sid, "x")

    rooms.close("x")
    rooms.close("never there")

    assert rooms.rooms_of("a") == ["a"]
    assert rooms._rooms == {}


def test_the_room_of_a_client_cannot_be_closed() -> None:
    rooms, _ = rooms_of("a")

    with pytest.raises(ValueError, match="cannot close a sid room"):
        rooms.close("a")


def test_a_member_whose_place_another_has_taken_cannot_be_removed() -> None:
    rooms, members = rooms_of("a")
    successor = Member("a")
    rooms.add(successor)

    rooms.remove(members["a"])

    assert rooms.members == {"a": successor}


def test_removing_a_member_leaves_nothing_of_it() -> None:
    rooms, members = rooms_of("a", "b")
    rooms.join("a", "x")
    rooms.join("b", "x")
    rooms.leave("a", "a")

    rooms.remove(members["a"])
    rooms.remove(members["a"])
    rooms.remove(members["b"])

    assert (rooms.members, rooms._rooms, rooms._joined, rooms._left_own) == ({}, {}, {}, set())


def test_what_is_offered_reaches_the_same_members_with_its_key() -> None:
    rooms, members = rooms_of("a", "b", "c")
    rooms.join("a", "x")
    rooms.join("b", "x")

    rooms.offer(HELLO, ["x", "b"], ["a"], "EURUSD")
    assert [member.offered for member in members.values()] == [[], [(HELLO, "EURUSD")], []]

    rooms.offer(HELLO, None, [], None)
    assert [member.offered[-1] for member in members.values()] == [(HELLO, None)] * 3
    assert receivers(members) == []


def test_a_member_is_in_so_many_rooms() -> None:
    rooms: Rooms[Member] = Rooms(max_rooms=2)
    rooms.add(Member("a"))
    for room in ("x", "y", "x", "a"):
        rooms.join("a", room)
    with pytest.raises(ValueError, match="cannot join room 'z': a is in 2 rooms"):
        rooms.join("a", "z")
    rooms.leave("a", "x")
    rooms.join("a", "z")


def test_a_room_belongs_to_the_member_whose_sid_is_its_name_whoever_was_there_before() -> None:
    rooms, members = rooms_of("a", "b")
    rooms.join("a", "c")
    rooms.add(newcomer := Member("c"))

    rooms.publish(HELLO, ["c"])

    assert (receivers(members), newcomer.got, rooms.rooms_of("a")) == ([], [HELLO], ["a"])
