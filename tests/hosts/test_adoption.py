"""A connection changes hands: what the two sides of it, and the server that had it, see."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from flask_socketio.hosts.adoption import Adopted, Takeover
from flask_socketio.transport.http import Response

SOON = 5


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's end of a connection, and that of the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=SOON)
        theirs, _ = listener.accept()
    theirs.settimeout(SOON)
    with client, theirs:
        yield client, theirs


def take(theirs: socket.socket) -> socket.socket:
    """Take a connection over, from a server that is through with its answer."""
    ours, body = Takeover(theirs).complete()
    body.close()
    return ours


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_what_the_server_still_does_goes_nowhere(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    ours, body = Takeover(theirs).complete()
    with ours:
        theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        assert list(body) == [b""]
        body.close()
        theirs.shutdown(socket.SHUT_WR)
        assert theirs.recv(1) == b""  # a server that lingers is told to go
        theirs.close()

        ours.send(b"ours")
        assert client.recv(100) == b"ours"
        client.sendall(b"theirs")
        assert not ours.getblocking()


def test_a_takeover_that_is_called_off_changes_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    before = descriptors()
    Takeover(theirs).cancel()
    assert descriptors() == before
    assert theirs.gettimeout() == SOON
    theirs.sendall(b"hello")
    assert client.recv(100) == b"hello"


def test_a_takeover_leaves_no_descriptor_behind(ends: tuple[socket.socket, socket.socket]) -> None:
    _, theirs = ends
    before = descriptors()
    ours, body = Takeover(theirs).complete()
    body.close()
    ours.close()
    assert descriptors() == before


def test_a_takeover_that_fails_leaves_no_descriptor_behind(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("too many open files")

    before = descriptors()
    monkeypatch.setattr(socket, "socketpair", refuse)
    with pytest.raises(OSError, match="too many"):
        Takeover(ends[1])
    assert descriptors() == before


def test_an_answer_is_sent_when_it_is_there(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    ours = take(theirs)

    async def work() -> None:
        async def answer() -> Response:
            return Response(200, [("X", "y")], b"body")

        adopted = Adopted()
        adopted.answer(ours, asyncio.ensure_future(answer()))
        await adopted.answered(SOON)

    asyncio.run(work())
    with client.makefile("rb") as received:
        assert received.read() == b"HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"


def test_a_client_that_leaves_before_cancels_the_answer(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    ours = take(theirs)

    async def work() -> bool:
        answer = asyncio.ensure_future(asyncio.sleep(SOON, Response(200, [])))
        adopted = Adopted()
        adopted.answer(ours, answer)
        client.close()
        await adopted.answered(SOON)
        await asyncio.wait([answer])
        return answer.cancelled()

    assert asyncio.run(work())


def test_an_answer_that_fails_is_logged(
    ends: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    client, theirs = ends
    ours = take(theirs)

    async def work() -> None:
        async def answer() -> Response:
            raise LookupError("a secret")

        adopted = Adopted()
        adopted.answer(ours, asyncio.ensure_future(answer()))
        await adopted.answered(SOON)

    asyncio.run(work())
    assert client.recv(1000).startswith(b"HTTP/1.1 500 ")
    assert "a secret" in caplog.text
