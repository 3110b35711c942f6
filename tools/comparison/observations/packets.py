"""Packets that clients should not send."""

from __future__ import annotations

from tools.comparison.catalogue import observe
from tools.comparison.reasons import PROTOCOL
from tools.comparison.world import World


def sent(world: World, *packets: str | bytes) -> None:
    """A client in the main namespace sends this, and one more event to see whether it is still there."""
    world.on("go", world.noting("go", "handled"))
    world.on("disconnect", world.noting("disconnect"))
    client = world.joined()
    if client.send(*packets).rest().ended:
        world.until(1)


@observe("an unknown type of packet of Engine.IO", differs=PROTOCOL)
def unknown_engine_packet(world: World) -> None:
    sent(world, "9")


@observe("a PING, which only servers send", differs=PROTOCOL)
def ping(world: World) -> None:
    sent(world, "2")


@observe("a PONG that nobody waits for")
def pong(world: World) -> None:
    sent(world, "3")


@observe("a NOOP", differs=PROTOCOL)
def noop(world: World) -> None:
    sent(world, "6")


@observe("an unknown type of packet of Socket.IO", differs=PROTOCOL)
def unknown_packet(world: World) -> None:
    sent(world, "49")


@observe("an empty packet", differs=PROTOCOL)
def empty(world: World) -> None:
    sent(world, "4")


@observe("an event that is no JSON", differs=PROTOCOL)
def no_json(world: World) -> None:
    sent(world, "42[go")


@observe("an event that is no list", differs=PROTOCOL)
def no_list(world: World) -> None:
    sent(world, '42{"a":1}')


@observe("an event without a name", differs=PROTOCOL)
def no_name(world: World) -> None:
    sent(world, "42[]")


@observe("an event without anything", differs=PROTOCOL)
def no_data(world: World) -> None:
    sent(world, "42")


@observe("an event of a namespace that the client is not in", differs=PROTOCOL)
def other_namespace(world: World) -> None:
    sent(world, '42/other,["go"]')


@observe("an event before the client has joined", differs=PROTOCOL)
def before_joining(world: World) -> None:
    world.on("go", world.noting("go", "handled"))
    world.client().send('421["go"]').still()


@observe("joining twice", differs=PROTOCOL)
def joining_twice(world: World) -> None:
    sent(world, "40")


@observe("joining with something that is no dict", differs=PROTOCOL)
def odd_auth(world: World) -> None:
    world.on("connect", lambda auth: world.note("auth", auth))
    world.client().send('40"text"').take()


@observe("a CONNECT_ERROR, which only servers send", differs=PROTOCOL)
def connect_error(world: World) -> None:
    sent(world, '44{"message":"no"}')


@observe("an acknowledgement without a number", differs=PROTOCOL)
def ack_without_number(world: World) -> None:
    sent(world, "43[]")


@observe("bytes that nothing has announced", differs=PROTOCOL)
def unexpected_bytes(world: World) -> None:
    sent(world, b"\x01")


@observe("text in place of announced bytes", differs=PROTOCOL)
def text_for_bytes(world: World) -> None:
    sent(world, '451-["go",{"_placeholder":true,"num":0}]', '42["go"]')


@observe("an announcement of no bytes", differs=PROTOCOL)
def no_bytes(world: World) -> None:
    sent(world, '450-["go"]')


@observe("a placeholder for bytes that are not there", differs=PROTOCOL)
def wrong_placeholder(world: World) -> None:
    sent(world, '451-["go",{"_placeholder":true,"num":5}]', b"\x01")


@observe("leaving a namespace that the client is not in", differs=PROTOCOL)
def leaving_other(world: World) -> None:
    sent(world, "41/other,")
