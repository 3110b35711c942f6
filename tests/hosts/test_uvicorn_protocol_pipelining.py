"""A client that leaves with a request still in the pipe."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.hosts.native import NativeServer, listen

SOON = 20


def test_a_stream_ends_with_its_client_though_the_next_request_is_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("app")
    socketio = SocketIO(app)
    ended, leave = threading.Event(), threading.Event()

    @app.route("/stream")
    def stream() -> Iterator[str]:
        def lines() -> Iterator[str]:
            try:
                yield "first\n"
                leave.wait(SOON)
                while True:
                    yield "more\n"
            finally:
                ended.set()

        return lines()

    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    server = NativeServer(socketio.running_server, app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with socket.create_connection(address, SOON) as client:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while b"first" not in received:
                received += client.recv(65536)
        leave.set()
        assert ended.wait(SOON)
    finally:
        server.should_exit = True
        thread.join(SOON)
    assert "ERROR" not in [record.levelname for record in caplog.records], "it ended as it should, not by failing"
