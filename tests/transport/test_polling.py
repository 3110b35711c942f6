"""Engine.IO over HTTP long-polling, on raw bodies. Headings are those of the protocol text."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import sys
from typing import Any

import pytest

from flask_socketio.protocol.engineio import message
from flask_socketio.transport.connection import Connection, State
from flask_socketio.transport.http import Response
from flask_socketio.transport.reasons import Reason
from flask_socketio.transport.refusal import Cause, Refused
from tests.loop import on_loop, settle
from tests.transport.engine_driver import Driver

QUERY = "EIO=4&transport=polling"


def code(response: Response) -> int:
    """The code of a refusal."""
    number: int = json.loads(response.body)["code"]
    return number


# Sending data --------------------------------------------------------------------------------------------------------


@on_loop
async def test_post_brings_packets_and_is_answered_ok() -> None:
    driver = Driver()
    response = await driver.post(await driver.open(), b"4hello")
    assert (response.status, response.body) == (200, b"ok")
    assert dict(response.headers)["Content-Type"] == "text/html"
    assert driver.inbox.messages == ["4hello"]


@on_loop
async def test_post_with_several_packets_text_and_binary() -> None:
    driver = Driver()
    await driver.post(await driver.open(), b"4hello\x1ebAQIDBA==\x1e4w\xc3\xb6rld\x1e4")
    assert driver.inbox.messages == ["4hello", b"\x01\x02\x03\x04", "4wörld", "4"]


@on_loop
async def test_type_of_the_body_makes_no_difference() -> None:
    driver = Driver()
    sid = await driver.open()
    for kind in ("application/octet-stream", "text/plain;charset=UTF-8", "application/json", "nonsense"):
        response = await driver.ask("POST", f"{QUERY}&sid={sid}", b"4a", content_type=kind)
        assert (response.status, response.body) == (200, b"ok")
    assert driver.inbox.messages == ["4a"] * 4


@pytest.mark.parametrize("body", [b"", b"abc", b"7", b"4a\x1e", b"bAQ", b"4\xff", b"4a\x1ex\x1e4b"])
@on_loop
async def test_body_that_is_no_payload_ends_the_session(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    sid = await driver.open()
    response = await driver.post(sid, body)
    assert (response.status, code(response)) == (400, 3)
    assert driver.inbox.messages == [] and driver.inbox.reasons == [Reason.PARSE_ERROR]
    assert len(caplog.records) == 1 and "the session is closed" in caplog.text
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_packet_that_is_wrong_one_level_up_ends_the_session_too() -> None:
    driver = Driver()
    sid = await driver.open()
    response = await driver.post(sid, b"4a\x1e4forbidden\x1e4b")
    assert (response.status, response.body) == (200, b"ok")  # the payload was one
    assert driver.inbox.messages == ["4a"] and driver.inbox.reasons == [Reason.PARSE_ERROR]
    assert (await driver.get(sid)).status == 400


@on_loop
async def test_one_post_at_a_time() -> None:
    driver = Driver()
    sid = await driver.open()
    slow: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def read_slowly(limit: int) -> bytes:
        return await slow

    first = asyncio.ensure_future(driver.engine.respond(driver.request("POST", f"{QUERY}&sid={sid}"), read_slowly))
    await settle()
    second = await driver.post(sid, b"4second")
    assert (second.status, code(second)) == (400, 3)
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]
    slow.set_result(b"4first")
    assert (await first).status == 200  # answered, but nobody gets it any more
    assert driver.inbox.messages == []
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_posts_one_after_the_other_keep_their_order() -> None:
    driver = Driver()
    sid = await driver.open()
    for number in range(5):
        await driver.post(sid, b"4%d" % number)
    assert driver.inbox.messages == ["40", "41", "42", "43", "44"]


@pytest.mark.parametrize("cause", [Cause.TOO_LARGE, Cause.BAD_REQUEST])
@on_loop
async def test_body_that_is_too_long_or_breaks_off_ends_the_session(cause: Cause) -> None:
    driver = Driver(max_http_buffer_size=1000)
    sid = await driver.open()

    async def read_body(limit: int) -> bytes:
        assert limit == 1000
        raise Refused(cause, "on purpose")

    response = await driver.engine.respond(driver.request("POST", f"{QUERY}&sid={sid}"), read_body)
    assert response.status == cause.value[0]
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]


@on_loop
async def test_body_of_a_refused_post_is_not_read() -> None:
    driver = Driver()

    async def read_body(limit: int) -> bytes:
        raise AssertionError("read")

    for query in (f"{QUERY}&sid=unknown", QUERY, "EIO=3&transport=polling"):
        assert (await driver.engine.respond(driver.request("POST", query), read_body)).status == 400
    sid = await driver.open()
    request = driver.request("POST", f"{QUERY}&sid={sid}", origin="https://evil.org")
    assert (await driver.engine.respond(request, read_body)).status == 403


class Sated:
    """Takes one message, then asks for a pause."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.messages: list[str] = []

    def text(self, packet: str) -> None:
        self.messages.append(packet)
        self.connection.pause_reading()

    def binary(self, data: bytes) -> None: ...

    def closed(self, reason: Reason) -> None: ...


