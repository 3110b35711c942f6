"""Limits: rates as users write them, buckets, and what clients over their limit are told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_socketio import SocketIO, emit
from flask_socketio.server.limits import MAX_REJECTED, Allowance, Bucket, Gate, Rate
from flask_socketio.transport.complaints import QUIET, Complaints
from tests.memory import running


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("20/second", Rate(20, 1)),
        ("100 per minute", Rate(100, 60)),
        ("5/10 seconds", Rate(5, 10)),
        (" 3 / hour ", Rate(3, 3600)),
    ],
)
def test_rates_as_they_are_written(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        *("", "20", "20/day", "0/second", "5/0 seconds", "5/00 seconds", "-1/second", "1.5/second", 20, None),
        *("9" * 400 + "/second", "5/" + "9" * 400 + " hours"),
    ],
)
def test_what_is_no_rate(text: Any) -> None:
    with pytest.raises(ValueError, match="is no rate; write '20/second'"):
        Rate.parse(text)


def test_a_bucket_is_emptied_at_once_and_filled_at_its_pace() -> None:
    clock = Clock()
    bucket = Bucket(Rate(5, 10), clock)
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert bucket.take() == pytest.approx(2.0)
    clock.now += 1.9
    assert bucket.take() == pytest.approx(0.1)
    clock.now += 0.2
    assert bucket.take() == 0.0
    clock.now += 1_000
    assert [bucket.take() for _ in range(6)][:5] == [0.0] * 5


def test_more_than_a_bucket_holds_is_there_when_it_is_full_and_is_paid_for_later() -> None:
    clock = Clock()
    bucket = Bucket(Rate(100, 1), clock)
    assert bucket.take(300) == 0.0
    assert bucket.take(1) == pytest.approx(2.01)
    clock.now += 2.5
    assert bucket.take(50) == 0.0
    assert bucket.take(300) > 0


class Place:
    def __init__(self, events: Rate | None = None, size: Rate | None = None) -> None:
        self.clock = Clock()
        self.expelled = 0
        self.gate = Gate(Allowance(events, size, self.clock), self.expel, Complaints(self.clock))

    def expel(self) -> None:
        self.expelled += 1

    def send(
        self, event: str = "e", own: Rate | None = None, size: int = 10, rule: object = None
    ) -> dict[str, Any] | None:
        self.gate.received(size)
        problem = self.gate.problem("sid1", "/", event, own, rule)
        return None if problem is None else problem.payload


def test_a_client_is_told_how_long_to_wait() -> None:
    place = Place(events=Rate(1, 2))
    assert place.send() is None
    place.clock.now += 0.5
    told = {"code": "rate_limited", "message": "Too many events: wait 1.5 s", "data": {"retry_after": 1.5}}
    assert place.send() == told


def test_limits_of_single_events_are_their_own() -> None:
    place = Place()
    own = Rate(1, 60)
    a, b = object(), object()
    assert place.send(own=own, rule=a) is None and place.send(own=own, rule=b) is None and place.send() is None
    assert place.send(own=own, rule=a) is not None and place.send() is None


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_catch_all_has_one_limit_whatever_names_a_client_makes_up(everywhere: bool) -> None:
    socketio = SocketIO(Flask("app"), namespaces="*")

    @socketio.on("*", namespace="*" if everywhere else "/", rate_limit="2/hour")
    def anything(event: str) -> str:
        return "ok"

    with running(socketio) as server:
        client = server.client()
        for number, namespace in enumerate(["/", "/a", "/b"] if everywhere else ["/"] * 3):
            if number == 0 or everywhere:
                client.join(namespace)
            client.send(f'42{namespace},{number}["name {number}"]' if everywhere else f'42{number}["name {number}"]')
            answer = str(client.next())
            assert ("rate_limited" in answer) == (number == 2)


def test_bytes_are_limited_by_event_and_counted_once() -> None:
    place = Place(size=Rate(100, 1))
    assert [place.send(size=40) is None for _ in range(3)] == [True, True, False]
    place.clock.now += 1
    assert place.send(size=100) is None


def test_the_log_names_a_client_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    place = Place(events=Rate(1, 3600))
    for _ in range(5):
        place.send()
    assert [record.message for record in caplog.records] == ["client sid1 sends too much: 'e' in '/' is not handled"]
    place.clock.now += QUIET
    place.send()
    assert len(caplog.records) == 2


def test_who_never_listens_is_expelled(caplog: pytest.LogCaptureFixture) -> None:
    place = Place(events=Rate(1, 3600))
    for _ in range(MAX_REJECTED):
        place.send()
    assert place.expelled == 0
    place.send()
    place.send()
    assert place.expelled == 1
    assert caplog.messages[1:] == ["disconnecting client sid1: its last 1,000 events were all too many"]


def test_of_two_allowances_of_one_client_the_smaller_one_counts() -> None:
    clock = Clock()
    before, now = (Allowance(Rate(10, 10), Rate(100, 10), clock) for _ in range(2))
    own = Rate(2, 20)
    for _ in range(8):
        before.wait(None, None, 10)
    before.wait(own, "rule", 0)
    before.rejected = 5
    clock.now += 1
    now.wait(own, "rule", 50)
    now.share(before)
    assert [now.wait(None, None, 1) == 0.0 for _ in range(3)] == [True, True, False]
    assert now.rejected == 5
    before.rejected = 5 * MAX_REJECTED  # it has lost its connection before it could be expelled
    now.share(before)
    assert now.rejected == MAX_REJECTED - 1
    clock.now += 5
    assert now.wait(own, "rule", 0) == 0.0 and now.wait(own, "rule", 0) > 0


def app_with(**options: Any) -> SocketIO:
    socketio = SocketIO(Flask("app"), **options)

    @socketio.on("free")
    def free(*args: Any) -> str:
        return "ok"

    @socketio.on("scarce", rate_limit="2/hour")
    def scarce() -> str:
        emit("done")
        return "ok"

    return socketio


def test_on_the_wire(caplog: pytest.LogCaptureFixture) -> None:
    with running(app_with()) as server:
        client, other = server.joined(), server.joined()
        for _ in range(2):
            client.emit("scarce")
            assert client.event() == ["done"]
        client.emit("scarce", ack=1)
        assert '"code":"rate_limited"' in str(client.next())
        client.emit("free", ack=2)
        assert client.next() == '432["ok"]'
        client.emit("scarce")
        client.emit("scarce")
        client.emit("scarce")
        error = client.event()
        assert error[0] == "error" and (error[1]["event"], error[1]["code"]) == ("scarce", "rate_limited")
        assert client.nothing_came(), "told once, until it keeps to its limit again"
        other.emit("scarce")
        assert other.event() == ["done"]
    assert len(caplog.records) == 1


def test_all_events_of_a_client_together() -> None:
    with running(app_with(rate_limit="3/hour")) as server:
        client = server.joined()
        for ack in range(4):
            client.emit("free", ack=ack)
        answers = sorted(str(client.next()) for _ in range(4))
        assert answers[:3] == ['430["ok"]', '431["ok"]', '432["ok"]'] and "rate_limited" in answers[3]


def test_bytes_of_a_client() -> None:
    with running(app_with(byte_rate_limit="1000/hour")) as server:
        client = server.joined()
        client.emit("free", "x" * 900, ack=1)
        client.emit("free", "x" * 900, ack=2)
        answers = sorted(str(client.next()) for _ in range(2))
        assert answers[0] == '431["ok"]' and "rate_limited" in answers[1]


def test_bytes_are_not_characters() -> None:
    with running(app_with(byte_rate_limit="1000/hour")) as server:
        client = server.joined()
        for ack in (1, 2):
            client.send(f'42{ack}["free","{"中" * 320}"]')
        answers = sorted(str(client.next()) for _ in range(2))
        assert answers[0] == '431["ok"]' and "rate_limited" in answers[1]


def test_wrong_rates_are_named() -> None:
    with pytest.raises(ValueError, match="'fast' is no rate"):
        SocketIO(Flask("app"), rate_limit="fast")
    with pytest.raises(ValueError, match="'fast' is no rate"):
        SocketIO(Flask("app")).on("e", rate_limit="fast")


@pytest.mark.parametrize("rules", [{"rate_limit": "1/second"}, {"once": "id"}])
@pytest.mark.parametrize("event", ["connect", "disconnect"])
def test_what_is_no_event_has_no_rules(event: str, rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{event!r} is no event that clients send"):
        SocketIO(Flask("app")).on(event, **rules)
    SocketIO(Flask("app")).on(event, rate_limit=None, once=None)
