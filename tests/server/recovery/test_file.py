"""The file between two processes: what it keeps, and what is not believed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flask_socketio.hub.history import Entry
from flask_socketio.hub.recorded_rooms import Left, Stay, Stretch
from flask_socketio.protocol.engineio import EncodedPacket
from flask_socketio.protocol.socketio import Body
from flask_socketio.server.once import AnsweredEvents
from flask_socketio.server.recovery.file import (
    RecoveryFile,
    SavedNamespace,
    SavedSession,
    State,
    load_entries,
    load_left,
    load_rooms,
    save_answers,
    save_entries,
    save_left,
    save_rooms,
)


def state() -> State:
    session = SavedSession(
        "pid", "sid", "/", "192.0.2.1", 45.0, 1.0, 3, [("x", 4)], left=[], floor=0, face="[null,null]"
    )
    return State("epoch", 7, [SavedNamespace("/", (2, 60.0), [])], [session])


def test_what_one_process_writes_the_next_one_reads_once(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    RecoveryFile(str(path)).write(state())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    following = RecoveryFile(str(path))
    read = following.read()
    assert read is not None and 0 <= read.age < 60
    assert (read.epoch, read.last, read.namespaces, read.sessions) == ("epoch", 7, state().namespaces, state().sessions)
    assert not path.exists() and following.read() is None


def test_no_file_is_no_problem(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert RecoveryFile(str(tmp_path / "recovery")).read() is None
    assert not caplog.records


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "truncated"),
        (b"\x80\x04\x95 a pickle", ""),
        (msgspec.msgpack.encode({"epoch": 5}), "Expected `str`"),
        (msgspec.msgpack.encode(msgspec.structs.replace(state(), version=99)), "version 99"),
        (msgspec.msgpack.encode(state())[:-3], "truncated"),
        (msgspec.msgpack.encode(state()).replace(b"pid\xa3pid", b"pid\xa3p\xffd"), "UTF-8"),
        (b"\x91" * 100_000, ""),
    ],
)
def test_damaged_files_are_ignored_with_one_line(
    content: bytes, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "recovery"
    path.write_bytes(content)
    path.chmod(0o600)
    assert RecoveryFile(str(path)).read() is None
    assert len(caplog.records) == 1 and "nobody is recovered" in caplog.text and said.lower() in caplog.text.lower()
    assert not path.exists()


def test_what_others_could_have_written_is_not_believed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "recovery"
    RecoveryFile(str(path)).write(state())
    path.chmod(0o620)
    assert RecoveryFile(str(path)).read() is None
    assert "others than its owner" in caplog.text


def test_what_belongs_to_somebody_else_is_not_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "recovery"
    RecoveryFile(str(path)).write(state())
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert RecoveryFile(str(path)).read() is None
    assert "it belongs to another user" in caplog.text


@pytest.mark.parametrize(("make", "said"), [(os.mkfifo, "it is no regular file"), (os.mkdir, "Is a directory")])
def test_what_is_no_file_holds_up_nobody_and_stays(
    make: Callable[[Path], None], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "recovery"
    make(path)
    path.chmod(0o700)
    assert RecoveryFile(str(path)).read() is None
    assert said in caplog.text and path.exists()


def test_nothing_is_left_beside_a_place_that_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "recovery").mkdir()
    RecoveryFile(str(tmp_path / "recovery")).write(state())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["recovery", "recovery.lock"]


def test_one_process_at_a_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "recovery"
    owner, other = RecoveryFile(str(path)), RecoveryFile(str(path))
    assert owner.read() is None
    assert other.read() is None
    assert "another process uses it" in caplog.text
    other.write(state())
    assert not path.exists()
    owner.write(state())
    assert other.read() is not None


def test_a_place_that_cannot_be_written_costs_the_recovery_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = RecoveryFile(str(tmp_path / "nowhere" / "recovery"))
    assert file.read() is None
    file.write(state())
    assert "No such file or directory" in caplog.text


def test_a_file_left_over_from_a_writer_that_died_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    (tmp_path / "recovery.new").write_bytes(b"half")
    RecoveryFile(str(path)).write(state())
    assert RecoveryFile(str(path)).read() is not None


def test_clock_that_was_set_back_counts_as_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recovery"
    RecoveryFile(str(path)).write(state())
    monkeypatch.setattr("time.time", lambda: 5.0)
    read = RecoveryFile(str(path)).read()
    assert read is not None and read.age == 0.0


def test_rooms_keep_their_names() -> None:
    rooms = {"x": 1, 7: 2, ("a", (1, None)): 3, 2.5: 4, b"b": 5}
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(save_rooms(Stay("s", 0, dict(rooms)))))
    assert load_rooms(saved) == rooms
    with pytest.raises(TypeError, match="cannot be written"):
        save_rooms(Stay("s", 0, {frozenset(): 1}))


@pytest.mark.parametrize("name", ["\ud800", 2**70, -(2**70), ("a", "\ud800"), frozenset()])
def test_a_name_that_cannot_be_written_costs_what_has_it_and_no_more(
    name: Any, caplog: pytest.LogCaptureFixture
) -> None:
    memory = AnsweredEvents(10)
    memory.add(("pay", name), Body(b"[]"))
    memory.add(("pay", "good"), Body(b"[]"))
    answers = save_answers(memory)
    entries = save_entries([Entry(1, 9.0, EncodedPacket(b"42"), (name,), ())], now=10.0)
    with pytest.raises((TypeError, ValueError), match="cannot be written"):
        save_rooms(Stay("s", 0, {name: 1}))

    assert [answer.id for answer in answers] == ["good"] and entries == []
    [left_out] = save_entries([Entry(1, 9.0, EncodedPacket(b"42"), None, (name, "s"))], now=10.0)
    assert left_out.skip == ("s",)
    assert "'pay' is handled again if it is repeated after this stop" in caplog.text


def test_whatever_cannot_be_written_costs_the_file_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "recovery"
    path.write_bytes(b"of others")
    RecoveryFile(str(path)).write(msgspec.structs.replace(state(), epoch="\ud800"))
    assert len(caplog.records) == 1 and "nobody can be recovered" in caplog.text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["recovery", "recovery.lock"]
    assert RecoveryFile(str(path)).read() is None, "the right to the file has been given up"
    assert "another process" not in caplog.text


def test_rooms_that_were_left_are_kept() -> None:
    left = Left([Stretch(("a", 1), 2, 3), Stretch("b", 1, 7)], floor=1)
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(save_left(Stay("s", 0, {}, left))))
    assert load_left(saved, 1) == left


def test_entries_keep_all_but_what_no_file_can_hold() -> None:
    kept = [
        Entry(1, 90.0, EncodedPacket(b"42", (b"a",)), None, ("s",)),
        Entry(2, 95.0, EncodedPacket(None, (b"m",)), (("a", 1), "b"), ()),
        Entry(3, 96.0, EncodedPacket(b"42"), (frozenset(),), ()),
    ]
    first, second = load_entries(save_entries(kept, now=100.0), then=50.0)
    assert (first.position, first.time, first.packet.text, first.packet.attachments) == (1, 40.0, b"42", (b"a",))
    assert (first.to, first.skip, second.to, second.packet.text) == (None, ("s",), (("a", 1), "b"), None)


def test_symbolic_links_of_others_are_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    os.symlink(target, tmp_path / "recovery.new")
    RecoveryFile(str(tmp_path / "recovery")).write(state())
    assert not target.exists()
