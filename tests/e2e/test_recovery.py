"""The official client comes back with its sid, and with all it missed."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Connect
from tests.e2e.programs import App, Program, free_port

QUICKLY: dict[str, Any] = {"reconnection": True, "reconnectionDelay": 10, "reconnectionDelayMax": 100}


def test_cut_off_and_back(serve: Callable[[Program], Connect], transports: list[str]) -> None:
    connect = serve(App("recovering"))
    server = connect.server
    ann, bob = connect(**QUICKLY), connect()
    ann.wait_for_transport()
    for client in (ann, bob):
        client.emit("join")
        client.expect_silence()
        server.expect("connected", False)
    sid = ann.sid
    for number in range(3):
        bob.emit("say", number, b"\x00")
        assert ann.next_event("said").args[:-1] == [number, b"\x00", "text"]
        ann.close()
        server.expect("disconnected", "transport close")
        bob.emit("say", number, "while ann is away")
        ann.expect_disconnect("forced close")
        ann.expect_reconnect()
        assert (ann.recovered, ann.sid) == (True, sid)
        server.expect("connected", True)
        assert ann.next_event("left").args[:-1] == ["transport close"]
        assert ann.next_event("said").args[:-1] == [number, "while ann is away", "text"]
    ann.expect_silence()


def test_a_restart_is_a_cut(serve: Callable[[Program], Connect], transports: list[str], tmp_path: Path) -> None:
    path = str(tmp_path / "recovery")
    connect = serve(App("recovering", run={"port": free_port()}, recovery={"path": path}))
    client = connect(**QUICKLY)
    client.wait_for_transport()
    client.emit("join")
    client.emit("say", 1)
    assert client.next_event("said").args[:-1] == [1, "text"]
    client.expect_silence()
    sid = client.sid

    connect.server.stop(signal.SIGTERM)
    client.expect_disconnect("transport close")
    client.emit("say", 2)  # which waits in the client
    connect.server.start()

    client.expect_reconnect()
    assert (client.recovered, client.sid) == (True, sid)
    assert client.next_event("left").args[:-1] == ["server shutting down"]
    assert client.next_event("said").args[:-1] == [2, "text"]
    client.expect_silence()


def test_after_a_kill_everybody_is_new(
    serve: Callable[[Program], Connect], transports: list[str], tmp_path: Path
) -> None:
    path = str(tmp_path / "recovery")
    connect = serve(App("recovering", run={"port": free_port()}, recovery={"path": path}))
    client = connect(**QUICKLY)
    client.wait_for_transport()
    before = client.sid
    connect.server.stop(signal.SIGKILL)
    client.expect("disconnect")
    connect.server.start()
    client.expect_reconnect()
    assert not client.recovered and client.sid != before
