"""Streams behind the bridge: how fast they go, how they end, and what happens when there are too many."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response

from flask_socketio.hosts.wsgi_bridge import WsgiBridge
from tests.hosts.serving import PATIENCE, Server, Ticks, Workers, hello_works, read_exactly, read_head, serving

if TYPE_CHECKING:
    from flask_socketio.hosts.asgi_types import Message

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def taken_of(pieces: queue.SimpleQueue[int]) -> int:
    """How many bytes come before there is a standstill."""
    total = 0
    while True:
        try:
            total += pieces.get(timeout=1)
        except queue.Empty:
            return total


# Streams --------------------------------------------------------------------------------------------------------------


def test_stream_is_sent_piece_by_piece(app: Flask, server: Server) -> None:
    seen: queue.SimpleQueue[int] = queue.SimpleQueue()

    @app.get("/")
    def view() -> Response:
        def stream() -> Iterator[bytes]:
            for n in range(3):
                yield b"%d" % n
                assert seen.get(timeout=PATIENCE) == n  # goes on only when the client has it

        return Response(stream())

    with server.connect() as client:
        client.sendall(GET % b"/")
        assert b"transfer-encoding: chunked" in read_head(client)
        for n in range(3):
            assert read_exactly(client, 6) == b"1\r\n%d\r\n" % n
            seen.put(n)
        assert read_exactly(client, 5) == b"0\r\n\r\n"


def test_many_small_pieces_arrive_complete(app: Flask, server: Server) -> None:
    rows = [b"%d\n" % n for n in range(100_000)]

    @app.get("/")
    def view() -> Response:
        return Response(iter(rows))

    assert server.ask("/").body == b"".join(rows)


def test_slow_client_makes_the_stream_wait(app: Flask, server: Server) -> None:
    made: queue.SimpleQueue[int] = queue.SimpleQueue()
    piece, count = b"x" * 10_000, 2000  # 20 MB

    @app.get("/")
    def view() -> Response:
        def stream() -> Iterator[bytes]:
            for _ in range(count):
                made.put(len(piece))
                yield piece

        return Response(stream(), headers={"Content-Length": str(len(piece) * count)})

    server.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    with server.connect(receive_buffer=65536) as client:
        client.sendall(GET % b"/")
        read_head(client)
        assert taken_of(made) < 2_000_000
        assert hello_works(server)
        assert len(read_exactly(client, len(piece) * count)) == len(piece) * count


def test_stream_that_waits_for_a_slow_client_ends_when_it_leaves(app: Flask, server: Server) -> None:
    made: queue.SimpleQueue[int] = queue.SimpleQueue()
    ended = threading.Event()

    @app.get("/")
    def view() -> Response:
        def stream() -> Iterator[bytes]:
            try:
                while True:
                    made.put(10_000)
                    yield b"x" * 10_000
            finally:
                ended.set()

        return Response(stream())

    with server.connect(receive_buffer=65536) as client:
        client.sendall(GET % b"/")
        read_head(client)
        taken_of(made)
    assert ended.wait(PATIENCE)
    assert server.workers.all_back()


def test_event_stream_ends_with_its_client(app: Flask, server: Server) -> None:
    ticks = Ticks(app)
    with server.connect() as client:
        client.sendall(GET % b"/ticks")
        read_head(client)
        assert read_exactly(client, 18) == b"d\r\ndata: first\n\n\r\n"
        ticks.tick()
        assert read_exactly(client, 17) == b"c\r\ndata: tick\n\n\r\n"
        assert not ticks.ended.is_set()
    assert ticks.end_with_the_next_ticks()
    assert server.workers.all_back()


def test_event_stream_behind_an_upload_ends_with_its_client(app: Flask, server: Server) -> None:
    ticks = Ticks(app)
    with server.connect() as client:
        client.sendall(b"GET /ticks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        read_head(client)
    assert ticks.end_with_the_next_ticks()


# Too many -------------------------------------------------------------------------------------------------------------


def test_request_that_finds_no_worker_is_refused_in_time(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = Ticks(app)
    with serving(app, threads=1) as server:
        with server.connect() as client, monkeypatch.context() as hurry:
            client.sendall(GET % b"/ticks")
            read_head(client)
            hurry.setattr(server.bridge, "_start_within", 0.2)
            answer = server.ask("/hello")
            assert (answer.status, answer.body) == (503, b"No worker is free; please try again.")
            assert "GET /hello: refused with 503, no worker was free for 0.2 s" in caplog.text
        assert ticks.end_with_the_next_ticks()
        assert hello_works(server)


def test_request_that_finds_a_worker_in_time_is_served(app: Flask) -> None:
    ticks = Ticks(app)
    with serving(app, threads=1) as server, server.connect() as waiting:
        with server.connect() as client:
            client.sendall(GET % b"/ticks")
            read_head(client)
            waiting.sendall(GET % b"/hello")
        assert ticks.end_with_the_next_ticks()
        assert b"200 OK" in read_head(waiting)


# Stopping -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stopped(app: Flask) -> Iterator[Server]:
    """A server of the test's own, as it is of no use after it."""
    with serving(app) as server:
        yield server


