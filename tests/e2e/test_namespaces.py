"""Several namespaces on one connection, and the ways to write them."""

from __future__ import annotations

from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program

SERVER = App("namespaces")


def test_one_connection_carries_several_namespaces(connect: Connect) -> None:
    root = connect()
    a, b = root.join("/a").expect_connect(), root.join("/b").expect_connect()
    assert len({root.sid, a.sid, b.sid}) == 3
    for client, name in [(a, "/a"), (root, "/"), (b, "/b")]:
        assert client.ask("where", b"am I?") == [name, client.sid, [b"am I?"]]


def test_leaving_one_leaves_the_others_alone(connect: Connect, server: Program) -> None:
    root = connect()
    a, b = root.join("/a").expect_connect(), root.join("/b").expect_connect()
    a.disconnect()
    a.expect_disconnect("io client disconnect")
    server.expect(a.sid, "/a", "client disconnect")
    b.emit("put me out")
    b.expect_disconnect("io server disconnect")
    server.expect(b.sid, "/b", "server disconnect")
    root.expect_silence()
    a.reconnect()
    a.expect_connect()
    root.close()
    root.expect_disconnect("forced close")
    a.expect_disconnect("forced close")
    server.expect(root.sid, "/", "transport close")
    server.expect(a.sid, "/a", "transport close")
    assert server.told_nothing(b.sid)


def test_an_unknown_namespace_is_refused_on_a_connection_that_goes_on(connect: Connect) -> None:
    root = connect()
    root.join("/secret").expect_refusal("Invalid namespace")
    root.join("/club").expect_refusal("Connection rejected by server")
    root.expect_silence()


def test_a_namespace_may_be_known_without_a_handler_of_its_own(connect: Connect) -> None:
    quiet = connect("/quiet")
    assert quiet.ask("where") == ["/quiet", quiet.sid, []]
    dynamic = quiet.join("/dynamic").expect_connect()
    assert dynamic.ask("where", 1) == ["/dynamic", dynamic.sid, [1]]


def test_names_may_be_long_and_strange(connect: Connect) -> None:
    root = connect()
    for name in ("/b?query", "/" + "long" * 100, "/naïve 😀"):
        root.join(name).expect_refusal("Invalid namespace")
    strange = root.join("/naïve/ζ").expect_connect()
    assert strange.ask("where") == ["/naïve/ζ", strange.sid, []]


def test_a_class_has_its_handlers_as_methods(connect: Connect, server: Program) -> None:
    club = connect("/club", auth={"password": "please"})
    other = connect("/club", auth={"password": "please"})
    assert club.ask("where", 1) == ["/club", club.sid, [1]]
    club.emit("shout", "hi")
    other.expect_event("shouted", "hi")
    club.expect_event("shouted", "hi")
    club.expect_event("message", "hi")
    club.expect_event("whispered", "hi")
    assert club.ask("fail") == ["nothing there"]
    club.disconnect()
    server.expect(club.sid, "/club", "client disconnect")
    other.expect_silence()
