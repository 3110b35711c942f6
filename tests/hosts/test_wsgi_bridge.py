"""Flask's own routes behind the bridge, on a real uvicorn, as clients see them."""

from __future__ import annotations

import contextvars
import hashlib
import http.client
import queue
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, request, send_file, stream_with_context
from werkzeug.exceptions import ClientDisconnected

from tests.hosts.serving import PATIENCE, Server, hello_works, read_exactly, read_head, serving

if TYPE_CHECKING:
    pass

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


# Requests and answers -------------------------------------------------------------------------------------------------


def test_connection_serves_many_requests(server: Server) -> None:
    client = server.client()
    client.connect()
    kept = client.sock
    for _ in range(3):
        client.request("GET", "/hello")
        assert client.getresponse().read() == b"hello"
        assert client.sock is kept
    client.close()


def test_pipelined_requests_are_answered_in_order(app: Flask, server: Server) -> None:
    @app.get("/number/<n>")
    def number(n: str) -> str:
        return n * 10

    with server.connect() as client:
        client.sendall(b"".join(GET % b"/number/%d" % n for n in range(5)))
        for n in range(5):
            assert b"200 OK" in read_head(client)
            assert read_exactly(client, 10) == b"%d" % n * 10


def test_app_sees_what_was_asked(app: Flask, server: Server) -> None:
    seen: dict[str, Any] = {}

    @app.get("/café")
    def cafe() -> str:
        seen.update(request.environ, url=request.url)
        return ""

    client = server.client()
    client.request(
        "GET", "/caf%C3%A9?a=1", headers={"X_Shadow": "6.6.6.6", "X-Shadow": "1.1.1.1", "Proxy": "http://evil"}
    )
    local_port = client.sock.getsockname()[1]
    assert client.getresponse().status == 200
    client.close()
    assert seen["url"] == f"http://127.0.0.1:{server.port}/café?a=1"
    assert seen["HTTP_X_SHADOW"] == "1.1.1.1"
    assert "HTTP_PROXY" not in seen
    assert (seen["REMOTE_ADDR"], seen["REMOTE_PORT"]) == ("127.0.0.1", str(local_port))


def test_each_request_has_a_context_of_its_own(app: Flask) -> None:
    variable = contextvars.ContextVar("variable", default="clean")

    @app.get("/")
    def view() -> str:
        found = variable.get()
        variable.set("dirty")
        return found

    with serving(app, threads=1) as server:
        assert [server.ask("/").body for _ in range(3)] == [b"clean"] * 3


def test_head_is_the_answer_without_its_body(server: Server) -> None:
    answer = server.ask("/hello", "HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "5")


def test_no_content(app: Flask, server: Server) -> None:
    @app.delete("/thing")
    def delete() -> tuple[str, int]:
        return "", 204

    client = server.client()
    for _ in range(2):  # the second shows that nothing was left on the connection
        client.request("DELETE", "/thing")
        answer = client.getresponse()
        assert (answer.status, answer.read(), answer.getheader("Content-Length")) == (204, b"", None)
    client.close()


def test_iterable_is_closed_once_on_its_worker(app: Flask, server: Server) -> None:
    closed: queue.SimpleQueue[str] = queue.SimpleQueue()

    @app.get("/")
    def view() -> Response:
        response = Response("hello")
        response.call_on_close(lambda: closed.put(threading.current_thread().name))
        return response

    assert server.ask("/").body == b"hello"
    assert closed.get(timeout=PATIENCE).startswith("worker")
    assert server.workers.all_back()
    assert closed.empty()


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(app: Flask, tmp_path: Path) -> bytes:
    content = bytes(range(256)) * 4000
    (tmp_path / "file").write_bytes(content)

    @app.get("/file")
    def view() -> Response:
        return send_file(tmp_path / "file", mimetype="application/octet-stream")

    return content


def test_file(server: Server, file: bytes) -> None:
    answer = server.ask("/file")
    assert answer.body == file
    assert answer.headers["Content-Length"] == str(len(file))
    assert server.ask("/file", "HEAD").headers["Content-Length"] == str(len(file))


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("5-9", 5, 10), ("70000-300000", 70000, 300001), ("-7", -7, None)]
)
def test_range_of_a_file(server: Server, file: bytes, asked: str, first: int, last: int | None) -> None:
    answer = server.ask("/file", Range=f"bytes={asked}")
    assert answer.status == 206
    assert answer.body == file[first:last]


@pytest.mark.usefixtures("file")
def test_file_that_the_client_has(server: Server) -> None:
    etag = server.ask("/file").headers["ETag"]
    client = server.client()
    for _ in range(2):
        client.request("GET", "/file", headers={"If-None-Match": etag})
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (304, b"")
    client.close()


# Uploads --------------------------------------------------------------------------------------------------------------


def test_form(app: Flask, server: Server) -> None:
    @app.post("/form")
    def form() -> str:
        return request.form["name"]

    body = b"name=Ada"
    assert server.ask("/form", "POST", body, Content_Type="application/x-www-form-urlencoded").body == b"Ada"