def test_stop_ends_event_streams_and_refuses_what_is_new(app: Flask, stopped: Server) -> None:
    ticks = Ticks(app)
    with stopped.connect() as client:
        client.sendall(GET % b"/ticks")
        read_head(client)
        read_exactly(client, 18)
        stopped.on_loop(stopped.bridge.stop(PATIENCE)).result(PATIENCE)  # at once: there is nothing else to wait for
        assert read_exactly(client, 5) == b"0\r\n\r\n"
    answer = stopped.ask("/hello")
    assert (answer.status, answer.body) == (503, b"The server is stopping; please try again.")
    ticks.tick()
    assert ticks.ended.wait(PATIENCE)
    assert stopped.workers.all_back()


def test_stop_lets_an_answer_finish(app: Flask, stopped: Server) -> None:
    started, go_on = threading.Event(), threading.Event()

    @app.get("/")
    def view() -> str:
        started.set()
        go_on.wait(PATIENCE)
        return "done"

    with stopped.connect() as client:
        client.sendall(GET % b"/")
        assert started.wait(PATIENCE)
        stop = stopped.on_loop(stopped.bridge.stop(PATIENCE))
        stopped.on_loop(asyncio.sleep(0)).result(PATIENCE)  # it has begun
        go_on.set()
        assert b"200 OK" in read_head(client)
        assert read_exactly(client, 4) == b"done"
        stop.result(PATIENCE)


def test_stop_ends_an_event_stream_that_begins_meanwhile(app: Flask, stopped: Server) -> None:
    ticks = Ticks(app)
    started, go_on = threading.Event(), threading.Event()

    @app.before_request
    def wait() -> None:
        started.set()
        go_on.wait(PATIENCE)

    with stopped.connect() as client:
        client.sendall(GET % b"/ticks")
        assert started.wait(PATIENCE)
        stop = stopped.on_loop(stopped.bridge.stop(PATIENCE))
        stopped.on_loop(asyncio.sleep(0)).result(PATIENCE)  # it has begun
        go_on.set()
        stop.result(PATIENCE)
        read_head(client)
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            body += read_exactly(client, 1)
    ticks.tick()
    assert ticks.ended.wait(PATIENCE)


def test_stop_does_not_wait_longer_than_it_is_told(app: Flask, stopped: Server) -> None:
    started, go_on = threading.Event(), threading.Event()

    @app.get("/")
    def view() -> str:
        started.set()
        go_on.wait(PATIENCE)
        return "too late"

    with stopped.connect() as client:
        client.sendall(GET % b"/")
        assert started.wait(PATIENCE)
        stopped.on_loop(stopped.bridge.stop(0.1)).result(PATIENCE)
        assert b"503 Service Unavailable" in read_head(client)
    go_on.set()
    assert stopped.workers.all_back()


def test_stop_cuts_what_has_no_end_of_its_own(app: Flask, stopped: Server, caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks(app, "text/plain")
    with stopped.connect() as client:
        client.sendall(GET % b"/ticks")
        read_head(client)
        read_exactly(client, 18)
        stopped.on_loop(stopped.bridge.stop(0.1)).result(PATIENCE)
        assert client.recv(1) == b""  # closed, without the chunk that would say that it is whole
    assert not any(record.exc_info for record in caplog.records)
    assert ticks.end_with_the_next_ticks()
    assert stopped.workers.all_back()


# Any ASGI server ------------------------------------------------------------------------------------------------------

SCOPE: Message = {"type": "http", "method": "GET", "path": "/", "headers": []}


def through_bridge(app: Flask, use: Callable[[WsgiBridge], Any]) -> Workers:
    """Run something with a bridge on a loop of its own, and wait for its workers."""
    workers = Workers(1)
    try:
        asyncio.run(asyncio.wait_for(use(WsgiBridge(app, workers.submit)), PATIENCE))
        assert workers.all_back()
    finally:
        workers.close()
    return workers


async def receive_nothing() -> Message:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


def test_small_answer_wakes_the_loop_once(app: Flask) -> None:
    app.add_url_rule("/", view_func=lambda: "hello")
    sent: list[Message] = []
    wakes = 0

    async def send(message: Message) -> None:
        sent.append(message)

    async def use(bridge: WsgiBridge) -> None:
        loop = asyncio.get_running_loop()
        wake = loop.call_soon_threadsafe

        def counted(*arguments: Any) -> Any:
            nonlocal wakes
            wakes += 1
            return wake(*arguments)

        loop.call_soon_threadsafe = counted  # type: ignore[assignment]
        await bridge(SCOPE, receive_nothing, send)
        loop.call_soon_threadsafe = wake  # type: ignore[method-assign]

    through_bridge(app, use)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1] == {"type": "http.response.body", "body": b"hello", "more_body": False}
    assert wakes == 1


def test_server_that_says_in_send_that_the_client_left(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks(app)

    async def send(message: Message) -> None:
        raise OSError("gone")

    async def use(bridge: WsgiBridge) -> None:
        await bridge({**SCOPE, "path": "/ticks"}, receive_nothing, send)
        ticks.tick()

    through_bridge(app, use)
    assert ticks.ended.is_set()
    assert not caplog.records


def test_cancelled_request_ends_its_stream(app: Flask) -> None:
    ticks = Ticks(app)

    async def use(bridge: WsgiBridge) -> None:
        begun = asyncio.Event()

        async def send(message: Message) -> None:
            begun.set()

        task = asyncio.ensure_future(bridge({**SCOPE, "path": "/ticks"}, receive_nothing, send))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        ticks.tick()

    through_bridge(app, use)
    assert ticks.ended.is_set()
