"""Engine.IO over WebSocket, and the way there from long-polling, on raw frames."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from flask_socketio.protocol.engineio import EncodedPacket, message
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.protocol.websocket import CloseCode, WebSocketError
from flask_socketio.transport.http import Request
from flask_socketio.transport.reasons import Reason
from flask_socketio.transport.refusal import Cause, Refused
from tests.loop import on_loop, settle
from tests.transport.engine_driver import HANDSHAKE_HEADERS, Driver, MemoryLink


def opened(**options: object) -> tuple[Driver, MemoryLink]:
    """A driver with one client on WebSocket, past its handshake."""
    driver = Driver(**options)
    link = driver.websocket()
    link.received()
    return driver, link


def text(packet: str) -> bytes:
    """A packet as the frame that a server sends: final, opcode text, not masked, short."""
    return bytes([0x81, len(packet)]) + packet.encode()


# Packets -------------------------------------------------------------------------------------------------------------


def test_each_packet_is_a_frame_of_its_own_and_a_turn_is_one_write() -> None:
    driver, link = opened()
    writes = link.writes
    for content in ("a", b"\x01\x02", "b"):
        driver.inbox.connection.send(message(content))
    driver.clock.turn()
    assert (
        link.received()
        == (
            b"\x81\x02" + b"4a"  # a text frame: type message, its text
            b"\x82\x02" + b"\x01\x02"  # a binary frame: the message as it is
            b"\x81\x02" + b"4b"
        )
    )
    assert link.writes == writes + 1


def test_first_packet_is_sent_while_the_websocket_opens_and_so_with_the_answer_to_the_handshake() -> None:
    driver = Driver()
    request = driver.request("GET", "EIO=4&transport=websocket", **HANDSHAKE_HEADERS)
    link = MemoryLink(transport := driver.engine.accept_websocket(request))
    transport.opened(link)
    assert b'0{"sid"' in link.received()
    driver.clock.turn()
    assert link.received() == b""


def test_attachments_follow_their_packet() -> None:
    driver, link = opened()
    driver.inbox.connection.send(EncodedPacket(b"452-[]", (b"\x01", b"")))
    driver.clock.turn()
    assert link.received() == b"\x81\x06452-[]" + b"\x82\x01\x01" + b"\x82\x00"


def test_messages_come_in_text_and_binary() -> None:
    driver, link = opened()
    link.send("4hello", b"\x01\x02", "4", b"")
    assert driver.inbox.messages == ["4hello", b"\x01\x02", "4", b""]


@pytest.mark.parametrize("packet", ["abc", "", "0{}", "5", "2probe", "6"])
def test_packet_that_a_client_may_not_send_ends_the_session(packet: str, caplog: pytest.LogCaptureFixture) -> None:
    driver, link = opened()
    link.send(packet, "4late")
    assert driver.inbox.reasons == [Reason.PARSE_ERROR] and driver.inbox.messages == []
    assert link.ended == (CloseCode.POLICY_VIOLATION, "parse error")
    assert len(caplog.records) == 1 and "(websocket)" in caplog.text


def test_frame_that_breaks_a_rule_of_websocket_ends_the_session(caplog: pytest.LogCaptureFixture) -> None:
    driver, link = opened()
    link.gone(WebSocketError(1009, "got a message of 2 MB, expected at most 1"))
    assert driver.inbox.reasons == [Reason.PARSE_ERROR]
    assert len(caplog.records) == 1 and "got a message of 2 MB" in caplog.text
    assert not driver.engine.connections


# Compression ---------------------------------------------------------------------------------------------------------

OFFER = {"sec_websocket_extensions": "permessage-deflate"}


def test_what_is_sent_is_compressed_once_for_all_who_agreed() -> None:
    driver = Driver(websocket_compression=True)
    links = [driver.websocket(**OFFER), driver.websocket(**OFFER), driver.websocket()]
    handshakes = [link.received() for link in links]
    assert all(handshake[0] == 0x81 for handshake in handshakes)  # too small
    packet = EncodedPacket(b'451-["a",' + b" " * 2000 + b"]", (bytes(2000), b"small"))
    for inbox in driver.inboxes:
        inbox.connection.send(packet)
        inbox.connection.send(message("b"))
    driver.clock.turn()
    assert [link.received() for link in links[:2]] == [packet.deflated(1024) + text("4b")] * 2
    assert links[2].received() == packet.frames + text("4b")
    assert len(packet.deflated(1024)) < 150 < 4000 < len(packet.frames)


def test_nothing_is_compressed_unless_the_server_wants_it() -> None:
    driver = Driver()
    link = driver.websocket(**OFFER)
    link.received()
    driver.inbox.connection.send(message("a" * 125 * 20))
    driver.clock.turn()
    assert link.received() == b"\x81\x7e" + (2501).to_bytes(2, "big") + b"4" + b"a" * 2500


# Close ---------------------------------------------------------------------------------------------------------------


def test_close_packet_of_the_client_closes_the_websocket() -> None:
    driver, link = opened()
    link.send("1", "4late")
    assert driver.inbox.reasons == [Reason.TRANSPORT_CLOSE] and driver.inbox.messages == []
    assert link.ended == (1000, "")
    link.gone()
    assert not driver.engine.connections and driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]


def test_websocket_that_is_gone_ends_the_session() -> None:
    driver, link = opened()
    driver.inbox.connection.send(message("never read"))
    link.gone()
    assert driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]
    assert not driver.engine.connections


@pytest.mark.parametrize(
    ("reason", "ended"),
    [
        (Reason.SERVER_DISCONNECT, (1000, "")),
        (Reason.SERVER_SHUTTING_DOWN, (1001, "server shutting down")),
        (Reason.TRANSPORT_ERROR, "abort"),  # nobody reads there: a goodbye would only be waited for
    ],
)
def test_close_by_the_server_sends_what_waits(reason: Reason, ended: object) -> None:
    driver, link = opened()
    driver.inbox.connection.send(message("last"))
    driver.inbox.connection.close(reason)
    assert link.received() == text("4last") and link.ended == ended
    assert driver.inbox.reasons == [reason]
    link.gone()
    assert not driver.engine.connections


# A client that reads too slowly --------------------------------------------------------------------------------------


def test_nothing_is_written_while_the_socket_is_full() -> None:
    driver, link = opened()
    transport = driver.inbox.connection.transport
    assert hasattr(transport, "blocked") and hasattr(transport, "resumed")
    transport.blocked()
    for content in ("a", "b"):
        driver.inbox.connection.send(message(content))
        driver.clock.turn()
    assert link.received() == b""
    transport.resumed()
    assert link.received() == text("4a") + text("4b")


def test_full_socket_still_takes_the_goodbye() -> None:
    driver, link = opened()
    transport = driver.inbox.connection.transport
    assert hasattr(transport, "blocked")
    transport.blocked()
    driver.inbox.connection.send(message("last"))
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    assert link.received() == text("4last") and link.ended == (1000, "")


def test_pause_of_reading_reaches_the_socket() -> None:
    driver, link = opened()
    driver.inbox.connection.pause_reading()
    assert not link.reading
    driver.inbox.connection.resume_reading()
    assert link.reading


# Upgrade -------------------------------------------------------------------------------------------------------------


@on_loop
async def test_upgrade() -> None:
    driver = Driver()
    sid = await driver.open()
    poll = await driver.poll(sid)
    link = driver.upgrade(sid)
    assert link.received() == b""  # no handshake again
    link.send("2probe")
    assert link.received() == text("3probe")
    assert (await poll).body == b"6"  # so that the client may stop polling
    link.send("5")
    driver.inbox.connection.send(message("a"))
    driver.clock.turn()
    assert link.received() == text("4a")
    link.send("4b", b"c")
    assert driver.inbox.messages == ["4b", b"c"] and driver.inbox.reasons == []


@on_loop
async def test_nothing_is_lost_or_reordered_by_an_upgrade() -> None:
    driver = Driver()
    sid = await driver.open()
    connection = driver.inbox.connection
    poll = await driver.poll(sid)
    link = driver.upgrade(sid)
    connection.send(message("1"))  # still by the poll that waits
    driver.clock.turn()
    link.send("2probe")
    assert (await poll).body == b"41"
    connection.send(message("2"))
    driver.clock.turn()
    assert (await driver.get(sid)).body == b"42"  # a last poll, which the client had begun already
    connection.send(message("3"))
    driver.clock.turn()
    connection.send(message("4"))
    assert link.received() == text("3probe")  # nothing else before the client says that it has gone over
    link.send("5")
    driver.clock.turn()
    assert link.received() == text("43") + text("44")


@on_loop
async def test_polls_wait_as_ever_until_the_probe_and_not_at_all_after_it() -> None:
    driver = Driver()
    sid = await driver.open()
    link = driver.upgrade(sid)
    poll = await driver.poll(sid)
    assert not poll.done()
    link.send("2probe")
    assert (await poll).body == b"6"
    assert (await driver.get(sid)).body == b"6"
    assert (await driver.get(sid)).body == b"6"


@on_loop
async def test_post_that_was_on_its_way_during_the_upgrade_still_counts() -> None:
    driver = Driver()
    sid = await driver.open()
    body: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def read_slowly(limit: int) -> bytes:
        return await body

    request = driver.request("POST", f"EIO=4&transport=polling&sid={sid}")
    post = asyncio.ensure_future(driver.engine.respond(request, read_slowly))
    await settle()
    driver.upgrade(sid).send("2probe", "5")
    body.set_result(b"4late")
    assert (await post).body == b"ok" and driver.inbox.messages == ["4late"]


@on_loop
async def test_polling_is_over_after_an_upgrade() -> None:
    driver = Driver()
    sid = await driver.open()
    link = driver.upgrade(sid)
    link.send("2probe", "5")
    link.received()
    for response in (await driver.get(sid), await driver.post(sid, b"4x")):
        assert response.status == 400 and b'"code":3' in response.body
    link.send("4still here")
    assert driver.inbox.messages == ["4still here"] and driver.inbox.reasons == []


@on_loop
async def test_post_that_is_held_up_is_answered_by_the_upgrade_and_the_pause_goes_on() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.pause_reading()
    post = asyncio.ensure_future(driver.post(sid, b"4a"))
    await settle()
    link = driver.upgrade(sid)
    link.send("2probe", "5")
    assert (await post).body == b"ok" and not link.reading
    driver.inbox.connection.resume_reading()
    assert link.reading


@on_loop
async def test_session_may_end_while_a_host_opens_the_websocket_that_was_accepted_for_it() -> None:
    driver = Driver()
    sid = await driver.open()
    request = driver.request("GET", f"EIO=4&transport=websocket&sid={sid}", **HANDSHAKE_HEADERS)
    transport = driver.engine.accept_websocket(request)
    assert (await driver.post(sid, b"1")).body == b"ok"
    assert driver.inbox.reasons == [Reason.TRANSPORT_CLOSE] and driver.engine.connections == {}
    link = driver.open_link(transport)
    assert link.ended == (CloseCode.POLICY_VIOLATION, "this session has ended, or has a WebSocket already")
    link.gone()
    assert driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]


# Accepted, and not open yet


def handshake(driver: Driver, sid: str = "") -> Request:
    query = f"EIO=4&transport=websocket{sid and f'&sid={sid}'}"
    return driver.request("GET", query, **HANDSHAKE_HEADERS)


@pytest.mark.parametrize(("limit", "cause"), [("max_connections", "FULL"), ("max_connections_per_address", "TOO_MANY")])
def test_a_websocket_counts_from_when_it_is_accepted(limit: str, cause: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver(**{limit: 2})
    accepted = [driver.engine.accept_websocket(handshake(driver)) for _ in range(2)]
    with pytest.raises(Refused) as refused:
        driver.websocket()
    for _ in range(3):
        assert driver.engine.refuse(handshake(driver), refused.value).status in (429, 503)
    assert len(caplog.messages) == 1 and limit in caplog.text
    assert refused.value.cause is Cause[cause]
    links = [driver.open_link(transport) for transport in accepted]
    with pytest.raises(Refused):
        driver.websocket()
    links[0].gone()
    driver.websocket()
    with pytest.raises(Refused):
        driver.websocket()


def test_a_websocket_that_is_not_opened_does_not_count_for_ever() -> None:
    driver = Driver(max_connections=1, upgrade_timeout=5.0, ping_interval=100.0)
    forgotten = driver.engine.accept_websocket(handshake(driver))
    driver.clock.advance(4.9)
    with pytest.raises(Refused):
        driver.websocket()
    driver.clock.advance(0.2)
    link = driver.websocket()
    late = driver.open_link(forgotten)
    late.gone()
    assert late.ended is not None and link.ended is None and len(driver.engine.connections) == 1
    link.gone()
    given_up = driver.engine.accept_websocket(handshake(driver))
    given_up.closed(None)
    driver.websocket()
    with pytest.raises(Refused):
        driver.websocket()


@on_loop
async def test_an_upgrade_that_is_not_opened_gives_way_to_another() -> None:
    driver = Driver(upgrade_timeout=5.0, ping_interval=100.0)
    sid = await driver.open()
    forgotten = driver.engine.accept_websocket(handshake(driver, sid))
    assert driver.upgrade(sid).ended is not None
    driver.clock.advance(5.1)
    link = driver.upgrade(sid)
    late = driver.open_link(forgotten)
    late.send("2probe")
    late.gone()
    link.send("2probe", "5", "4hello")
    assert driver.inbox.messages == ["4hello"] and late.ended is not None


# One WebSocket for a session


@on_loop
async def test_second_websocket_is_closed_after_the_upgrade(caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    sid = await driver.open()
    link = driver.upgrade(sid)
    link.send("2probe", "5")
    second = driver.upgrade(sid)
    assert second.ended == (CloseCode.POLICY_VIOLATION, "this session has ended, or has a WebSocket already")
    second.send("2probe", "5", "4x")
    second.gone()
    link.send("4hello")
    assert driver.inbox.messages == ["4hello"] and driver.inbox.reasons == [] and second.received() == b""
    assert len(caplog.records) == 1 and "has a WebSocket already" in caplog.text


@on_loop
async def test_second_websocket_is_closed_while_the_first_one_probes() -> None:
    driver = Driver()
    sid = await driver.open()
    link = driver.upgrade(sid)
    second = driver.upgrade(sid)
    assert second.ended is not None
    second.gone()
    link.send("2probe", "5", "4hello")
    assert driver.inbox.messages == ["4hello"]


def test_second_websocket_is_closed_for_a_session_that_began_with_one() -> None:
    driver, link = opened()
    second = driver.upgrade(driver.inbox.connection.sid)
    assert second.ended is not None and link.ended is None and driver.inbox.reasons == []


# Upgrades that come to nothing


def leave(link: MemoryLink) -> None:
    link.gone()


def break_a_rule(link: MemoryLink) -> None:
    link.gone(ProtocolError("got a reserved bit"))


def sending(*packets: str | bytes) -> Callable[[MemoryLink], None]:
    """What a browser does that sends these, and leaves when it is told to."""

    def send(link: MemoryLink) -> None:
        link.send(*packets)
        assert link.ended == (CloseCode.POLICY_VIOLATION, "unexpected packet during the upgrade")

    return send


@pytest.mark.parametrize(
    "failure",
    [
        leave,
        break_a_rule,
        sending("4not yet"),
        sending("5"),  # without a probe
        sending("2"),
        sending("2other"),
        sending("1"),
        sending(""),
        sending(b"2probe"),
        sending("2probe", "4not yet"),
        sending("2probe", "2probe", "5"),
        sending("2probe", "1"),
        sending("2probe", b""),
    ],
)
@on_loop
async def test_failed_upgrade_leaves_the_session_alone(failure: Callable[[MemoryLink], None]) -> None:
    driver = Driver()
    sid = await driver.open()
    failure(driver.upgrade(sid))
    assert driver.inbox.messages == [] and driver.inbox.reasons == []
    poll = await driver.poll(sid)
    assert not poll.done()  # polls wait again
    driver.inbox.connection.send(message("a"))
    driver.clock.turn()
    assert (await poll).body == b"4a"
    again = driver.upgrade(sid)  # and the client may try again
    again.send("2probe", "5", "4b")
    assert driver.inbox.messages == ["4b"]


@on_loop
async def test_websocket_of_a_failed_upgrade_is_deaf() -> None:
    driver = Driver()
    link = driver.upgrade(await driver.open())
    link.send("4not yet", "2probe", "5", "4x")
    link.gone()
    assert driver.inbox.messages == [] and link.received() == b"" and driver.inbox.reasons == []


@pytest.mark.parametrize("begun", [(), ("2probe",)])
@on_loop
async def test_upgrade_has_a_time_limit(begun: tuple[str, ...]) -> None:
    driver = Driver(upgrade_timeout=1, ping_interval=25)
    sid = await driver.open()
    link = driver.upgrade(sid)
    link.send(*begun)
    driver.clock.advance(0.999)
    assert link.ended is None
    driver.clock.advance(0.001)
    assert link.ended == "abort"
    link.gone()
    poll = await driver.poll(sid)
    assert not poll.done() and driver.inbox.reasons == []


@on_loop
async def test_time_limit_ends_with_the_upgrade() -> None:
    driver = Driver(upgrade_timeout=1, ping_interval=25)
    link = driver.upgrade(await driver.open())
    link.send("2probe", "5")
    driver.clock.advance(10)
    assert link.ended is None and driver.inbox.reasons == []


@on_loop
async def test_session_that_ends_during_an_upgrade_ends_its_websocket() -> None:
    driver = Driver()
    sid = await driver.open()
    link = driver.upgrade(sid)
    link.send("2probe")
    await driver.post(sid, b"1")
    assert link.ended == (1000, "") and driver.inbox.reasons == [Reason.TRANSPORT_CLOSE]
    link.send("5", "4x")
    link.gone()
    assert driver.inbox.messages == []
    driver.clock.advance(60)
    assert not driver.engine.connections


@on_loop
async def test_upgrade_of_a_session_that_has_ended_is_refused() -> None:
    driver = Driver()
    sid = await driver.open()
    driver.inbox.connection.close(Reason.SERVER_DISCONNECT)
    with pytest.raises(Refused) as refused:
        driver.upgrade(sid)
    assert refused.value.cause is Cause.UNKNOWN_SID


@on_loop
async def test_upgrades_may_be_switched_off() -> None:
    driver = Driver(allow_upgrades=False)
    sid = await driver.open()
    with pytest.raises(Refused, match="allow_upgrades") as refused:
        driver.upgrade(sid)
    assert refused.value.cause is Cause.BAD_REQUEST
    assert driver.websocket().ended is None  # a new session by WebSocket is another matter


@pytest.fixture(autouse=True)
def _log_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "flask_socketio")
