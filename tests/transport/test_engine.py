"""Who may open a session, what it begins with, and what keeps it alive: Engine.IO v4 on both transports, on raw bytes.

Headings are those of the protocol text. What is said over a transport once a session is open is in test_polling.py
and test_websocket.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from flask_socketio.protocol.engineio import message
from flask_socketio.transport.engine import FAREWELL, Engine
from flask_socketio.transport.http import Response
from flask_socketio.transport.options import EngineOptions
from flask_socketio.transport.reasons import Reason
from flask_socketio.transport.refusal import Cause, Refused
from tests.loop import on_loop, settle
from tests.transport.engine_driver import Driver

POLLING = "EIO=4&transport=polling"
WEBSOCKET = "EIO=4&transport=websocket"


async def refusal(driver: Driver, transport: str, query: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON with which a handshake is refused."""
    response: Response
    if transport == "polling":
        response = await driver.ask("GET", query, b"", **headers)
    else:
        request = driver.request("GET", query, **headers)
        with pytest.raises(Refused) as refused:
            driver.websocket(query, **headers)
        response = driver.engine.refuse(request, refused.value)
    assert ("Content-Type", "application/json") in response.headers
    return response.status, json.loads(response.body)


# Handshake -----------------------------------------------------------------------------------------------------------


@on_loop
async def test_handshake_by_polling() -> None:
    response = await Driver().ask("GET", POLLING)
    assert response.status == 200
    assert response.body == (
        b"0"  # type: open
        b'{"sid":"sid1",'
        b'"upgrades":["websocket"],'
        b'"pingInterval":300,'  # milliseconds
        b'"pingTimeout":200,'
        b'"maxPayload":1000000}'  # bytes
    )


def test_handshake_by_websocket() -> None:
    payload = b'0{"sid":"sid1","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}'
    assert Driver().websocket().received() == bytes([0x81, len(payload)]) + payload


@on_loop
async def test_application_may_speak_in_the_first_turn() -> None:
    class Greeter(Driver):
        def opened(self, connection: Any) -> Any:
            connection.send(message("hello"))
            return super().opened(connection)

    driver = Greeter()
    response = await driver.ask("GET", POLLING)
    assert response.body.startswith(b'0{"sid":"sid1"')
    assert (await driver.get("sid1")).body == b"4hello"
    assert Greeter().websocket().received().endswith(b"\x81\x064hello")


@pytest.mark.parametrize(
    ("options", "upgrades"),
    [
        ({}, ["websocket"]),
        ({"allow_upgrades": False}, []),
        ({"transports": ("polling",)}, []),
    ],
)
@on_loop
async def test_upgrades_that_are_offered(options: dict[str, Any], upgrades: list[str]) -> None:
    response = await Driver(**options).ask("GET", POLLING)
    assert json.loads(response.body[1:])["upgrades"] == upgrades


@on_loop
async def test_clients_are_told_a_longer_interval_than_is_kept() -> None:
    driver = Driver(ping_grace=0.1)
    response = await driver.ask("GET", POLLING)
    assert json.loads(response.body[1:])["pingInterval"] == 400
    driver.clock.advance(0.3)
    assert (await driver.get("sid1")).body == b"2"


def test_sids_are_long_random_and_fit_into_an_address() -> None:
    engine = Engine(Driver(), EngineOptions())
    sids = {engine.generate_id() for _ in range(1000)}
    assert len(sids) == 1000
    assert all(len(sid) == 20 and sid.replace("-", "").replace("_", "").isalnum() for sid in sids)


