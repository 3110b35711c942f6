"""Namespaces come with their first member, and go with their last."""

from __future__ import annotations

from flask_socketio.hub.namespaces import Namespaces
from flask_socketio.protocol.engineio import EncodedPacket

HELLO = EncodedPacket(b"42hello")


class Member:
    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.got: list[object] = []
        self.send = self.got.append

    def offer(self, packet: EncodedPacket, key: str | None) -> None:
        self.got.append((packet, key))


def test_packets_reach_the_members_of_their_namespace() -> None:
    namespaces: Namespaces[Member] = Namespaces()
    ann, bob = Member("a"), Member("b")
    namespaces.add("/", ann)
    namespaces.add("/admin", bob)

    namespaces.publish("/", HELLO, None, ())
    namespaces.offer("/admin", HELLO, None, (), "key")
    namespaces.publish("/nobody", HELLO, None, ())
    namespaces.offer("/nobody", HELLO, None, (), None)

    assert (ann.got, bob.got) == ([HELLO], [(HELLO, "key")])
    assert list(namespaces) == [ann, bob]


def test_a_namespace_without_members_is_forgotten() -> None:
    namespaces: Namespaces[Member] = Namespaces()
    ann = Member("a")
    namespaces.add("/", ann)
    namespaces.rooms("/").join("a", "room")

    namespaces.remove("/", Member("a"))
    assert namespaces.rooms("/").rooms_of("a") == ["a", "room"]
    namespaces.remove("/", ann)
    namespaces.remove("/", ann)

    assert namespaces.rooms("/").rooms_of("a") == [] and namespaces._rooms == {}