def test_small_body_that_comes_in_pieces_holds_no_worker(app: Flask) -> None:
    @app.post("/echo")
    def echo() -> bytes:
        return request.get_data()

    with serving(app, threads=1) as server, server.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc")
        assert hello_works(server)
        client.sendall(b"def")
        read_head(client)
        assert read_exactly(client, 6) == b"abcdef"


def test_chunked_upload(app: Flask, server: Server) -> None:
    @app.post("/echo")
    def echo() -> bytes:
        return request.get_data()

    assert server.ask("/echo", "POST", iter([b"one ", b"two ", b"three"])).body == b"one two three"
    assert server.ask("/echo", "POST", iter([])).body == b""


def test_upload_and_answer_may_take_turns(app: Flask, server: Server) -> None:
    @app.post("/upper")
    def upper() -> Response:
        lines = iter(request.stream.readline, b"")
        return Response(stream_with_context(line.upper() for line in lines))

    with server.connect() as client:
        client.sendall(b"POST /upper HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in (b"one\n", b"two\n"):
            client.sendall(b"4\r\n" + line + b"\r\n")
            if line == b"one\n":
                read_head(client)
            assert read_exactly(client, 9) == b"4\r\n" + line.upper() + b"\r\n"
        client.sendall(b"0\r\n\r\n")
        assert read_exactly(client, 5) == b"0\r\n\r\n"


def test_upload_waits_for_the_app_to_read(app: Flask, server: Server) -> None:
    go_on = threading.Event()

    @app.post("/digest")
    def digest() -> str:
        found = hashlib.sha256(request.stream.read(1000))
        go_on.wait(PATIENCE)
        while piece := request.stream.read(100_000):
            found.update(piece)
        return found.hexdigest()

    content = bytes(range(256)) * 80_000  # 20 MB
    server.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # the kernel shall not hold much of it
    with server.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        client.sendall(b"POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(content))
        sent = 0
        while select.select([], [client], [], 1)[1]:
            sent += client.send(content[sent : sent + 65536])
        assert sent < 2_000_000
        go_on.set()
        client.sendall(content[sent:])
        read_head(client)
        assert read_exactly(client, 64).decode() == hashlib.sha256(content).hexdigest()


def test_reading_ends_when_the_client_leaves(app: Flask, server: Server) -> None:
    error: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    reading = threading.Event()

    @app.post("/")
    def view() -> bytes:
        reading.set()
        try:
            return request.get_data()
        except ClientDisconnected as left:
            error.put(left)
            raise

    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nhalf")
        assert reading.wait(PATIENCE)
    assert error.get(timeout=PATIENCE)
    assert server.workers.all_back()
    assert hello_works(server)


def test_client_that_leaves_a_small_upload_is_never_served(app: Flask, server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
    assert hello_works(server)
    assert server.workers.all_back()


def test_upload_that_the_app_does_not_read_does_not_spoil_the_connection(server: Server) -> None:
    client = server.client()
    for body in (b"x" * 1_000_000, b"x" * 10, iter([b"x" * 100_000] * 10)):
        client.request("POST", "/hello", body)
        assert client.getresponse().read() == b"hello"
    client.close()


EXPECTING = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"


def test_client_that_asks_first_is_told_to_go_on_when_the_app_reads(app: Flask, server: Server) -> None:
    read = threading.Event()

    @app.post("/echo")
    def echo() -> bytes:
        read.wait(PATIENCE)
        return request.get_data()

    with server.connect() as client:
        client.sendall(EXPECTING % b"/echo")
        assert not select.select([client], [], [], 0.2)[0]
        read.set()
        assert read_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert b"200 OK" in read_head(client)
        assert read_exactly(client, 5) == b"hello"


def test_client_that_asks_first_may_be_refused_without_its_upload(server: Server) -> None:
    with server.connect() as client:
        client.sendall(EXPECTING % b"/unknown")
        head = read_head(client)
        assert b"404 Not Found" in head
        assert b"connection: close" in head  # the client may send its body or not: what follows can't be told


# Errors ---------------------------------------------------------------------------------------------------------------


def tracebacks_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.exc_text or "" for record in caplog.records if record.exc_info]


def test_error_before_the_answer(app: Flask, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    app.testing = True  # Flask lets errors through to the server

    @app.get("/")
    def view() -> str:
        raise ValueError("a mistake")

    answer = server.ask("/")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    (traceback,) = tracebacks_in(caplog)
    assert "ValueError: a mistake" in traceback
    assert "RequestFailed: GET / failed" in traceback
    assert hello_works(server)


def test_error_within_the_answer_closes_the_connection(
    app: Flask, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/")
    def view() -> Response:
        def stream() -> Iterator[bytes]:
            yield b"half"
            raise ValueError("a mistake")

        return Response(stream())

    with pytest.raises(http.client.IncompleteRead) as cut:
        server.ask("/")
    assert cut.value.partial == b"half"
    (traceback,) = tracebacks_in(caplog)
    assert "ValueError: a mistake" in traceback


def test_flask_answers_for_its_own_errors(app: Flask, server: Server) -> None:
    @app.get("/")
    def view() -> str:
        raise ValueError("a mistake")

    assert b"The server encountered an internal error" in server.ask("/").body
