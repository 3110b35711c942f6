"""What a server remembers of its clients, in a file, while one process ends and the next one begins.

Written once as the server stops, read once as it starts, and then deleted: what it says is true only of that moment. It
is msgpack of known structures, so reading one can do nothing but yield values; it holds what clients are told and who
they are, so only its owner may read it, and one that others could have written is not believed.

Times in it are ages: the clocks of two processes have nothing in common but the wall clock, which gives the time in
between, and none if it was set back.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType
from typing import Any

import msgspec

from ...hub.history import Entry
from ...hub.recorded_rooms import Left, Stay, Stretch
from ...hub.rooms import Room
from ...protocol.engineio import EncodedPacket
from ...protocol.errors import excerpt
from ...protocol.socketio import Body
from ..once import Key

try:
    import fcntl
except ImportError:  # Windows, where nobody keeps two servers from using one file
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger("flask_socketio")

VERSION = 2

#: What a room in a file may be called.
_NAMES = (str, int, float, bool, bytes, NoneType)

SavedRoom = Any


class SavedEntry(msgspec.Struct, array_like=True):
    """A `history.Entry`; its time is an age in seconds."""

    position: int
    age: float
    text: bytes | None
    attachments: tuple[bytes, ...]
    to: tuple[SavedRoom, ...] | None
    skip: tuple[str, ...]


class SavedNamespace(msgspec.Struct):
    """The history of a namespace; `lost` is a position and an age."""

    name: str
    lost: tuple[int, float]
    entries: list[SavedEntry]


class SavedAnswer(msgspec.Struct, array_like=True):
    """What an event that is handled once was answered with; see `once.AnsweredEvents`."""

    event: str
    id: str | int
    data: bytes
    attachments: tuple[bytes, ...]


class SavedSession(msgspec.Struct):
    """A client: `recovery.Session` and `recorded_rooms.Stay`; `heard` is an age, `away` how long it has been gone."""

    pid: str
    sid: str
    namespace: str
    address: str
    heard: float
    away: float
    start: int
    rooms: list[tuple[SavedRoom, int]]
    left: list[tuple[SavedRoom, int, int]]
    floor: int
    face: str
    answers: list[SavedAnswer] = []


class State(msgspec.Struct):
    """All of it. `age` is how long ago it was written, in seconds."""

    epoch: str
    last: int
    namespaces: list[SavedNamespace]
    sessions: list[SavedSession]
    version: int = VERSION
    written: float = 0.0
    age: float = 0.0


def save_entries(entries: Iterable[Entry], now: float) -> list[SavedEntry]:
    """A history for the file, without what was for rooms whose names cannot be written: nor is who was in them."""
    saved = []
    for entry in entries:
        with contextlib.suppress(TypeError, ValueError):
            to = None if entry.to is None else tuple(map(_saved, entry.to))
            packet = entry.packet
            skip = tuple(sid for sid in entry.skip if isinstance(sid, str) and _fits(sid))  # others are nobody's
            saved.append(SavedEntry(entry.position, now - entry.time, packet.text, packet.attachments, to, skip))
    return saved


def load_entries(entries: Iterable[SavedEntry], then: float) -> Iterator[Entry]:
    """A history out of the file; `then` is when it was written, by the clock of this process."""
    for saved in entries:
        to = None if saved.to is None else tuple(map(_loaded, saved.to))
        packet = EncodedPacket(saved.text, saved.attachments)
        yield Entry(saved.position, then - saved.age, packet, to, saved.skip)


def save_answers(memory: Iterable[tuple[Key, Body]]) -> list[SavedAnswer]:
    """The answers of a client for the file, where the name and the id of the event can be written."""
    saved, lost = [], None
    for (event, id), body in memory:
        if isinstance(id, (str, int)) and _fits((event, id)):
            saved.append(SavedAnswer(event, id, body.data, body.attachments))
        else:
            lost = event, id
    if lost is not None:
        event, id = lost
        what = "%s is handled again if it is repeated after this stop: no file can hold its id (%s)"
        logger.warning(what, excerpt(event), excerpt(id))
    return saved


def save_rooms(stay: Stay) -> list[tuple[SavedRoom, int]]:
    """The rooms of a client for the file. Raises TypeError or ValueError for names that cannot be written."""
    return [(_saved(room), position) for room, position in stay.rooms.items()]


def save_left(stay: Stay) -> list[tuple[SavedRoom, int, int]]:
    """The rooms that a client has left, for the file. Raises as `save_rooms`."""
    return [(_saved(stretch.room), stretch.joined, stretch.left) for stretch in stay.left.stretches]


def load_rooms(rooms: list[tuple[SavedRoom, int]]) -> dict[Room, int]:
    """The rooms of a client out of the file."""
    return {_loaded(room): position for room, position in rooms}


def load_left(stretches: list[tuple[SavedRoom, int, int]], floor: int) -> Left:
    """The rooms that a client has left, out of the file."""
    return Left([Stretch(_loaded(room), joined, left) for room, joined, left in stretches], floor)


def _saved(room: Room) -> SavedRoom:
    if isinstance(room, tuple):
        return tuple(map(_saved, room))
    if type(room) not in _NAMES:
        raise TypeError(f"the room {room!r} cannot be written: its name is of type {type(room).__qualname__}")
    if not _fits(room):
        raise ValueError(f"the room {excerpt(room)} cannot be written: it has half a character, or more than 64 bits")
    return room


def _fits(value: object) -> bool:
    """Whether msgpack has room for a value of a simple type: clients choose rooms and ids, and JSON knows more."""
    try:
        msgspec.msgpack.encode(value)
    except (OverflowError, ValueError):
        return False
    return True


def _loaded(room: SavedRoom) -> Room:
    return tuple(map(_loaded, room)) if isinstance(room, list) else room


def _open_at_once(path: str, flags: int) -> int:
    """Open what may be no file at all: a pipe would wait for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class RecoveryFile:
    """The file at a path, and the right to it, which one process at a time has from the first `read` on.

    Problems with the file cost what is in it, and one line in the log; nothing is raised.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock: int | None = None

    def read(self) -> State | None:
        """What the process before this one has written, its age set; None if there is nothing to be used."""
        if not self._own():
            return None
        try:
            state = self._take()
        except FileNotFoundError:
            return None
        except (
            OSError,
            msgspec.MsgspecError,
            ValueError,
            RecursionError,
        ) as problem:  # of msgspec, the last three
            logger.warning("nobody is recovered from %s, which cannot be used: %s", self._path, problem)
            return None
        state.age = max(0.0, time.time() - state.written)
        return state

    def _take(self) -> State:
        with open(self._path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise OSError("it is no regular file")
            self._path.unlink()  # whatever becomes of it: a second time it would not be true
            if hasattr(os, "getuid") and status.st_uid != os.getuid():
                raise PermissionError("it belongs to another user")
            if hasattr(os, "getuid") and status.st_mode & 0o077:
                raise PermissionError("others than its owner can read or write it")
            state = msgspec.msgpack.decode(file.read(), type=State)
        if state.version != VERSION:
            raise msgspec.ValidationError(f"it is of version {state.version}, and this is version {VERSION}")
        return state

    def write(self, state: State) -> None:
        """Leave a state for the next process, and give up the right to the file."""
        if not self._own():
            return
        state.written = time.time()
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            content = msgspec.msgpack.encode(state)
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                beside.replace(self._path)
            except OSError:
                beside.unlink()
                raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, it shall not keep a server from stopping
            logger.warning("nobody can be recovered after this stop, %s cannot be written: %s", self._path, problem)
        self._disown()

    def _own(self) -> bool:
        """Whether this process has the right to the file; it asks for it once."""
        if self._lock is not None or fcntl is None:
            return True
        lock = None
        try:
            lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if lock is not None:
                os.close(lock)
            why = "another process uses it" if isinstance(problem, BlockingIOError) else problem.strerror
            logger.warning("nobody is recovered after a restart, %s cannot be used: %s", self._path, why)
            return False
        self._lock = lock
        return True

    def _disown(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
