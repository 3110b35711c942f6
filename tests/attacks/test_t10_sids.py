"""T10: session ids that are none, and what is to be had with those of others."""

from __future__ import annotations

import json

import pytest

from tests.attacks.target import POLLING, WEBSOCKET, Target, Wire, attacked
from tests.hosts.native_serving import HANDSHAKE

ODD = [
    "",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "%0d%0a",
    "%ff%fe",
    "%F0%9F%92%A5",
]
ODD += ["x" * 8_000, "None", "0", "*", "[]", "%22", "a;b", "a,b"]


@pytest.mark.parametrize("sid", ODD, ids=lambda sid: sid[:20])
def test_an_odd_sid_is_an_unknown_one(wire: Wire, sid: str) -> None:
    for method in ("GET", "POST"):
        answer = wire.ask(method, f"{POLLING}&sid={sid}", b"4" if method == "POST" else b"")
        assert (answer.status, json.loads(answer.body)["code"]) == (400, 1)
    answer = wire.ask_websocket(f"{WEBSOCKET}&sid={sid}", HANDSHAKE)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, 1)


@pytest.mark.parametrize("sids", ["{sid}&sid=other", "{sid}%20", "{sid}/", "%20{sid}", "{SID}"])
def test_what_is_nearly_a_sid_is_none(wire: Wire, sids: str) -> None:
    sid = wire.open_polling()
    assert wire.ask("GET", f"{POLLING}&sid={sids.format(sid=sid, SID=sid.swapcase())}").status == 400


def test_a_public_sid_opens_nothing(target: Target) -> None:
    """What handlers and rooms call a client by, and may tell others, is not what its requests are known by."""
    with Wire(target) as victim, Wire(target) as wire:
        victim.post(sid := victim.open_polling(), b"40")
        public = json.loads(victim.poll(sid)[2:])["sid"]
        assert wire.ask("GET", f"{POLLING}&sid={public}").status == 400
        assert wire.ask("POST", f"{POLLING}&sid={public}", b'42["echo"]').status == 400


def join(wire: Wire, namespace: str, auth: object) -> dict[str, str]:
    wire.say(f"40{namespace}{json.dumps(auth)}")
    answer: dict[str, str] = json.loads("{" + wire.hear().partition("{")[2])
    return answer


def test_with_recovery_only_the_secret_of_a_client_is_the_client() -> None:
    with attacked(recovery=True, namespaces=["/", "/other"]) as target:
        with Wire(target) as victim:
            victim.open_websocket()
            mine = join(victim, "", {})
            victim.reset()
        target.until(lambda: target.connections == 0)
        pid, sid = mine["pid"], mine["sid"]
        assert pid != sid and len(pid) >= 22
        wrong: list[object] = [
            sid,
            pid[:-1],
            pid + "A",
            pid.swapcase(),
            "__proto__",
            "",
            None,
            5,
            [pid],
            {"pid": pid},
            "\0",
        ]
        for guess in wrong:
            with Wire(target) as wire:
                wire.open_websocket()
                assert join(wire, "", {"pid": guess, "offset": "x-1"})["sid"] != sid
        with Wire(target) as wire:
            wire.open_websocket()
            assert join(wire, "/other,", {"pid": pid, "offset": ""})["sid"] != sid  # it is that of another namespace
        offsets: list[object] = [[], {}, 10**400, "x" * 10_000, "-1", "\0", None]
        for offset in offsets:
            with Wire(target) as wire:
                wire.open_websocket()
                assert "sid" in join(wire, "", {"pid": "unknown", "offset": offset})
        with Wire(target) as wire:
            wire.open_websocket()
            assert join(wire, "", {"pid": pid, "offset": ""})["sid"] == sid