async def sated() -> tuple[Driver, Sated, asyncio.Task[Response]]:
    """A client whose POST has three messages, of which one has been taken."""
    driver = Driver()
    sid = await driver.open()
    connection = driver.inbox.connection
    connection.handler = handler = Sated(connection)
    post = asyncio.ensure_future(driver.post(sid, b"4a\x1e4b\x1e4c"))
    await settle()
    assert handler.messages == ["4a"] and not post.done()
    return driver, handler, post


@on_loop
async def test_pause_of_reading_holds_up_the_rest_of_a_post() -> None:
    _, handler, post = await sated()
    handler.connection.resume_reading()
    await settle()
    assert handler.messages == ["4a", "4b"] and not post.done()
    handler.connection.resume_reading()
    await settle()
    assert handler.messages == ["4a", "4b", "4c"] and not post.done()
    handler.connection.resume_reading()
    assert (await post).body == b"ok"


@on_loop
async def test_a_client_that_goes_before_its_post_was_taken_loses_its_session_with_the_rest() -> None:
    _, handler, post = await sated()
    post.cancel()
    await settle()
    assert handler.connection.state is State.CLOSED and handler.messages == ["4a"]


@on_loop
async def test_who_upgrades_before_its_post_was_taken_loses_its_session_with_the_rest() -> None:
    driver, handler, post = await sated()
    driver.upgrade(handler.connection.sid).send("2probe", "5")
    await post
    assert handler.connection.state is State.CLOSED and handler.messages == ["4a"]


@on_loop
async def test_pause_of_reading_holds_the_answer_up_and_with_it_the_next_post() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.pause_reading()
    post = asyncio.ensure_future(driver.post(sid, b"4a"))
    await settle()
    assert not post.done() and driver.inbox.messages == ["4a"]
    driver.inbox.connection.resume_reading()
    assert (await post).body == b"ok"
    assert (await driver.post(sid, b"4b")).body == b"ok"


@on_loop
async def test_post_that_is_held_up_is_answered_at_the_end_of_the_session() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.pause_reading()
    post = asyncio.ensure_future(driver.post(sid, b"4a"))
    await settle()
    driver.inbox.connection.lost(Reason.PING_TIMEOUT)
    assert (await post).body == b"ok"


# Receiving data ------------------------------------------------------------------------------------------------------


@on_loop
async def test_get_brings_all_that_waits() -> None:
    driver = Driver()
    sid = await driver.open()
    for content in ("hello", b"\x01\x02\x03\x04", "€"):
        driver.inbox.connection.send(message(content))
    response = await driver.get(sid)
    assert response.status == 200
    assert response.body == (
        b"4hello"
        b"\x1e"
        b"bAQIDBA=="  # base64 of 01 02 03 04
        b"\x1e"
        b"4\xe2\x82\xac"  # UTF-8
    )
    assert ("Content-Type", "text/plain; charset=UTF-8") in response.headers
    assert ("Cache-Control", "no-store") in response.headers


@on_loop
async def test_get_waits_until_there_is_something() -> None:
    driver = Driver()
    poll = await driver.poll(await driver.open())
    driver.clock.advance(0.299)
    await settle()
    assert not poll.done()
    driver.inbox.connection.send(message("a"))
    driver.inbox.connection.send(message("b"))  # in the same turn, so in the same answer
    driver.clock.turn()
    driver.inbox.connection.send(message("c"))
    assert (await poll).body == b"4a\x1e4b"
    assert (await driver.get(driver.inbox.connection.sid)).body == b"4c"


