"""Compressed messages, with the official client, where the frames are ours: on the native host, on adopted sockets."""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.clients import PATIENCE, Client
from tests.e2e.conftest import Connect, any_transport
from tests.e2e.hosting import flask
from tests.e2e.programs import Program
from tests.transport.websocket_peer import client_frame

pytestmark = [any_transport, pytest.mark.parametrize("run", [["socketio", "run"], ["run"]], ids=["native", "adopted"])]

LARGE = "all the same " * 1000  # 13 kB, and a few hundred bytes when it is compressed


def traffic(client: Client) -> tuple[str, int, int]:
    """What is agreed on, and how many bytes the client's WebSocket has read and written."""
    extensions, came, left = client.question("traffic").result(PATIENCE)
    return extensions, came, left


def test_both_ways(serve: Callable[[Program], Connect], run: list[str]) -> None:
    connect = serve(flask(*run, websocket_compression=True))
    client = connect()
    client.wait_for_transport()
    extensions, came, left = traffic(client)
    assert extensions == "permessage-deflate"
    for _ in range(3):
        assert client.ask("echo", LARGE, LARGE.encode(), "small") == [LARGE, LARGE.encode(), "small"]
    _, came_then, left_then = traffic(client)
    assert came_then - came < 3000 and left_then - left < 3000


def test_off_by_default(serve: Callable[[Program], Connect], run: list[str]) -> None:
    connect = serve(flask(*run))
    client = connect()
    client.wait_for_transport()
    extensions, came, left = traffic(client)
    assert extensions == ""
    assert client.ask("echo", LARGE) == [LARGE]
    _, came_then, left_then = traffic(client)
    assert came_then - came > len(LARGE) and left_then - left > len(LARGE)


def test_who_agreed_and_who_did_not_hear_the_same(serve: Callable[[Program], Connect], run: list[str]) -> None:
    connect = serve(flask(*run, websocket_compression=True))
    clients = [connect(), connect(perMessageDeflate=False), connect(), connect(transports=["polling"])]
    for client in clients:
        client.wait_for_transport()
    before = [traffic(client) for client in clients[:3]]
    text = LARGE[:6000]
    assert connect.server.ask(f"/news/{text.replace(' ', '+')}", "POST").status == 200
    for client in clients:
        client.expect_event("news", text.replace(" ", "+"))
    after = [traffic(client) for client in clients[:3]]
    assert [extensions != "" for extensions, _, _ in after] == [True, False, True]
    came = [then - now for (_, now, _), (_, then, _) in zip(before, after, strict=True)]
    assert came[0] == came[2] < 500 and came[1] > 6000
    for client in clients:
        client.expect_silence()


def test_bomb(serve: Callable[[Program], Connect], run: list[str]) -> None:
    connect = serve(flask(*run, websocket_compression=True))
    friend = connect()
    friend.wait_for_transport()
    assert friend.ask("echo", LARGE) == [LARGE]
    process = Path("/proc") / connect.server.ask("/").body
    before = peak_memory(process)
    for _ in range(5):
        assert close_code(connect.server, client_frame(2, bomb(900), reserved=4)) == 1009
        assert friend.ask("echo", LARGE) == [LARGE]
    friend.expect_silence()
    assert peak_memory(process) - before < 100_000_000  # a tenth of what one would need


def bomb(megabytes: int) -> bytes:
    """So many zeros in one compressed message, of a kilobyte for each megabyte."""
    compressor = zlib.compressobj(wbits=-15)
    megabyte = compressor.compress(bytes(1_000_000)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (megabyte * megabytes).removesuffix(b"\x00\x00\xff\xff")


def close_code(server: Program, frame: bytes) -> int:
    """How the server closes a new WebSocket on which it gets this frame."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), PATIENCE) as connection:
        connection.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        with connection.makefile("rb") as incoming:
            while line := incoming.readline().strip():
                assert b"HTTP" not in line or b"101" in line
            connection.sendall(frame)
            connection.shutdown(socket.SHUT_WR)
            received = incoming.read()
    assert received[-4:-2] == b"\x88\x02"
    return int.from_bytes(received[-2:], "big")


def peak_memory(process: Path) -> int:
    """The most bytes that a process ever had in memory."""
    found = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
    assert found is not None
    return int(found[1]) * 1024
