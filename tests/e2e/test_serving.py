"""What clients meet before they are in: TLS, cookies of all sizes, the check of their origin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.certificate import CERTIFICATE
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import App, Program

SERVER = App("connecting")


@pytest.mark.host("socketio.run(app)")
@pytest.mark.shows("TLS")
def test_tls(serve: Callable[[Program], Connect]) -> None:
    connect = serve(App("events", run={"certfile": str(CERTIFICATE), "keyfile": str(CERTIFICATE)}))
    assert connect.server.url.startswith("https://")
    client = connect(ca=CERTIFICATE.read_text())
    client.wait_for_transport()
    assert client.ask("return", "é", b"binary") == ["é", b"binary"]
    client.emit("send", 500_000)
    assert client.next_event("text").args == ["x" * 500_000]
    assert client.next_event("bytes").args == [b"y" * 500_000]
    client.emit("flood", 100)
    for number in range(100):
        assert client.next_event("drop").args[0] == number
    assert connect.server.ask("/").status == 404


@pytest.mark.parametrize("size", [3_000, 12_000])
def test_large_cookies_are_served(connect: Connect, size: int) -> None:
    cookie = "x" * size
    client = connect(extraHeaders={"Cookie": f"biscuit={cookie}"})
    client.wait_for_transport()
    assert client.ask("what did you see") == [[], None, cookie]


def test_too_large_cookies_are_refused_in_words(connect: Connect, server: Program) -> None:
    cookie = "biscuit=" + "x" * 20_000
    client = connect.attempt(extraHeaders={"Cookie": cookie})
    assert client.expect("connect_error")[0] in ("xhr poll error", "websocket error")
    answer = server.ask("/socket.io/?EIO=4&transport=polling", cookie=cookie)
    assert answer.status == 431
    assert "cookies" in answer.body


def test_clients_of_other_origins_are_refused(connect: Connect, log: Callable[[str], None]) -> None:
    client = connect.attempt(extraHeaders={"Origin": "http://elsewhere.example"})
    assert client.expect("connect_error")[0] in ("xhr poll error", "websocket error")
    log("cors_allowed_origins=['http://elsewhere.example']")


@any_transport
def test_the_path_may_be_another(serve: Callable[[Program], Connect]) -> None:
    connect = serve(App("events", path="live/io"))
    client = connect(path="/live/io")
    client.wait_for_transport()
    assert client.ask("return", 1) == [1]
    connect.attempt().expect("connect_error")
    assert connect.server.ask("/live/io/socket.io.js").status == 200