@on_loop
async def test_one_get_at_a_time() -> None:
    driver = Driver()
    sid = await driver.open()
    first = await driver.poll(sid)
    second = await driver.get(sid)
    assert (second.status, code(second)) == (400, 3)
    answer = await first
    assert (answer.status, answer.body) == (200, b"1")
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_poll_that_is_given_up_ends_the_session() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    poll.cancel()
    await settle()
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_poll_that_is_given_up_with_its_answer_on_the_way_ends_the_session() -> None:
    driver = Driver()
    poll = await driver.poll(await driver.open())
    driver.inbox.connection.send(message("lost"))
    driver.clock.turn()
    poll.cancel()  # in the turn in which it is answered: what it would have brought is gone
    await settle()
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE"])
@on_loop
async def test_other_methods_are_refused_and_leave_the_session_alone(method: str) -> None:
    driver = Driver()
    sid = await driver.open()
    response = await driver.ask(method, f"{QUERY}&sid={sid}", b"4a")
    assert (response.status, code(response)) == (400, 3)
    assert (await driver.post(sid, b"4b")).status == 200
    assert driver.inbox.messages == ["4b"]


# Close ---------------------------------------------------------------------------------------------------------------


@on_loop
async def test_close_by_the_client_ends_the_waiting_poll_with_a_noop() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    assert (await driver.post(sid, b"1")).body == b"ok"
    assert (await poll).body == b"6"
    assert driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]
    assert code(await driver.get(sid)) == 1
    assert code(await driver.post(sid, b"4a")) == 1


@on_loop
async def test_poll_that_crosses_the_close_of_its_client_is_answered() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.send(message("never read"))
    await driver.post(sid, b"4a\x1e1\x1e4b")
    assert driver.inbox.messages == ["4a"] and driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]
    assert (await driver.get(sid)).body == b"6"
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_session_that_its_client_has_closed_is_over_at_once() -> None:
    driver = Driver()
    sid = await driver.open()
    await driver.post(sid, b"1")
    assert not driver.engine.connections
    assert code(await driver.post(sid, b"4a")) == 1
    await asyncio.wait_for(driver.engine.stop(30), 10)  # and a stop does not wait for anybody
    driver.clock.advance(1)
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_close_by_the_server_goes_with_what_waits_into_the_waiting_poll() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    driver.inbox.connection.send(message("last"))
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    assert (await poll).body == b"4last\x1e1"
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_close_by_the_server_waits_for_the_next_poll() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.send(message("last"))
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    assert driver.inbox.reasons == [Reason.SERVER_DISCONNECT]
    driver.clock.advance(29)  # no heartbeat any more
    assert (await driver.post(sid, b"4late")).body == b"ok"  # its client cannot know yet
    assert driver.inbox.messages == []
    assert (await driver.get(sid)).body == b"4last\x1e1"
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_close_by_the_server_waits_for_a_bounded_time() -> None:
    driver = Driver(close_timeout=5)
    sid = await driver.open()
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    driver.clock.advance(4.999)
    assert sid in driver.engine.connections
    driver.clock.advance(0.001)
    assert sid not in driver.engine.connections
    assert code(await driver.get(sid)) == 1


@on_loop
async def test_what_is_never_fetched_does_not_wait_for_the_garbage_collector() -> None:
    driver = Driver(close_timeout=5)
    await driver.open()
    last = message("x" * 1_000)
    driver.inbox.connection.send(last)
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    assert sys.getrefcount(last) > 2
    driver.clock.advance(5)
    assert sys.getrefcount(last) == 2


# JSONP ---------------------------------------------------------------------------------------------------------------


@on_loop
async def test_jsonp_client_gets_scripts_and_posts_forms() -> None:
    driver = Driver()
    response = await driver.ask("GET", f"{QUERY}&j=0")
    headers = dict(response.headers)
    assert response.body.startswith(b'___eio[0]("0{') and response.body.endswith(b'}");')
    assert headers["Content-Type"] == "text/javascript; charset=UTF-8"
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    sid = driver.inbox.connection.sid
    response = await driver.ask("POST", f"{QUERY}&sid={sid}&j=1", b"d=4a%5Cnb")
    assert response.body == b"ok" and driver.inbox.messages == ["4a\nb"]
    driver.inbox.connection.send(message('"'))
    assert (await driver.ask("GET", f"{QUERY}&sid={sid}&j=2")).body == b'___eio[2]("4\\"");'


