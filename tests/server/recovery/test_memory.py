"""Recovery, as clients on the wire see it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_socketio import Namespace, SocketIO, emit, event_rules, join_room, leave_room, request
from tests.memory import SOON, running
from tests.server.recovery.device import Device, app_with


def test_back_with_sid_rooms_session_and_what_was_missed() -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        sid = ann.sid
        ann.emit("join", "x")
        ann.emit("remember", "tea")
        assert [ann.event(), ann.event()] == [["joined", "x"], ["remembered"]]
        ann.cut()
        for number in range(3):
            socketio.emit("news", (number, "text"))
        socketio.emit("news", "to the room", to="x")
        socketio.emit("news", "to another room", to="y")
        socketio.emit("news", "personal", to=sid)
        ann.connect()
        assert (ann.recovered, ann.sid) == (True, sid)
        missed = [["news", n, "text"] for n in range(3)] + [["news", "to the room"], ["news", "personal"]]
        assert [ann.event() for _ in missed] == missed
        ann.emit("recall")
        assert ann.event() == ["value", "tea"]
        socketio.emit("live", to="x")
        assert ann.event() == ["live"] and ann.client.nothing_came()


def test_what_was_said_in_a_room_before_it_was_taken_out_of_it(tmp_path: Path) -> None:
    socketio = app_with({"path": str(tmp_path / "recovery")})
    with running(socketio) as server:
        ann = Device(server)
        for room in "xy":
            ann.emit("join", room)
            ann.event()
        ann.cut()
        socketio.emit("said", "x", to="x")
        socketio.running_server.leave(ann.sid, "/", "x")
        socketio.emit("unheard", to="x")
        socketio.emit("said", "y", to="y")
        socketio.close_room("y")
    with running(socketio) as server:
        ann._server = server
        ann.connect()
        assert ann.recovered and [ann.event(), ann.event()] == [["said", "x"], ["said", "y"]]
        assert ann.client.nothing_came() and socketio.running_server.rooms(ann.sid, "/") == [ann.sid]


@pytest.mark.parametrize("options", [{"rate_limit": "3/hour"}, {}])
def test_the_limits_go_on_where_they_were(options: dict[str, Any]) -> None:
    socketio = app_with(**options)

    @socketio.on("scarce", rate_limit=None if options else "3/hour")
    def scarce() -> str:
        return "done"

    with running(socketio) as server:
        ann = Device(server)
        for _ in range(2):
            ann.client.send('421["scarce"]')
            assert ann.client.next() == '431["done"]'
            ann.cut()
            ann.connect()
            assert ann.recovered
        ann.client.send('421["scarce"]')
        assert ann.client.next() == '431["done"]'
        ann.client.send('421["scarce"]')
        assert "rate_limited" in str(ann.client.next())
        ann.cut()
        ann.connect()
        ann.client.send('421["scarce"]')
        assert "rate_limited" in str(ann.client.next())


def test_so_do_those_of_a_class() -> None:
    class Shop(Namespace):
        @event_rules(rate_limit="1/hour")
        def on_scarce(self) -> str:
            return "done"

    socketio = app_with()
    socketio.on_namespace(Shop("/"))
    with running(socketio) as server:
        ann = Device(server)
        ann.client.send('421["scarce"]')
        assert ann.client.next() == '431["done"]'
        ann.cut()
        ann.connect()
        ann.client.send('421["scarce"]')
        assert ann.recovered and "rate_limited" in str(ann.client.next())


def test_nothing_comes_twice_over_several_cuts() -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        got = []
        for number in range(20):
            socketio.emit("n", number)
            if number % 3 == 0:
                got.append(ann.event()[1])  # the others may be lost on the way
            ann.cut()
            socketio.emit("n", number + 0.5)
            ann.connect()
            assert ann.recovered
        socketio.emit("n", "end")
        while got[-1] != "end":
            got.append(ann.event()[1])
        assert got == [n / 2 for n in range(40)] + ["end"]


def test_who_has_got_nothing_yet_recovers_too_whatever_offset_it_sends() -> None:
    socketio = app_with()
    with running(socketio) as server:
        socketio.emit("before", 1)
        for offset in (None, "", "x", "abcd1234-57", "-1", "0-٣"):
            ann = Device(server)
            ann.cut()
            socketio.emit("missed", [offset])
            ann.offset = offset
            ann.connect()
            assert ann.recovered and ann.event() == ["missed", [offset]]
            ann.client.send("41")


def test_events_with_a_callback_have_no_offset_and_are_not_replayed() -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        socketio.emit("ask", "x", callback=print, to=ann.sid)
        assert ann.client.next() == '421["ask","x"]'
        ann.cut()
        socketio.emit("ask", "y", callback=print, to=ann.sid)
        ann.connect()
        assert ann.recovered and ann.client.nothing_came()


def test_volatile_and_latest_carry_the_position_and_are_not_kept() -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        socketio.emit("kept")
        ann.event()
        kept = ann.offset
        socketio.emit("price", "text", latest="EUR")
        socketio.emit("cursor", volatile=True)
        assert ann.event() == ["price", "text"] and ann.offset == kept
        assert ann.event() == ["cursor"] and ann.offset == kept
        ann.cut()
        socketio.emit("price", "text", latest="EUR")
        socketio.emit("news")
        ann.connect()
        assert ann.event() == ["news"] and ann.client.nothing_came()


def test_what_the_past_no_longer_holds_makes_a_new_client() -> None:
    socketio = app_with({"max_messages": 2})
    with running(socketio) as server:
        ann, bob = Device(server), Device(server)
        sid = ann.sid
        for device in (ann, bob):
            device.cut()
        socketio.emit("n", 1)
        socketio.emit("n", 2)
        bob.connect()
        assert bob.recovered and [bob.event(), bob.event()] == [["n", 1], ["n", 2]]
        socketio.emit("n", 3)
        ann.connect()
        assert not ann.recovered and ann.sid != sid
        assert ann.client.nothing_came()


def test_handlers_see_who_is_back_and_may_refuse_it() -> None:
    socketio = app_with()
    seen: list[Any] = []

    @socketio.on("connect")
    def connect(auth: dict[str, str] | None) -> bool:
        seen.append((request.recovered, auth))
        emit("hello")
        return auth is None or auth["token"] != "stolen"

    with running(socketio) as server:
        ann = Device(server)
        assert ann.event() == ["hello"]
        ann.cut()
        socketio.emit("missed")
        ann.connect(token="good")
        assert ann.recovered and [ann.event(), ann.event()] == [["missed"], ["hello"]]
        ann.cut()
        ann.client = server.client()
        ann.ask(token="stolen")
        assert str(ann.client.next()).startswith("44")
        ann.connect()
        assert not ann.recovered
        assert seen == [(False, None), (True, {"token": "good"}), (True, {"token": "stolen"}), (False, None)]


def test_skip_middlewares_lets_in_without_asking() -> None:
    socketio = app_with({"skip_middlewares": True})
    asked = []

    @socketio.on("connect")
    def connect() -> None:
        asked.append(1)

    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        ann.connect()
        assert ann.recovered and asked == [1]


def test_a_connection_that_nobody_missed_yet_is_taken_over() -> None:
    socketio = app_with()
    reasons: list[str] = []
    socketio.on_event("disconnect", reasons.append)
    with running(socketio) as server:
        ann = Device(server)
        before = ann.client
        before.stall()
        socketio.emit("n", 1)
        ann.connect()
        assert before.ended and ann.recovered and ann.event() == ["n", 1]
        assert reasons == ["transport close"]


def test_the_old_life_ends_before_the_new_one_begins() -> None:
    socketio = app_with()
    ended, life = threading.Event(), []

    @socketio.on("connect")
    def connect() -> None:
        life.append("connect")

    @socketio.on("disconnect")
    def disconnect() -> None:
        assert ended.wait(SOON)
        leave_room("x")
        life.append("disconnect")

    with running(socketio) as server:
        ann = Device(server)
        ann.emit("join", "x")
        ann.event()
        ann.cut()
        ann.client = server.client()
        ann.ask()
        socketio.emit("missed", to="x")
        ended.set()
        ann.answered()
        assert ann.recovered and ann.event() == ["missed"]
        socketio.emit("live", to="x")
        assert ann.event() == ["live"]
        assert life == ["connect", "disconnect", "connect"]


@pytest.mark.parametrize("end", ["put out", "pushed out", "expired"])
def test_who_is_not_waited_for_any_more_while_its_old_life_ends_is_a_new_client(end: str) -> None:
    socketio = app_with({"max_sessions": 1})
    ended = threading.Event()

    @socketio.on("disconnect")
    def disconnect() -> None:
        assert ended.wait(SOON)

    with running(socketio) as server:
        ann, bob = Device(server), Device(server)
        sid = ann.sid
        ann.cut()
        ann.client = server.client()
        ann.ask()
        recovery: Any = server.server._recovery
        if end == "put out":
            server.server.disconnect(sid, "/")
        elif end == "pushed out":
            bob.cut()
        else:
            server.on_loop(lambda: recovery._expired(sid))
        ann.answered()
        assert not ann.recovered and ann.sid != sid
        ended.set()
        assert ann.client.nothing_came()
        assert len(recovery._until_impatient) == 0


def test_a_room_that_is_joined_after_the_cut_is_among_those_of_then() -> None:
    socketio = app_with()
    cut, joined = threading.Event(), threading.Event()

    @socketio.on("late join")
    def join(room: str) -> None:
        assert cut.wait(SOON)
        join_room(room)
        joined.set()

    with running(socketio) as server:
        ann = Device(server)
        ann.emit("late join", "x")
        ann.cut()
        cut.set()
        assert joined.wait(SOON)
        socketio.emit("missed", to="x")
        ann.connect()
        assert ann.recovered and ann.event() == ["missed"]
        socketio.emit("live", to="x")
        assert ann.event() == ["live"]


def test_cut_again_while_the_connect_handler_runs() -> None:
    socketio = app_with()
    running_now, go = threading.Event(), threading.Event()

    @socketio.on("connect")
    def connect() -> None:
        if request.recovered:
            running_now.set()
            assert go.wait(SOON)

    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        socketio.emit("missed")
        ann.client = server.client()
        ann.ask()
        assert running_now.wait(SOON)
        ann.cut()
        ann.client = server.client()
        ann.ask()
        go.set()
        ann.answered()
        assert ann.recovered and ann.event() == ["missed"] and ann.client.nothing_came()


@pytest.mark.parametrize("ends", ["41", "leave"])
def test_who_left_or_was_put_out_does_not_come_back(ends: str) -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        if ends == "leave":
            server.server.disconnect(ann.sid, "/")
            assert ann.client.next() == "41"
        else:
            ann.client.send(ends)
        server.settle()
        ann.ask()
        ann.answered()
        assert not ann.recovered


def test_who_is_put_out_while_away_does_not_come_back() -> None:
    socketio = app_with()
    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        server.server.disconnect(ann.sid, "/")
        ann.connect()
        assert not ann.recovered


def test_who_is_put_out_while_it_waits_to_come_back_is_let_in_as_a_new_client() -> None:
    socketio = app_with()
    ended = threading.Event()
    socketio.on_event("disconnect", lambda: ended.wait(SOON) and None)

    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        ann.client = server.client()
        ann.ask()
        server.on_loop(lambda: server.server.disconnect(ann.sid, "/"))
        ann.answered()
        assert not ann.recovered
        ended.set()


def test_secrets_of_others_and_of_other_namespaces_are_none() -> None:
    socketio = app_with(namespaces=["/", "/other"])
    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        eve = Device(server, "/other")
        eve.cut()
        eve.pid = ann.pid
        eve.connect()
        assert not eve.recovered
        eve.cut()
        eve.pid = "guess"
        eve.connect()
        assert not eve.recovered
        ann.connect()
        assert ann.recovered


def test_as_many_as_are_waited_for() -> None:
    socketio = app_with({"max_sessions": 2})
    with running(socketio) as server:
        devices = [Device(server) for _ in range(3)]
        for device in devices:
            device.cut()
        for device in devices:
            device.connect()
        assert [device.recovered for device in devices] == [False, True, True]


def test_who_comes_and_goes_pushes_out_itself() -> None:
    socketio = app_with({"max_sessions": 2})
    with running(socketio) as server:
        ann = Device(server, address="192.0.2.2")
        ann.cut()
        for _ in range(5):
            Device(server).cut()
        ann.connect()
        assert ann.recovered


def test_nothing_is_left_of_those_who_did_not_come_back() -> None:
    socketio = app_with({"max_disconnection_duration": 0.01})
    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        recovery: Any = server.server._recovery
        gone = threading.Event()

        def look() -> None:
            if recovery._away:
                server.loop.call_later(0.01, look)
            else:
                gone.set()

        server.loop.call_soon_threadsafe(look)
        assert gone.wait(SOON)
        assert recovery._sids == {} and list(server.server._namespaces._rooms) == []


def test_without_recovery_nothing_of_it_is_on_the_wire() -> None:
    socketio = SocketIO(Flask("app"))
    with running(socketio) as server:
        client = server.joined()
        socketio.emit("a", "b")
        assert client.next() == '42["a","b"]'
        client.drop()
        again = server.client()
        assert "pid" not in again.join(auth={"pid": "x", "offset": "y"})


def test_test_clients_see_no_offsets() -> None:
    socketio = app_with()

    @socketio.on("ask")
    def ask() -> None:
        emit("a", ("x", "y"))
        emit("message", "m")

    assert socketio.sockio_mw is not None
    client = socketio.test_client(socketio.sockio_mw.flask_app)
    client.emit("ask")
    assert [(event["name"], event["args"]) for event in client.get_received()] == [("a", ["x", "y"]), ("message", "m")]
