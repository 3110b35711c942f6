"""Who hears what is emitted: rooms, broadcasts, and who is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.clients import Client
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("rooms")


@pytest.fixture
def ann(connect: Connect) -> Client:
    return connect()


@pytest.fixture
def bob(connect: Connect) -> Client:
    return connect()


@pytest.fixture
def eve(connect: Connect) -> Client:
    return connect()


def only(*hear: Client, of: tuple[Client, ...], text: Any = "hello") -> None:
    """Each of these hears it once, the others nothing."""
    for client in hear:
        client.expect_event("said", text)
    for client in of:
        client.expect_silence()


def test_an_emit_answers_the_sender(ann: Client, bob: Client) -> None:
    ann.emit("say", "hello", {})
    only(ann, of=(ann, bob))


@pytest.mark.parametrize("how", ["say", "say from outside"])
def test_a_broadcast_reaches_everybody_in_the_namespace(connect: Connect, ann: Client, bob: Client, how: str) -> None:
    elsewhere = connect("/other")
    ann.emit(how, "hello", {"broadcast": True})
    only(ann, bob, of=(ann, bob, elsewhere))
    ann.emit(how, "hello", {"broadcast": True, "namespace": "/other"})
    only(elsewhere, of=(ann, bob, elsewhere))


@pytest.mark.parametrize("how", ["say", "say from outside"])
def test_a_broadcast_may_leave_people_out(ann: Client, bob: Client, eve: Client, how: str) -> None:
    everybody = (ann, bob, eve)
    ann.emit(how, "hello", {"broadcast": True, "include_self": False})
    only(bob, eve, of=everybody)
    ann.emit(how, "hello", {"broadcast": True, "skip_sid": bob.sid})
    only(ann, eve, of=everybody)
    ann.emit(how, "hello", {"broadcast": True, "skip_sid": [ann.sid, eve.sid]})
    only(bob, of=everybody)


def test_a_room_is_for_its_members(ann: Client, bob: Client, eve: Client) -> None:
    everybody = (ann, bob, eve)
    ann.ask("join", "kitchen")
    bob.ask("join", "kitchen")
    eve.emit("say", "hello", {"to": "kitchen"})
    only(ann, bob, of=everybody)
    ann.emit("say", "hello", {"to": "kitchen", "include_self": False})
    only(bob, of=everybody)
    bob.ask("leave", "kitchen")
    ann.emit("say", "hello", {"room": "kitchen"})
    only(ann, of=everybody)
    bob.ask("close", "kitchen")
    eve.emit("say", "hello", {"to": "kitchen"})
    only(of=everybody)


def test_who_is_in_several_rooms_hears_it_once(ann: Client, bob: Client, eve: Client) -> None:
    ann.ask("join", "kitchen")
    ann.ask("join", "garden")
    bob.ask("join", "garden")
    eve.emit("say", "hello", {"to": ["kitchen", "garden", "nowhere"]})
    only(ann, bob, of=(ann, bob, eve))


def test_a_sid_is_a_room_for_one(ann: Client, bob: Client, eve: Client) -> None:
    ann.emit("say", "hello", {"to": bob.sid})
    only(bob, of=(ann, bob, eve))
    assert ann.ask("join own room of", bob.sid) != ["joined"]
    assert ann.ask("rooms") == [[ann.sid]]


def test_one_client_may_bring_another_into_a_room(ann: Client, bob: Client) -> None:
    ann.ask("join", "kitchen", bob.sid)
    assert bob.ask("rooms") == [[bob.sid, "kitchen"]]
    ann.emit("say", "hello", {"to": "kitchen"})
    only(bob, of=(ann, bob))


def test_rooms_of_two_namespaces_have_nothing_in_common(connect: Connect, ann: Client) -> None:
    other = ann.join("/other").expect_connect()
    ann.ask("join", "kitchen")
    other.ask("join", "kitchen")
    ann.emit("say", "hello", {"to": "kitchen"})
    only(ann, of=(ann, other))


def test_who_leaves_is_in_no_room_any_more(ann: Client, bob: Client) -> None:
    ann.ask("join", "kitchen")
    bob.ask("join", "kitchen")
    sid = ann.sid
    ann.disconnect()
    ann.expect_disconnect("io client disconnect")
    ann.reconnect()
    ann.expect_connect()
    assert ann.sid != sid
    bob.emit("say", "hello", {"to": ["kitchen", sid]})
    only(bob, of=(ann, bob))


@any_transport
@pytest.mark.parametrize("text", ["hello", b"binary", {"nested": [b"binary", {"and": b"more"}]}], ids=str)
def test_a_broadcast_is_the_same_over_every_transport(connect: Connect, text: Any) -> None:
    polling = connect(transports=["polling"])
    upgraded = connect()
    websocket = connect(transports=["websocket"])
    upgraded.wait_for_transport()
    polling.emit("say", text, {"broadcast": True})
    only(polling, upgraded, websocket, of=(polling, upgraded, websocket), text=text)


def test_everybody_who_acknowledges_a_broadcast_is_heard(server: Program, ann: Client, bob: Client) -> None:
    about = ann.sid
    ann.emit("poll", about, {"broadcast": True})
    ann.expect_event("vote", about).acknowledge("yes", 1)
    server.expect(about, "yes", 1)
    bob.expect_event("vote", about).acknowledge()
    assert server.expect(about) == []