@pytest.mark.parametrize("index", ["", "x", "0](alert(1));//", "-1", "٣"])
@on_loop
async def test_jsonp_index_that_is_no_number_is_refused_and_costs_no_packet(index: str) -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.send(message("a"))
    response = await driver.ask("GET", f"{QUERY}&sid={sid}&j={index.encode().decode('latin-1')}")
    assert (response.status, code(response)) == (400, 3)
    assert (await driver.get(sid)).body == b"4a"
    assert (await driver.ask("GET", f"{QUERY}&j={index.encode().decode('latin-1')}")).status == 400
    assert len(driver.inboxes) == 1


@on_loop
async def test_jsonp_form_without_its_field_ends_the_session() -> None:
    driver = Driver()
    sid = await driver.open()
    assert code(await driver.ask("POST", f"{QUERY}&sid={sid}&j=1", b"4a")) == 3
    assert driver.inbox.reasons == [Reason.PARSE_ERROR]


# Compression ---------------------------------------------------------------------------------------------------------


@on_loop
async def test_long_answers_are_compressed_if_the_client_takes_that() -> None:
    driver = Driver()
    sid = await driver.open()
    connection = driver.inbox.connection
    connection.send(message("a" * 2000))
    plain = await driver.get(sid)
    assert plain.body == b"4" + b"a" * 2000
    connection.send(message("a" * 2000))
    packed = await driver.ask("GET", f"{QUERY}&sid={sid}", accept_encoding="gzip")
    assert ("Content-Encoding", "gzip") in packed.headers and gzip.decompress(packed.body) == plain.body


@on_loop
async def test_compression_may_be_switched_off() -> None:
    driver = Driver(http_compression=False)
    sid = await driver.open()
    driver.inbox.connection.send(message("a" * 2000))
    assert (await driver.ask("GET", f"{QUERY}&sid={sid}", accept_encoding="gzip")).body == b"4" + b"a" * 2000


# Floods --------------------------------------------------------------------------------------------------------------


@on_loop
async def test_thousands_of_pongs_and_messages_in_one_post_start_no_task_and_no_timer() -> None:
    driver = Driver()
    sid = await driver.open()
    tasks, timers = len(asyncio.all_tasks()), driver.clock.timers
    await driver.post(sid, b"\x1e".join([b"3"] * 10_000 + [b"4"] * 10_000))
    assert len(driver.inbox.messages) == 10_000
    assert len(asyncio.all_tasks()) == tasks and driver.clock.timers == timers


@on_loop
async def test_client_that_never_polls_cannot_fill_the_memory() -> None:
    driver = Driver(max_outbox_size=1_000_000)
    sid = await driver.open()
    for _ in range(3000):
        driver.inbox.connection.send(message(bytes(1000)))
        driver.clock.turn()
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]
    assert (await driver.get(sid)).body == b"1"  # what waited is gone


@on_loop
async def test_client_that_leaves_while_its_answer_is_compressed_has_lost_its_session() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.send(message("a" * 300_000))
    driver.clock.turn()
    request = driver.request("GET", f"EIO=4&transport=polling&sid={sid}", accept_encoding="gzip")
    answer = asyncio.ensure_future(driver.engine.respond(request, nothing_to_read))
    await asyncio.sleep(0)
    answer.cancel()
    await settle()
    assert answer.cancelled() and driver.inbox.reasons == [Reason.TRANSPORT_ERROR]


async def nothing_to_read(limit: int) -> bytes:
    raise AssertionError


@pytest.mark.parametrize("bound", [{"max_outbox_size": 10_000}, {"max_outbox_packets": 10}])
@on_loop
async def test_bounds_of_an_outbox_may_be_small(bound: dict[str, Any]) -> None:
    driver = Driver(**bound)
    await driver.open()
    for _ in range(9):
        driver.inbox.connection.send(message(bytes(1000)))
    driver.clock.turn()
    assert driver.inbox.reasons == []
    for _ in range(2):
        driver.inbox.connection.send(message(bytes(1000)))
    driver.clock.turn()
    assert driver.inbox.reasons == [Reason.TRANSPORT_ERROR]


@pytest.fixture(autouse=True)
def _log_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "flask_socketio")
