"""A TLS connection that was opened elsewhere, on our loop: over real sockets, with Python's own client."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from flask_socketio.hosts.tls_transport import TlsTransport
from tests.certificate import CERTIFICATE
from tests.descriptors import descriptors

SOON = 20
RECORD = 16_384


class Events(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.told: list[str] = []
        self.news = asyncio.Event()
        self.error: Exception | None = None

    def tell(self, what: str) -> None:
        self.told.append(what)
        self.news.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.tell("made")

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.news.set()

    def eof_received(self) -> None:
        self.tell("eof")

    def pause_writing(self) -> None:
        self.tell("pause")

    def resume_writing(self) -> None:
        self.tell("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = exc
        self.tell("lost")

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), SOON)


class Buffered(Events, asyncio.BufferedProtocol):
    """The same with a buffer of its own, smaller than a record."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray(1_000)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self.buffer[:nbytes]))


class Peer:
    """The client: blocking calls, each in a thread."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self.connection = connection

    async def send(self, data: bytes) -> None:
        await asyncio.to_thread(self.connection.sendall, data)

    async def read(self, size: int) -> bytes:
        return await asyncio.to_thread(self._read, size)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size and (piece := self.connection.recv(size - len(data))):
            data += piece
        return bytes(data)


@asynccontextmanager
async def connected(protocol: Events, version: ssl.TLSVersion) -> AsyncIterator[tuple[Peer, TlsTransport]]:
    """A client, and the transport on its connection."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    trust.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outer = socket.create_connection(listener.getsockname(), timeout=SOON)
        inner, _ = listener.accept()
    inner.settimeout(SOON)
    handshake = asyncio.to_thread(context.wrap_socket, inner, server_side=True)
    client, theirs = await asyncio.gather(
        asyncio.to_thread(trust.wrap_socket, outer, server_hostname="localhost"), handshake
    )
    theirs.setblocking(False)
    with client:
        transport = TlsTransport(theirs, protocol)
        yield Peer(client), transport
        transport.abort()
        await protocol.until(lambda: protocol.told[-1] == "lost")
        await asyncio.sleep(0)
    assert theirs.fileno() == -1


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def version(request: pytest.FixtureRequest) -> ssl.TLSVersion:
    version: ssl.TLSVersion = request.param
    return version


@pytest.fixture(params=[Events, Buffered])
def kind(request: pytest.FixtureRequest) -> type[Events]:
    kind: type[Events] = request.param
    return kind


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    before = descriptors()
    asyncio.run(asyncio.wait_for(work(), 3 * SOON))
    assert descriptors() <= before


def test_bytes_go_both_ways(kind: type[Events], version: ssl.TLSVersion) -> None:
    data = os.urandom(1_000_000)

    async def work() -> None:
        protocol = kind()
        async with connected(protocol, version) as (peer, transport):
            sent = asyncio.ensure_future(peer.send(data))
            await protocol.until(lambda: len(protocol.received) == len(data))
            await sent
            assert protocol.received == data
            transport.write(data)
            assert await peer.read(len(data)) == data

    run(work)


