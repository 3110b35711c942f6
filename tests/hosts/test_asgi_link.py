"""A WebSocket as ASGI's messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from flask_socketio.hosts.asgi_link import AsgiLink
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.errors import ProtocolError

SOON = 20


class Listener:
    """Writes down what it is told, and does in `opened` what the test wants."""

    def __init__(self, act: Callable[[AsgiLink], object] = lambda link: None) -> None:
        self.told: list[Any] = []
        self._act = act

    def opened(self, link: Any) -> None:
        self.link: AsgiLink = link
        self._act(link)

    def message(self, data: str | bytes) -> None:
        if data == "fail":
            raise LookupError("of the listener")
        self.told.append(data)

    def blocked(self) -> None:
        self.told.append("blocked")

    def resumed(self) -> None:
        self.told.append("resumed")

    def closed(self, error: ProtocolError | None) -> None:
        self.told.append(("closed", error and str(error)))


def carry(listener: Listener, *received: dict[str, Any], max_size: int = 100) -> list[dict[str, Any]]:
    """What is sent while these messages are received; then the peer is silent, and leaves when it is told to."""
    sent: list[dict[str, Any]] = []

    async def work() -> None:
        left = asyncio.Event()
        messages = iter(received)

        async def receive() -> dict[str, Any]:
            for message in messages:
                return message
            await left.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            await asyncio.sleep(0)
            sent.append(message)
            if message["type"] == "websocket.close":
                left.set()

        await asyncio.wait_for(AsgiLink(receive, send, listener, max_size).run([]), SOON)

    asyncio.run(work())
    assert sent.pop(0) == {"type": "websocket.accept", "headers": []}
    return sent


def text(data: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": data}


LEAVE = {"type": "websocket.disconnect", "code": 1001}


def test_messages_come_in() -> None:
    listener = Listener()
    carry(listener, text("4hello"), {"type": "websocket.receive", "bytes": b"\x00", "text": None}, LEAVE)
    assert listener.told == ["4hello", b"\x00", ("closed", None)]


def test_a_peer_that_sends_much_lets_others_have_their_turns() -> None:
    turns: list[int] = []
    listener = Listener()

    async def work() -> None:
        async def count() -> None:
            while not listener.told or listener.told[-1] != ("closed", None):
                turns.append(len(listener.told))
                await asyncio.sleep(0)

        messages = iter([*map(text, map(str, range(1_000))), LEAVE])

        async def receive() -> dict[str, Any]:
            return next(messages)  # as a server whose queue is full

        async def send(message: Any) -> None:
            pass

        others = asyncio.ensure_future(count())
        await asyncio.wait_for(AsgiLink(receive, send, listener, 100).run([]), SOON)
        await others

    asyncio.run(work())
    assert len(listener.told) == 1_001
    assert max(after - before for before, after in pairwise(turns)) < 50


def test_packets_go_out_as_messages() -> None:
    """An attachment as the very bytes it is: nothing is put together here only to be cut again."""
    attachment = bytes(65536)

    def act(link: AsgiLink) -> None:
        link.write(
            [EncodedPacket("451-é".encode(), (attachment, b"")), EncodedPacket(b"2"), EncodedPacket(None, (b"b",))]
        )
        link.close()

    sent = carry(Listener(act))
    assert sent == [
        {"type": "websocket.send", "text": "451-é"},
        {"type": "websocket.send", "bytes": attachment},
        {"type": "websocket.send", "bytes": b""},
        {"type": "websocket.send", "text": "2"},
        {"type": "websocket.send", "bytes": b"b"},
        {"type": "websocket.close", "code": 1000, "reason": ""},
    ]
    assert sent[1]["bytes"] is attachment


@pytest.mark.parametrize(
    "error", [OSError("the peer has left"), asyncio.CancelledError(), LookupError("of the server")]
)
def test_a_peer_that_leaves_before_it_is_accepted_is_told_of(error: BaseException) -> None:
    """Or its session would wait for this WebSocket for ever, and never take another."""
    listener = Listener()

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing comes")

    async def send(message: Any) -> None:
        raise error

    expected = contextlib.nullcontext() if isinstance(error, OSError) else pytest.raises(type(error))
    with expected:
        asyncio.run(AsgiLink(receive, send, listener, 100).run([]))
    assert listener.told == [("closed", None)]


def test_after_a_close_nothing_goes_out() -> None:
    def act(link: AsgiLink) -> None:
        link.write([EncodedPacket(b"last")])
        link.close(1001, "server shutting down")
        link.write([EncodedPacket(b"too late")])
        link.close()

    assert [message.get("text", message.get("code")) for message in carry(Listener(act))] == ["last", 1001]


@pytest.mark.parametrize("received", [{"text": "é" * 51}, {"bytes": bytes(101)}])
def test_a_message_that_is_too_large_closes(received: dict[str, Any]) -> None:
    listener = Listener()
    sent = carry(listener, {"type": "websocket.receive", **received}, text("unheard"))
    assert [message["code"] for message in sent] == [1009]
    assert len(listener.told) == 1 and "expected 100" in listener.told[0][1]


def test_a_listener_that_fails_closes(caplog: pytest.LogCaptureFixture) -> None:
    assert [message["code"] for message in carry(Listener(), text("fail"))] == [1011]
    assert "of the listener" in caplog.text


def test_abort_ends_without_a_word() -> None:
    listener = Listener(AsgiLink.abort)
    assert carry(listener) == []
    assert listener.told == [("closed", None)]


def test_a_peer_that_takes_nothing_is_told_of() -> None:
    def act(link: AsgiLink) -> None:
        for _ in range(3):
            link.write([EncodedPacket(None, (bytes(40_000),))])
        assert link.buffered == 120_000
        link.close()

    listener = Listener(act)
    carry(listener)
    assert listener.told == ["blocked", "resumed", ("closed", None)]
    assert listener.link.buffered == 0


def test_what_waits_is_counted_in_bytes_whatever_its_alphabet() -> None:
    def act(link: AsgiLink) -> None:
        link.write([EncodedPacket(("é" * 20_000).encode())] * 3)
        assert link.buffered == 120_000
        asyncio.get_running_loop().call_soon(look)

    def look() -> None:
        waiting.append((listener.link.buffered, listener.told[-1]))
        if listener.link.buffered:
            asyncio.get_running_loop().call_soon(look)
        else:
            listener.link.close()

    waiting: list[tuple[int, str]] = []
    listener = Listener(act)
    carry(listener)
    assert list(dict.fromkeys(waiting)) == [
        (120_000, "blocked"),
        (80_000, "blocked"),
        (40_000, "resumed"),
        (0, "resumed"),
    ]


def test_paused_reading_leaves_messages_with_the_server() -> None:
    def act(link: AsgiLink) -> None:
        link.pause_reading()
        asyncio.get_running_loop().call_soon(later)

    def later() -> None:
        assert listener.told == []
        listener.link.resume_reading()

    listener = Listener(act)
    carry(listener, text("4hello"), LEAVE)
    assert listener.told == ["4hello", ("closed", None)]
