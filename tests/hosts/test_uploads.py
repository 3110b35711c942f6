"""The upload, one chunk ahead of the app, and the news that the client has left."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from flask_socketio.hosts import uploads
from flask_socketio.hosts.asgi_types import Message
from flask_socketio.hosts.uploads import Inlet, Upload
from tests.loop import on_loop, settle

LEFT = {"type": "http.disconnect"}


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """The other side: sends messages, sees what the app got and whether its leaving was heard."""

    def __init__(self, *messages: Message) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self.send(*messages)
        self.received = 0
        self.replies: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.left = asyncio.Event()
        self.inlet = Inlet(self._receive, self.replies.put_nowait, self.left.set)

    def send(self, *messages: Message) -> None:
        for message in messages:
            self._messages.put_nowait(message)

    async def _receive(self) -> Message:
        message = await self._messages.get()
        self.received += 1
        return message

    async def read(self) -> bytes | None:
        self.inlet.ask()
        return await self.replies.get()


@on_loop
async def test_small_body_comes_whole() -> None:
    client = Client(chunk(b"ab"), chunk(b""), chunk(b"c", more=False))
    assert await client.inlet.whole(3) == b"abc"


@on_loop
async def test_no_body_is_not_waited_for() -> None:
    client = Client()
    assert await client.inlet.whole(0) == b""
    assert client.received == 0


@on_loop
async def test_client_that_leaves_within_a_small_body() -> None:
    assert await Client(chunk(b"ab"), LEFT).inlet.whole(3) is None


@on_loop
async def test_chunks_come_when_asked_for_and_then_the_end() -> None:
    client = Client(chunk(b"a"), chunk(b"b"), chunk(b"", more=False))
    assert [await client.read() for _ in range(4)] == [b"a", b"b", b"", b""]


@on_loop
async def test_last_chunk_may_have_bytes() -> None:
    client = Client(chunk(b"a", more=False))
    assert [await client.read() for _ in range(2)] == [b"a", b""]


@on_loop
async def test_empty_message_is_not_the_end() -> None:
    client = Client(chunk(b""), chunk(b"a"))
    assert await client.read() == b"a"


@on_loop
async def test_only_one_chunk_is_received_ahead_of_the_app() -> None:
    client = Client(chunk(b"a"), chunk(b"b"), chunk(b"c"))
    assert await client.read() == b"a"
    await settle()
    assert client.received == 2
    client.inlet.close()


@on_loop
async def test_nothing_is_received_before_the_app_asks() -> None:
    client = Client(chunk(b"a"))
    await settle()
    assert client.received == 0


@on_loop
async def test_leaving_within_the_upload_is_heard() -> None:
    client = Client(chunk(b"a"), LEFT)
    assert await client.read() == b"a"
    await client.left.wait()


@on_loop
async def test_leaving_after_the_upload_is_heard() -> None:
    client = Client(chunk(b"", more=False))
    client.inlet.listen()
    await settle()
    assert not client.left.is_set()
    client.send(LEFT)
    await client.left.wait()


@on_loop
async def test_leaving_is_heard_even_if_the_last_chunk_was_not_read() -> None:
    client = Client(chunk(b"a", more=False), LEFT)
    client.inlet.listen()
    await client.left.wait()


@on_loop
async def test_chunk_that_came_while_listening_is_kept() -> None:
    client = Client(chunk(b"a"), chunk(b"b", more=False))
    client.inlet.listen()
    await settle()
    assert [await client.read() for _ in range(3)] == [b"a", b"b", b""]


@on_loop
async def test_who_listens_no_more_holds_no_task() -> None:
    before = asyncio.all_tasks()
    client = Client()
    client.inlet.listen()
    await settle()
    assert asyncio.all_tasks() != before
    client.inlet.close()
    await settle()
    assert asyncio.all_tasks() == before


@on_loop
async def test_upload_that_nobody_reads_does_not_hide_that_its_client_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNREAD_FOR", 0)
    client = Client(chunk(b"a"), chunk(b"b"), chunk(b"c"), LEFT)
    client.inlet.listen()
    await client.left.wait()
    assert await client.read() is None  # dropped: it can't be had any more


@on_loop
async def test_app_that_has_begun_to_read_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNREAD_FOR", 0)
    client = Client(chunk(b"a"), chunk(b"b"), chunk(b"c", more=False))
    assert await client.read() == b"a"
    await settle()
    assert [await client.read() for _ in range(2)] == [b"b", b"c"]


@pytest.mark.parametrize(
    ("read", "result"),
    [
        (lambda file: file.read(), b"one\ntwo\nthree"),
        (lambda file: (file.read(5), file.read(100), file.read(1)), (b"one\nt", b"wo\nthree", b"")),
        (lambda file: file.read1(2), b"on"),
        (lambda file: file.readline(), b"one\n"),
        (lambda file: file.readline(2), b"on"),
        (lambda file: file.readlines(), [b"one\n", b"two\n", b"three"]),
        (list, [b"one\n", b"two\n", b"three"]),
    ],
)
def test_upload_is_a_file(read: Callable[[io.BufferedReader], Any], result: Any) -> None:
    chunks = iter([b"one\ntw", b"o\nthr", b"ee", b""])
    assert read(io.BufferedReader(Upload(lambda: next(chunks)))) == result


def test_upload_waits_only_when_nothing_is_there() -> None:
    chunks = iter([b"abc"])
    upload = Upload(lambda: next(chunks))
    assert not upload.begun
    assert upload.read(2) == b"ab"
    assert upload.begun
    assert upload.read(2) == b"c"


def test_upload_that_has_ended_is_not_asked_again() -> None:
    chunks = iter([b""])
    upload = Upload(lambda: next(chunks))
    assert [upload.read(1), upload.read(1)] == [b"", b""]
