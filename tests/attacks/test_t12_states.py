"""T12: requests and packets that are right, but not now, not here, or not once more."""

from __future__ import annotations

import json

import pytest

from tests.attacks.target import POLLING, WEBSOCKET, Target, Wire
from tests.hosts.native_serving import HANDSHAKE


@pytest.mark.parametrize(
    "query",
    [
        "EIO=3&transport=polling&sid={sid}",
        "transport=polling&sid={sid}",
        "EIO=4&sid={sid}",
        "EIO=4&transport=websocket&sid={sid}",
        "EIO=4&transport=webtransport&sid={sid}",
        "EIO=4&EIO=3&transport=polling&sid={sid}",
        "EIO=4&transport=polling&transport=x&sid={sid}",
        "EIO=4&transport[]=polling&sid={sid}",
    ],
)
def test_a_session_does_not_change_in_the_middle(target: Target, wire: Wire, query: str) -> None:
    sid = wire.join_by_polling()
    for method in ("GET", "POST"):
        with Wire(target) as other:
            assert other.ask(method, "/socket.io/?" + query.format(sid=sid)).status == 400
    wire.post(sid, b'420["echo"]')
    assert wire.poll(sid) == "430[]"


@pytest.mark.parametrize(
    "query",
    ["EIO=3&transport=websocket&sid={sid}", "EIO=4&transport=polling&sid={sid}", "EIO=4&transport=flash&sid={sid}"],
)
def test_nor_does_an_upgrade_change_it(target: Target, wire: Wire, query: str) -> None:
    sid = wire.join_by_polling()
    with Wire(target) as other:
        assert other.ask_websocket("/socket.io/?" + query.format(sid=sid), HANDSHAKE).status == 400
    wire.post(sid, b'420["echo"]')
    assert wire.poll(sid) == "430[]"


def upgraded(wire: Wire, sid: str) -> None:
    assert wire.ask_websocket(f"{WEBSOCKET}&sid={sid}", HANDSHAKE).status == 101
    wire.say("2probe")
    assert wire.hear() == "3probe"
    wire.say("5")


def test_a_second_upgrade_is_turned_away_and_the_first_goes_on(target: Target, wire: Wire) -> None:
    sid = wire.join_by_polling()
    with Wire(target) as first:
        upgraded(first, sid)
        with Wire(target) as second:
            assert second.ask_websocket(f"{WEBSOCKET}&sid={sid}", HANDSHAKE).status == 101
            assert second.close_code() == 1008
        assert wire.ask("GET", f"{POLLING}&sid={sid}").status == 400
        assert wire.post(sid, b"4").status == 400
        first.say('420["echo"]')
        assert first.hear() == "430[]"


@pytest.mark.parametrize("packet", ["5", "3probe", "2", "2probing", "40", '42["echo"]', "1", "", "x", b"5"])
def test_an_upgrade_that_does_not_probe_first_is_none(target: Target, wire: Wire, packet: str | bytes) -> None:
    sid = wire.join_by_polling()
    with Wire(target) as other:
        assert other.ask_websocket(f"{WEBSOCKET}&sid={sid}", HANDSHAKE).status == 101
        other.say(packet)
        other.close_code()
    wire.post(sid, b'420["echo"]')
    assert wire.poll(sid).split("\x1e")[-1] == "430[]"


@pytest.mark.parametrize(
    "packets",
    [
        ["40"],  # it is in already
        ["40/other,", "40/other,"],
        ["2probe"],
        ["5"],
        ["0{}"],
        ['42/other,["echo"]'],
        ['43/other,0["x"]'],
        ["41/other,"],
    ],
)
def test_a_packet_out_of_place_ends_the_connection(wire: Wire, packets: list[str]) -> None:
    wire.join_by_websocket()
    wire.say(*packets)
    assert wire.close_code() == 1008


def test_who_has_left_may_come_again_and_what_was_on_its_way_is_dropped(wire: Wire) -> None:
    first = wire.join_by_websocket()
    wire.say("41", '420["echo"]', "40")
    assert json.loads(wire.hear()[2:])["sid"] != first


def test_answers_to_questions_of_nobody_are_ignored(wire: Wire) -> None:
    wire.join_by_websocket()
    wire.say('43999["x"]', '430["x"]', '420["echo"]')
    assert wire.hear() == "430[]"


def test_two_requests_of_one_kind_at_a_time_end_the_session(target: Target, wire: Wire) -> None:
    sid = wire.join_by_polling()
    with Wire(target) as one, Wire(target) as other:
        one.send(f"GET {POLLING}&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        target.until(lambda: target.is_polled(sid))
        assert other.ask("GET", f"{POLLING}&sid={sid}").status == 400
    assert wire.ask("GET", f"{POLLING}&sid={sid}").status == 400


def test_what_comes_behind_a_close_is_not_handled(wire: Wire) -> None:
    sid = wire.join_by_polling()
    assert wire.post(sid, b'1\x1e420["echo"]').status == 200
    assert wire.poll(sid) == "6"
    assert wire.ask("GET", f"{POLLING}&sid={sid}").status == 400
