"""A connection changes hands: what the two sides of it, and the server that had it, see."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import select
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_socketio.hosts import transfer_pace
from flask_socketio.hosts.adoption import Adopted, Takeover
from flask_socketio.transport.http import Request, Response
from tests.certificate import CERTIFICATE
from tests.descriptors import descriptor, descriptors

SOON = 20

REQUEST = Request("GET", "/socket.io/", b"", [], "http", ("203.0.113.9", 4711), None)


@pytest.fixture(params=["plain", "TLS"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's end of a connection, and that of the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=SOON)
        theirs, _ = listener.accept()
    theirs.settimeout(SOON)
    if request.param == "TLS":
        client, theirs = encrypted(client, theirs)
    with client, theirs:
        yield client, theirs


def encrypted(client: socket.socket, theirs: socket.socket) -> tuple[socket.socket, socket.socket]:
    """The same with TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    with ThreadPoolExecutor(1) as elsewhere:
        wrapped = elsewhere.submit(trust.wrap_socket, client, server_hostname="localhost")
        theirs = context.wrap_socket(theirs, server_side=True)
        return wrapped.result(), theirs


def take(theirs: socket.socket) -> socket.socket:
    """Take a connection over, from a server that is through with its answer."""
    ours, body = Takeover(theirs).complete()
    body.close()
    theirs.close()
    return ours


def answer(ours: socket.socket, response: Response | Exception) -> None:
    """Answer on a loop."""

    async def work() -> None:
        async def soon() -> Response:
            if isinstance(response, Exception):
                raise response
            return response

        adopted = Adopted()
        adopted.answer(ours, REQUEST, asyncio.ensure_future(soon()))
        await adopted.answered(SOON)

    asyncio.run(work())


def test_what_the_server_still_does_goes_nowhere(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    with theirs.makefile("rb") as file:
        ours, body = Takeover(theirs).complete()
        theirs.settimeout(SOON)
        theirs.send(b"HTTP/1.1 200 OK\r\n")
        theirs.sendall(b"\r\n")
        assert list(body) == [b""]
        assert select.select([theirs], [], [], SOON)[0]
        assert theirs.recv(1) == b""  # a server that lingers is told to go
        assert file.read() == b""
        body.close()
        theirs.setblocking(True)
        theirs.shutdown(socket.SHUT_WR)
    theirs.close()
    client_answer(client, ours)


def test_the_server_may_be_slower_than_the_answer(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    with theirs.makefile("rb") as file:
        ours, body = Takeover(theirs).complete()
        client_answer(client, ours)
        theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        assert select.select([theirs], [], [], SOON)[0]
        assert file.read() == b""
        body.close()
        theirs.shutdown(socket.SHUT_WR)
        theirs.close()


def client_answer(client: socket.socket, ours: socket.socket) -> None:
    """See that the client gets our answer and nothing else."""
    answer(ours, Response(200, [("X", "y")], b"body"))
    with client.makefile("rb") as received:
        assert received.read() == b"HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"


def test_a_takeover_that_is_called_off_changes_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    before = descriptors()
    Takeover(theirs).cancel()
    assert descriptors() <= before
    assert theirs.gettimeout() == SOON
    theirs.sendall(b"hello")
    assert client.recv(100) == b"hello"


def test_a_takeover_leaves_no_descriptor_behind(ends: tuple[socket.socket, socket.socket]) -> None:
    _, theirs = ends
    others = descriptors() - {descriptor(theirs)}
    ours = take(theirs)
    answer(ours, Response(200, []))
    assert descriptors() <= others


def test_a_takeover_that_fails_leaves_no_descriptor_behind(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("too many open files")

    before = descriptors()
    monkeypatch.setattr(socket, "socketpair", refuse)
    with pytest.raises(OSError, match="too many"):
        Takeover(ends[1])
    assert descriptors() <= before


def test_a_client_that_leaves_before_cancels_the_answer(ends: tuple[socket.socket, socket.socket]) -> None:
    client, theirs = ends
    ours = take(theirs)

    async def work() -> bool:
        answer = asyncio.ensure_future(asyncio.sleep(SOON, Response(200, [])))
        adopted = Adopted()
        adopted.answer(ours, REQUEST, answer)
        client.close()
        await adopted.answered(SOON)
        await asyncio.wait([answer])
        return answer.cancelled()

    assert asyncio.run(work())


def test_a_client_may_leave_as_its_answer_is_there(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def connect(connection: socket.socket, protocol: asyncio.Protocol) -> asyncio.Transport:
        protocol.connection_lost(None)
        return asyncio.Transport()  # which can do nothing

    monkeypatch.setattr(asyncio.Transport, "close", lambda transport: None)
    monkeypatch.setattr("flask_socketio.hosts.adoption._connect", connect)
    answer(ends[1], Response(200, []))
    gc.collect()  # a task that nobody awaits tells then that it failed
    assert not caplog.text


def test_a_client_that_does_not_read_its_answer_is_cut_off(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transfer_pace, "PERIOD", 0.1)
    client, theirs = ends
    others = descriptors() - {descriptor(theirs)}
    answer(take(theirs), Response(200, [], bytes(20_000_000)))
    assert descriptors() <= others
    assert "from 203.0.113.9: it takes less than 500 bytes a second" in caplog.text
    received = 0
    with contextlib.suppress(OSError):  # TLS is cut in the middle of a record
        while piece := client.recv(1_000_000):
            received += len(piece)
    assert received < 20_000_000


def test_an_answer_that_fails_is_logged(
    ends: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    client, theirs = ends
    answer(take(theirs), LookupError("a secret"))
    assert client.recv(1000).startswith(b"HTTP/1.1 500 ")
    assert "a secret" in caplog.text