def test_what_came_before_is_read(version: ssl.TLSVersion) -> None:
    """A record that OpenSSL has taken from the socket already is on no selector."""

    async def work() -> None:
        protocol = Buffered()
        async with connected(protocol, version) as (peer, transport):
            transport.pause_reading()
            await peer.send(bytes(RECORD))
            await asyncio.to_thread(_half_a_record, transport)
            transport.resume_reading()
            await protocol.until(lambda: len(protocol.received) == RECORD // 2)

    def _half_a_record(transport: TlsTransport) -> None:
        connection: ssl.SSLSocket = transport.get_extra_info("ssl_object")
        connection.setblocking(True)
        assert len(connection.recv(RECORD // 2)) == RECORD // 2
        connection.setblocking(False)
        assert connection.pending() == RECORD // 2

    run(work)


def test_a_protocol_that_pauses_gets_no_more(kind: type[Events], version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = kind()
        async with connected(protocol, version) as (peer, transport):
            received = protocol.data_received

            def pause(data: bytes) -> None:
                received(data)
                transport.pause_reading()

            protocol.data_received = pause  # type: ignore[method-assign]
            sent = asyncio.ensure_future(peer.send(bytes(2 * RECORD)))
            await protocol.until(lambda: bool(protocol.received))
            await sent
            size = len(protocol.received)
            assert size <= RECORD
            transport.write(b"x")  # writing goes on
            assert await peer.read(1) == b"x"
            assert len(protocol.received) == size
            protocol.data_received = received  # type: ignore[method-assign]
            transport.resume_reading()
            await protocol.until(lambda: len(protocol.received) == 2 * RECORD)

    run(work)


def test_a_peer_that_does_not_read_pauses_the_protocol(version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (peer, transport):
            count = 0
            while "pause" not in protocol.told:
                transport.write(bytes([count % 256]) * 50_000)
                count += 1
            waiting = transport.get_write_buffer_size()
            assert 65_536 < waiting <= 65_536 + 50_000
            assert await peer.read(count * 50_000) == b"".join(
                bytes([number % 256]) * 50_000 for number in range(count)
            )
            await protocol.until(lambda: protocol.told[-1] == "resume")
            assert transport.get_write_buffer_size() <= 16_384

    run(work)


def test_a_write_that_waits_may_grow(version: ssl.TLSVersion) -> None:
    """OpenSSL wants a write repeated as it was; more may follow."""

    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (peer, transport):
            expected = bytearray()
            for number in range(40_000):
                if transport.get_write_buffer_size() > 20_000:
                    break
                piece = bytes([number % 256]) * 700
                transport.write(piece)
                expected += piece
            else:
                raise AssertionError("the socket takes everything")
            assert await peer.read(len(expected)) == expected

    run(work)


def test_closing_sends_what_waits_and_says_goodbye(version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (peer, transport):
            await peer.send(bytes(100_000))  # which nobody has read: it must not reset the connection
            vars(peer.connection)["suppress_ragged_eofs"] = False  # an end without close_notify raises
            transport.write(bytes(5_000_000))
            transport.close()
            assert transport.is_closing()
            transport.write(b"too late")
            assert len(await peer.read(5_000_001)) == 5_000_000
            peer.connection.close()
            await protocol.until(lambda: protocol.told[-1] == "lost")
            assert protocol.error is None

    run(work)


def test_a_peer_that_does_not_close_is_left(version: ssl.TLSVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_socketio.hosts.tls_transport._GOODBYE", 0.01)

    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (_, transport):
            transport.close()
            await protocol.until(lambda: protocol.told[-1] == "lost")

    run(work)


def test_a_peer_that_closes_ends_the_connection(kind: type[Events], version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = kind()
        async with connected(protocol, version) as (peer, transport):
            transport.write(b"x")
            await peer.read(1)  # and the tickets of TLS 1.3: unread bytes would make a reset of the close
            await peer.send(b"bye")
            peer.connection.close()
            await protocol.until(lambda: protocol.told[-1] == "lost")
            assert protocol.received == b"bye"
            assert protocol.told == ["made", "eof", "lost"]

    run(work)


def test_bytes_that_are_no_tls_end_the_connection(version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (peer, _):
            with socket.socket(fileno=os.dup(peer.connection.fileno())) as raw:
                raw.send(b"GET / HTTP/1.1\r\n\r\n")
            await protocol.until(lambda: protocol.told[-1] == "lost")
            assert isinstance(protocol.error, ssl.SSLError)

    run(work)


def test_an_abort_is_immediate(version: ssl.TLSVersion) -> None:
    async def work() -> None:
        protocol = Events()
        async with connected(protocol, version) as (_, transport):
            transport.write(bytes(50_000_000))
            transport.close()
            transport.abort()
            assert transport.get_write_buffer_size() == 0
            await protocol.until(lambda: protocol.told[-1] == "lost")
            assert protocol.told.count("lost") == 1

    run(work)


def test_a_protocol_that_fails_ends_the_connection() -> None:
    async def work() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        protocol = Events()

        def fail(data: bytes) -> None:
            raise LookupError("broken")

        protocol.data_received = fail  # type: ignore[method-assign]
        async with connected(protocol, ssl.TLSVersion.TLSv1_3) as (peer, _):
            await peer.send(b"x")
            await protocol.until(lambda: protocol.told[-1] == "lost")
        assert [str(error) for error in told] == ["broken"]

    run(work)
