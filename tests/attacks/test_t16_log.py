"""T16: a client writes lines of its own into the log, or learns a secret from how long a comparison takes.

Of the second there is nothing to test: nothing secret is compared with what a client sends. An Engine.IO sid and the
pid of a session that may be recovered are 120 random bits or more, and are looked up by their hash, whose key differs
from process to process; the session cookie is Flask's, whose signature itsdangerous compares in constant time.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.attacks.target import POLLING, WEBSOCKET, Target, Watch, Wire, attacked
from tests.hosts.native_serving import HANDSHAKE

ODD = "%0d%0aERROR forged%1b[31m%e2%80%a8%c2%85%00"
OFFICE = "http://office.org"
RAW = "\\r\\nERROR forged\x1b[31m\u2028\x85\x00"

REQUESTS = [
    f"GET {POLLING}&sid={ODD}",
    f"GET /socket.io/?EIO={ODD}",
    f"GET /socket.io/?EIO=4&transport={ODD}",
    f"GET {POLLING}&j={ODD}",
    f"GET /socket.io/{ODD}?EIO=3",
    f"POST {POLLING}&sid={ODD}",
    f"PUT /socket.io/{ODD}",
]
PACKETS = [
    f"4{RAW}",
    f'42["{RAW}',
    f"40/{RAW},",
    f'42/{RAW},["x"]',
    f"{RAW}",
    f'42["echo","{RAW}"',
    f"44/{RAW}",
    f"45{RAW}-[]",
]


def assert_clean(log: Watch) -> None:
    """No line holds what ends a line, colors a terminal or hides text, and none is long."""
    for line in log.lines:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", line), ascii(line)
        assert len(line) < 1_000


@pytest.mark.parametrize("request_", REQUESTS)
def test_requests(wire: Wire, request_: str, log: Watch) -> None:
    wire.send(f"{request_} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\x1b[31m\x9f\r\nContent-Length: 0\r\n\r\n")
    assert wire.answer().status in (400, 403)
    assert_clean(log)


def test_handshakes(target: Target, wire: Wire, log: Watch) -> None:
    wire.ask_websocket(f"{WEBSOCKET}&sid={ODD}", HANDSHAKE)
    with Wire(target) as other:
        other.ask_websocket(f"/{ODD}", HANDSHAKE)
    assert_clean(log)


@pytest.mark.parametrize("packet", PACKETS, ids=range(len(PACKETS)))
def test_packets(target: Target, packet: str, log: Watch) -> None:
    with Wire(target) as wire, Wire(target) as other:
        wire.open_websocket()
        wire.say(packet)
        wire.try_to_send(b"")
        other.post(other.open_polling(), packet.encode())
        wire.say('42["end"]')
        wire.close_code()
    assert log.lines
    assert_clean(log)


def test_names_that_a_client_has_chosen(log: Watch) -> None:
    """Where any namespace may be joined and any event is handled, the log names them: when a handler fails, say."""
    with attacked(namespaces="*", rate_limit="1/hour", cors_allowed_origins={"/office": OFFICE, "*": "*"}) as target:

        @target.socketio.on("*", namespace="*")
        def fail(event: str, *args: object) -> None:
            raise ValueError("as planned")

        odd = "/\r\nforged\x1b[31m\u2028" + "x" * 5_000
        event = f"42{odd},{json.dumps([odd])}"
        with Wire(target) as wire:
            wire.open_websocket(headers="Origin: http://shop.org\r\n")
            wire.say("40/office,")
            assert wire.hear().startswith("44/office")
            wire.say(f"40{odd},")
            assert wire.hear().startswith(f"40{odd}")
            wire.say(event, event)
            assert {"internal_error", "rate_limited"} == {
                json.loads(wire.hear().partition(",")[2])[1]["code"] for _ in "ab"
            }
    assert [line for line in log.errors if "failed for client" in line]
    assert_clean(log)
    log.records.clear()


def test_no_secret_is_logged(target: Target, wire: Wire, log: Watch) -> None:
    wire.send(
        f"GET {POLLING} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\nCookie: session=secret-cookie\r\n\r\n"
    )
    assert wire.answer().status == 403
    with Wire(target) as other:
        other.open_websocket()
        other.say('40{"token":"secret-token"', '42["x"]')
        other.close_code()
    assert "secret-cookie" not in "".join(log.lines)


def test_no_session_id_by_which_somebody_could_poll_is_logged(log: Watch) -> None:
    """Neither of a client that breaks a rule, nor of one that reads too slowly, says too much or never joins."""
    options = {"max_outbox_packets": 1, "rate_limit": "1/hour", "connect_timeout": 1}
    with attacked(5, **options) as target, Wire(target) as wire, Wire(target) as slow, Wire(target) as idle:
        sids = [wire.join_by_polling(), slow.join_by_polling(), idle.open_polling()]
        for each, sid in ((wire, sids[0]), (slow, sids[1])):
            each.post(sid, b'42["echo"]\x1e42["echo"]')
        wire.post(sids[0], b"7")
        for _ in range(3_000):
            target.socketio.emit("news")
        wire.ask("GET", f"{POLLING}&sid={sids[0]}")
        target.until(lambda: target.counters()["slow_disconnected"] and len(log.lines) >= 6)
    text = "\n".join(log.lines)
    for what in ("sends too much", "expected", "reads too slowly", "joined no namespace", "no session"):
        assert what in text
    assert not any(sid in text for sid in sids)