# Query parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize(
    "version", ["", "EIO=3&", "EIO=5&", "EIO=abc&", "EIO=&", "EIO=04&", "EIO=%D9%A4&", "EIO=4&EIO=3&"]
)
@on_loop
async def test_version_is_mandatory(version: str, transport: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    status, answer = await refusal(driver, transport, f"{version}transport={transport}")
    assert (status, answer) == (400, {"code": 5, "message": "Unsupported protocol version"})
    assert not driver.inboxes
    assert len(caplog.records) == 1 and "expected EIO=4" in caplog.text


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("wanted", ["", "transport=", "transport=abc", "transport=webtransport", "transport=Polling"])
@on_loop
async def test_transport_is_mandatory(wanted: str, transport: str, caplog: pytest.LogCaptureFixture) -> None:
    status, answer = await refusal(Driver(), transport, f"EIO=4&{wanted}")
    assert (status, answer) == (400, {"code": 0, "message": "Transport unknown"})
    assert len(caplog.records) == 1 and "expected one of ['polling', 'websocket']" in caplog.text


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@on_loop
async def test_transport_that_is_switched_off_is_unknown(transport: str) -> None:
    other = {"polling": "websocket", "websocket": "polling"}[transport]
    status, answer = await refusal(Driver(transports=(other,)), transport, f"EIO=4&transport={transport}")
    assert (status, answer["code"]) == (400, 0)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize(
    "sid",
    [
        "unknown",
        "",
        "__proto__",
        "constructor",
        "../sid1",
        "sid1%00",
        "sid1%20",
        "SID1",
        "%F0%9F%90%99",
        "%ff",
        "sid1&sid=sid2",  # the last one counts
        "x" * 10_000,
    ],
)
@on_loop
async def test_session_must_be_known(sid: str, transport: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    await driver.open()
    status, answer = await refusal(driver, transport, f"EIO=4&transport={transport}&sid={sid}")
    assert (status, answer) == (400, {"code": 1, "message": "Session ID unknown"})
    assert len(caplog.records) == 1 and "no session" in caplog.text and len(caplog.text) < 400
    assert driver.inbox.reasons == []


@on_loop
async def test_one_of_many_says_that_another_process_may_know_the_session() -> None:
    driver = Driver()
    driver.engine.one_of_many = True
    _, answer = await refusal(driver, "polling", "EIO=4&transport=polling&sid=elsewhere")
    assert answer["code"] == 1
    assert answer["message"].startswith("Session ID unknown to this worker process.")


@pytest.mark.parametrize("other", ["", "EIO=3&", "EIO=5&"])
@on_loop
async def test_session_does_not_change_its_version(other: str) -> None:
    driver = Driver()
    sid = await driver.open()
    for transport in ("polling", "websocket"):
        status, answer = await refusal(driver, transport, f"{other}transport={transport}&sid={sid}")
        assert (status, answer["code"]) == (400, 5)
    assert (await driver.post(sid, b"4still here")).status == 200
    assert driver.inbox.messages == ["4still here"]


@on_loop
async def test_transport_named_must_be_the_one_used() -> None:
    driver = Driver()
    sid = await driver.open()
    for query in ("", f"&sid={sid}"):
        assert await refusal(driver, "polling", WEBSOCKET + query) == (400, {"code": 3, "message": "Bad request"})
        assert await refusal(driver, "websocket", POLLING + query) == (400, {"code": 3, "message": "Bad request"})
    assert len(driver.inboxes) == 1 and driver.inbox.reasons == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
@on_loop
async def test_session_begins_with_get(method: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    response = await driver.ask(method, POLLING, b"4a")
    assert (response.status, json.loads(response.body)) == (400, {"code": 2, "message": "Bad handshake method"})
    assert not driver.inboxes
    assert [record.getMessage() for record in caplog.records] == [
        f"refused {method} '/engine.io/' from 192.0.2.1: got {method} without a session id, expected GET"
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_websocket_version": "12"},
        {"sec_websocket_version": ""},
        {"sec_websocket_key": "short"},
        {"upgrade": "h2c"},
        {"connection": "close"},
    ],
)
@on_loop
async def test_websocket_handshake_must_be_one(headers: dict[str, str]) -> None:
    driver = Driver()
    with pytest.raises(Refused) as refused:
        driver.websocket(**{name.replace("_", "-"): value for name, value in headers.items()})
    response = refused.value.response()
    assert response.status == 400 and ("Sec-WebSocket-Version", "13") in response.headers
    assert not driver.inboxes and not driver.engine.connections


@on_loop
async def test_log_is_safe_from_what_a_client_sends(caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    for query in ("EIO=%0a%1b[31m", "EIO=4&transport=%0d%0aevil", f"{POLLING}&sid=%0aevil", f"{POLLING}&j=%0aevil"):
        assert (await driver.ask("GET", query)).status == 400
    assert len(caplog.records) == 4
    assert all(not set("\r\n\x1b") & set(record.getMessage()) for record in caplog.records)


# Origins and CORS ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@on_loop
async def test_pages_of_other_origins_are_refused(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    for origin in ("https://evil.org", "null"):
        answer = await refusal(driver, transport, f"EIO=4&transport={transport}", origin=origin)
        assert answer == (403, {"code": 4, "message": "Forbidden"})
    assert not driver.inboxes
    assert len(caplog.records) == 2 and "cors_allowed_origins=['https://evil.org']" in caplog.text


@on_loop
async def test_origin_is_checked_in_every_request_of_a_session() -> None:
    driver = Driver()
    sid = await driver.open()
    assert (await driver.ask("GET", f"{POLLING}&sid={sid}", origin="https://evil.org")).status == 403
    assert (await driver.ask("POST", f"{POLLING}&sid={sid}", b"4a", origin="https://evil.org")).status == 403
    with pytest.raises(Refused) as refused:
        driver.websocket(f"{WEBSOCKET}&sid={sid}", origin="https://evil.org")
    assert refused.value.cause is Cause.FORBIDDEN
    assert driver.inbox.messages == [] and driver.inbox.reasons == []


@on_loop
async def test_page_of_an_allowed_origin_may_read_answers_and_refusals() -> None:
    driver = Driver(cors_allowed_origins=["https://a.org"])
    for query, status in ((POLLING, 200), ("EIO=3", 400)):
        response = await driver.ask("GET", query, origin="https://a.org")
        assert response.status == status
        assert ("Access-Control-Allow-Origin", "https://a.org") in response.headers
        assert ("Access-Control-Allow-Credentials", "true") in response.headers
        assert ("Vary", "Origin") in response.headers


@on_loop
async def test_page_of_another_origin_may_not_read_its_refusal() -> None:
    response = await Driver().ask("GET", POLLING, origin="https://evil.org")
    assert response.status == 403 and not any(name.startswith("Access-Control") for name, _ in response.headers)


@on_loop
async def test_preflight() -> None:
    driver = Driver(cors_allowed_origins="https://a.org")
    response = await driver.ask(
        "OPTIONS", f"{POLLING}&sid=whatever", origin="https://a.org", access_control_request_headers="x-token"
    )
    assert (response.status, response.body) == (204, b"")
    assert ("Access-Control-Allow-Methods", "OPTIONS, GET, POST") in response.headers
    assert ("Access-Control-Allow-Headers", "x-token") in response.headers
    assert (await driver.ask("OPTIONS", POLLING, origin="https://b.org")).status == 403


@on_loop
async def test_script_of_another_site_reads_nothing() -> None:
    driver = Driver()
    response = await driver.ask("GET", f"{POLLING}&j=0", sec_fetch_site="cross-site", cookie="session=victim")
    assert response.status == 403 and not driver.inboxes


# The cookie ----------------------------------------------------------------------------------------------------------


@on_loop
async def test_cookie_comes_with_the_handshake_and_only_there() -> None:
    driver = Driver(cookie="io")
    expected = ("Set-Cookie", "io=sid1; path=/; SameSite=Lax")
    assert expected in (await driver.ask("GET", POLLING)).headers
    driver.inbox.connection.send(message("a"))
    for response in (await driver.get("sid1"), await driver.post("sid1", b"4a")):
        assert "Set-Cookie" not in dict(response.headers)


@on_loop
async def test_cookie_of_a_websocket_comes_with_its_answer() -> None:
    driver = Driver(cookie="io")
    accepted = driver.engine.accept_websocket(driver.request("GET", WEBSOCKET, **_HANDSHAKE))
    assert driver.engine.websocket_headers(accepted) == [("Set-Cookie", "io=sid1; path=/; SameSite=Lax")]
    sid = await driver.open()
    upgrade = driver.engine.accept_websocket(driver.request("GET", f"{WEBSOCKET}&sid={sid}", **_HANDSHAKE))
    assert driver.engine.websocket_headers(upgrade) == []
    second = driver.engine.accept_websocket(driver.request("GET", f"{WEBSOCKET}&sid={sid}", **_HANDSHAKE))
    assert driver.engine.websocket_headers(second) == []


# Compression


@pytest.mark.parametrize(
    ("switched_on", "offer", "agreed"),
    [
        (False, "permessage-deflate", False),  # the default
        (True, "permessage-deflate; client_max_window_bits", True),
        (True, "permessage-deflate; server_max_window_bits=9", False),
        (True, "", False),
    ],
)
def test_messages_are_compressed_where_both_sides_want_it(switched_on: bool, offer: str, agreed: bool) -> None:
    driver = Driver(compression_threshold=10, **({"websocket_compression": True} if switched_on else {}))
    headers = {"sec_websocket_extensions": offer} if offer else {}
    deflate = driver.engine.deflate(driver.request("GET", "EIO=4&transport=websocket", **headers))
    assert (deflate is not None) is agreed
    assert deflate is None or deflate.threshold == 10


_HANDSHAKE = {
    "connection": "keep-alive, Upgrade",
    "upgrade": "WebSocket",
    "sec_websocket_version": "13",
    "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
}


# Heartbeat -----------------------------------------------------------------------------------------------------------


@on_loop
async def test_heartbeat_by_polling() -> None:
    driver = Driver()
    sid = await driver.open()
    for _ in range(3):
        poll = await driver.poll(sid)
        driver.clock.advance(0.299)
        await settle()
        assert not poll.done()
        driver.clock.advance(0.001)
        assert (await poll).body == b"2"
        assert (await driver.post(sid, b"3")).body == b"ok"
    assert driver.inbox.reasons == []


def test_heartbeat_by_websocket() -> None:
    driver = Driver()
    link = driver.websocket()
    link.received()
    for _ in range(3):
        driver.clock.advance(0.299)
        assert link.received() == b""
        driver.clock.advance(0.001)
        assert link.received() == b"\x81\x012"  # a text frame of one byte: type ping
        link.send("3")
    assert driver.inbox.reasons == []


@on_loop
async def test_polling_client_that_does_not_answer_is_gone() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    driver.clock.advance(0.3)
    assert (await poll).body == b"2"
    poll = await driver.poll(sid)
    driver.clock.advance(0.199)
    assert driver.inbox.reasons == []
    driver.clock.advance(0.001)
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]
    assert (await poll).body == b"1"
    assert (await driver.get(sid)).status == 400


def test_websocket_client_that_does_not_answer_is_gone() -> None:
    driver = Driver()
    link = driver.websocket()
    driver.clock.advance(0.499)
    assert link.ended is None
    driver.clock.advance(0.001)
    assert link.ended == "abort"  # nobody reads there: a goodbye would only be waited for
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


def test_answer_at_the_last_moment_counts() -> None:
    driver = Driver()
    link = driver.websocket()
    driver.clock.advance(0.499)
    link.send("3")
    link.received()
    driver.clock.advance(0.1)
    assert link.received() == b""
    driver.clock.advance(0.001)
    assert link.received() == b"\x81\x012"  # 0.3 s after the first one, however long its answer took
    assert driver.inbox.reasons == []


def test_other_packets_do_not_stand_for_the_answer() -> None:
    driver = Driver()
    link = driver.websocket()
    driver.clock.advance(0.4)
    link.send("4I am alive", b"really")
    driver.clock.advance(0.1)
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


def test_answers_that_nobody_asked_for_put_nothing_off() -> None:
    driver = Driver()
    link = driver.websocket()
    link.received()
    for _ in range(29):
        driver.clock.advance(0.01)
        link.send("3")
    assert link.received() == b""
    driver.clock.advance(0.01)
    assert link.received() == b"\x81\x012"
    driver.clock.advance(0.2)
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


def test_client_that_is_not_read_from_owes_no_answer() -> None:
    driver = Driver()
    link = driver.websocket()
    link.received()
    driver.clock.advance(0.4)
    driver.inbox.connection.pause_reading()
    driver.clock.advance(1.0)
    assert link.received() == 4 * b"\x81\x012"  # and is still told that the server is there
    driver.inbox.connection.resume_reading()
    driver.clock.advance(0.299)
    assert driver.inbox.reasons == []
    driver.clock.advance(0.001)
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


def test_timeout_longer_than_the_interval_has_one_ping_under_way() -> None:
    driver = Driver(ping_interval=0.2, ping_timeout=0.5)
    link = driver.websocket()
    link.received()
    driver.clock.advance(0.6)
    assert link.received() == b"\x81\x012"
    link.send("3")
    driver.clock.advance(0.199)
    assert link.received() == b""
    driver.clock.advance(0.001)
    assert link.received() == b"\x81\x012"


@on_loop
async def test_heartbeat_goes_on_after_an_upgrade() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.clock.advance(0.2)
    link = driver.upgrade(sid)
    link.send("2probe", "5")
    link.received()
    driver.clock.advance(0.1)
    assert link.received() == b"\x81\x012"
    driver.clock.advance(0.2)
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


@on_loop
async def test_ping_sent_by_polling_may_be_answered_on_websocket() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.clock.advance(0.3)
    link = driver.upgrade(sid)
    link.send("2probe")
    assert (await driver.get(sid)).body == b"2"
    link.send("5", "3")
    driver.clock.advance(0.299)
    assert driver.inbox.reasons == []


@on_loop
async def test_late_timer_does_not_keep_a_dead_session_alive() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.clock.advance(0.3)
    driver.clock.be_late(0.2)  # the loop is so busy that it has not come to its timers
    assert (await driver.get(sid)).status == 400
    assert driver.inbox.reasons == [Reason.PING_TIMEOUT]


def test_loop_that_was_held_up_takes_no_time_from_its_clients() -> None:
    driver = Driver()
    link = driver.websocket()
    driver.clock.be_late(5)
    driver.clock.advance(0)
    assert link.received().endswith(b"\x81\x012")
    driver.clock.advance(0.179)
    link.send("3")
    driver.clock.advance(0.1)
    assert driver.inbox.reasons == []


@on_loop
async def test_thousand_sessions_need_no_timer_each() -> None:
    driver = Driver()
    for _ in range(1000):
        await driver.open()
    assert driver.clock.timers == 1


# Flushing ------------------------------------------------------------------------------------------------------------


def test_connection_that_cannot_be_written_to_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    links = [driver.websocket() for _ in range(3)]

    def fail(packets: object) -> None:
        raise OSError("on purpose")

    driver.inboxes[1].connection.transport.write = fail  # type: ignore[method-assign]
    for inbox, link in zip(driver.inboxes, links, strict=True):
        link.received()
        inbox.connection.send(message("a"))
    driver.clock.turn()
    assert [link.received() for link in links] == [b"\x81\x024a", b"", b"\x81\x024a"]
    assert [inbox.reasons for inbox in driver.inboxes] == [[], [Reason.TRANSPORT_ERROR], []]
    assert len(caplog.records) == 1 and "on purpose" in caplog.text


# Stopping ------------------------------------------------------------------------------------------------------------


@on_loop
async def test_stop_tells_everybody_and_waits_until_they_are_gone() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    link = driver.websocket()
    link.received()
    stopped = asyncio.ensure_future(driver.engine.stop(10))
    await settle()
    assert [inbox.reasons for inbox in driver.inboxes] == [[Reason.SERVER_SHUTTING_DOWN]] * 2
    assert (await poll).body == b"1"
    assert link.ended == (1001, "server shutting down") and not stopped.done()
    link.gone()
    await stopped
    assert not driver.engine.connections


@on_loop
async def test_stop_waits_for_a_bounded_time() -> None:
    driver = Driver()
    await driver.open()  # and never polls again
    await driver.engine.stop(0)
    assert driver.inbox.reasons == [Reason.SERVER_SHUTTING_DOWN]


@on_loop
async def test_a_stop_that_may_take_long_waits_for_nobody_who_does_not_fetch_the_goodbye() -> None:
    driver = Driver()
    await driver.open()  # and never polls again
    sid = await driver.open()
    stopped = asyncio.ensure_future(driver.engine.stop(30))
    await settle()
    assert (await driver.get(sid)).body == b"1"
    driver.clock.advance(FAREWELL - 0.1)
    await settle()
    assert not stopped.done()
    driver.clock.advance(0.1)
    await settle()
    assert stopped.done()


@on_loop
async def test_two_stops_at_once_end_both() -> None:
    driver = Driver()
    await driver.open()  # and never polls again
    stops = [asyncio.ensure_future(driver.engine.stop(30)) for _ in range(2)]
    await settle()
    driver.clock.advance(FAREWELL)
    await settle()
    assert all(stop.done() for stop in stops)


@on_loop
async def test_nobody_may_come_in_while_it_stops() -> None:
    driver = Driver()
    await driver.engine.stop(0)
    for transport in ("polling", "websocket"):
        status, answer = await refusal(driver, transport, f"EIO=4&transport={transport}")
        assert (status, answer) == (503, {"code": 3, "message": "Server shutting down"})
    assert not driver.inboxes


@on_loop
async def test_engine_that_is_started_again_has_forgotten_everybody() -> None:
    driver = Driver()
    sid = await driver.open()
    await driver.engine.stop(0)
    driver.engine.start(driver.clock)
    assert (await driver.get(sid)).status == 400
    await driver.open()
    assert len(driver.engine.connections) == 1


# Cut off at every step -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(6))
@on_loop
async def test_client_that_vanishes_at_any_step_leaves_nothing_behind(step: int) -> None:
    tasks = len(asyncio.all_tasks())
    driver = Driver(upgrade_timeout=0.4)
    sid = await driver.open()
    poll = await driver.poll(sid)
    if step >= 1:
        link = driver.upgrade(sid)
        link.send(*["2probe", "5", "4a"][: step - 1])
        if step % 2:
            link.gone()
    poll.cancel()
    driver.clock.advance(0.5)
    await settle()
    assert len(driver.inbox.reasons) == 1
    if step >= 1:
        link.gone()
    driver.clock.advance(60)
    assert not driver.engine.connections and len(asyncio.all_tasks()) == tasks


@pytest.fixture(autouse=True)
def _log_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "flask_socketio")
