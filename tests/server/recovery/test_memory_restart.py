"""Recovery from one process to the next, as clients see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flask_socketio.server.recovery.file import RecoveryFile, SavedSession, State
from flask_socketio.transport.reasons import Reason
from tests.memory import running
from tests.server.recovery.device import Device, app_with


def test_a_restart_keeps_it(tmp_path: Any) -> None:
    path = str(tmp_path / "recovery")
    socketio = app_with({"path": path})
    with running(socketio) as server:
        ann = Device(server)
        sid = ann.sid
        ann.emit("join", "x")
        ann.emit("remember", "tea")
        assert [ann.event(), ann.event()] == [["joined", "x"], ["remembered"]]
        socketio.emit("on its way", b"binary", to="x")

        @socketio.on("disconnect")
        def disconnect(reason: str) -> None:
            socketio.emit("goodbye", reason, to="x")

    again = app_with({"path": path})
    with running(again) as server:
        ann._server = server
        ann.connect()
        assert (ann.recovered, ann.sid) == (True, sid)
        assert json.loads(str(ann.client.next())[4:])[:2] == ["on its way", {"_placeholder": True, "num": 0}]
        assert ann.client.next() == b"binary"
        assert ann.event() == ["goodbye", Reason.SERVER_SHUTTING_DOWN]
        ann.emit("recall")
        assert ann.event() == ["value", "tea"]
        again.emit("live", to="x")
        assert ann.event() == ["live"]


def test_a_room_of_a_name_that_no_file_can_hold_costs_its_member_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(tmp_path / "recovery")
    with running(app_with({"path": path})) as server:
        ann, bob = Device(server), Device(server)
        ann.emit("join", "\ud800")
        bob.emit("join", "x")
        bob.event()
        server.settle()
        sids = {device.sid for device in (ann, bob)}

    read = RecoveryFile(path).read()
    assert read is not None and {session.sid for session in read.sessions} == sids - {ann.sid}
    assert f"client {ann.sid} cannot be recovered" in caplog.text


def test_what_was_being_handled_at_the_stop_is_not_handled_again(tmp_path: Path) -> None:
    path = str(tmp_path / "recovery")
    socketio = app_with({"path": path})
    handled: list[Any] = []

    @socketio.on("order", once="id")
    def order(data: dict[str, Any]) -> str:
        handled.append(data["id"])
        return "done"

    with running(socketio) as server:
        ann = Device(server)
        ann.client.send('421["order",{"id":1}]')
        assert ann.client.next() == '431["done"]'

        def begin() -> None:
            socket = server.server.socket(ann.sid, "/")
            assert socket is not None
            socket.memory.begin(("order", 2))

        server.on_loop(begin)
    with running(socketio) as server:
        ann._server = server
        ann.connect()
        assert ann.recovered
        for number in (1, 2, 3):
            ann.client.send(f'42{number}["order",{{"id":{number}}}]')
        answers = sorted(str(ann.client.next()) for _ in range(3))
        assert (answers[0], answers[2]) == ('431["done"]', '433["done"]')
        assert json.loads(answers[1][3:])[0]["error"]["code"] == "outcome_unknown"
    assert handled == [1, 3]


@pytest.mark.parametrize(
    "session",
    [
        SavedSession(
            "pid", "sid", "/", "192.0.2.1", 45.0, 1.0, 3, [({"a": "dict"}, 4)], left=[], floor=0, face="[null,null]"
        ),
        SavedSession("pid", "sid", "/", "192.0.2.1", 45.0, 1.0, 3, [], left=[], floor=0, face="no JSON"),
        SavedSession("pid", "sid", "/", "192.0.2.1", 45.0, 1.0, 3, [], left=[], floor=0, face="[1]"),
    ],
)
def test_a_file_that_makes_no_sense_is_ignored_with_one_line(
    session: SavedSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(tmp_path / "recovery")
    good = SavedSession("good", "one", "/", "192.0.2.1", 45.0, 1.0, 3, [], left=[], floor=0, face="[null,null]")
    RecoveryFile(path).write(State("epoch", 7, [], [good, session]))
    socketio = app_with({"path": path})
    with running(socketio) as server:
        ann = Device(server)
        ann.cut()
        ann.pid = "good"
        ann.connect()
        assert not ann.recovered
    assert sum("makes no sense" in record.message for record in caplog.records) == 1


def test_a_file_that_is_too_old_is_ignored_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = str(tmp_path / "recovery")
    old = SavedSession("old", "one", "/", "192.0.2.1", 45.0, 120.0, 3, [], left=[], floor=0, face="[null,null]")
    RecoveryFile(path).write(State("epoch", 7, [], [old]))
    with running(app_with({"path": path})):
        pass
    assert caplog.messages == [f"nobody is recovered from {path}, which is too old (max_disconnection_duration)"]


def test_a_test_client_neither_uses_up_what_clients_wait_for_nor_waits_for_anybody(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    RecoveryFile(str(path)).write(State("epoch", 7, [], []))
    (tmp_path / "recovery.lock").unlink()
    state = path.read_bytes()
    socketio = app_with({"path": str(path)})
    assert socketio.sockio_mw is not None
    socketio.test_client(socketio.sockio_mw.flask_app).close()
    assert path.read_bytes() == state
    assert list(tmp_path.iterdir()) == [path]
