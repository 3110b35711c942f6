"""A memory of the clients that may come back, in this process.

A client is either *here*, a member of its namespace, or *away*: then a `Session` waits for it, and its `Stay` in the
namespace's rooms notes what is meant for it. Two things can be in the way when it comes back:

- *The server has not noticed* that the old connection is dead. The client knows better, so that one is ended first.
- *Its disconnect handler still runs.* The old life ends before the new one begins, or the handler would take the client
  out of the rooms that it has just got back.
"""

from __future__ import annotations

import logging
import secrets
from functools import partial

from ...hub.history import Bounds, History, Positions
from ...hub.recorded_rooms import RecordedRooms, Stay
from ...protocol.engineio import EncodedPacket
from ...protocol.socketio import Body, Codec
from ...transport.deadlines import Clock, Deadlines
from ...transport.options import EngineOptions
from ...transport.reasons import Reason
from ..jobs import Surroundings
from ..once import OUTCOME_UNKNOWN, AnsweredEvents
from ..options import ServerOptions
from ..socket import Socket
from .base import Enter, Recovery
from .file import (
    RecoveryFile,
    SavedAnswer,
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
from .sessions import Session, Sessions

logger = logging.getLogger("flask_socketio")

#: A client that was gone for another reason meant it, or was meant to go.
RECOVERABLE = frozenset(
    (Reason.TRANSPORT_CLOSE, Reason.TRANSPORT_ERROR, Reason.PING_TIMEOUT, Reason.SERVER_SHUTTING_DOWN)
)

#: Seconds that a client which comes back waits for the end of its disconnect handler.
PATIENCE = 5.0


def _claims(socket: Socket) -> tuple[str | None, str | None]:
    """The pid and the offset that a client has sent with its auth, which is then without them."""
    auth = socket.auth
    if not isinstance(auth, dict) or not isinstance(auth.get("pid"), str):
        return None, None
    offset = auth.get("offset")
    socket.auth = {name: value for name, value in auth.items() if name not in ("pid", "offset")} or None
    return auth["pid"], offset if isinstance(offset, str) else None


class MemoryRecovery(Recovery):
    """A `Recovery` in the memory of this process, and if wanted in a file while the process is exchanged.

    Args:
        options: see there.
        engine_options: how long a dead connection may go unnoticed, and how much may wait for a client.
        codec: how packets are written.
        surroundings: what keeps Flask's part.
    """

    def __init__(
        self,
        options: ServerOptions,
        engine_options: EngineOptions,
        codec: Codec,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(options)
        assert options.recovery is not None
        self._options = options.recovery
        self._max_remembered = options.max_remembered
        self._engine_options = engine_options
        self._codec = codec
        self._surroundings = surroundings
        #: For so long, in seconds, a client may have been gone before it is noticed.
        self._unnoticed = engine_options.ping_interval + engine_options.ping_grace + engine_options.ping_timeout
        age = self._options.max_disconnection_duration + self._unnoticed
        self._bounds = Bounds(age, self._options.max_messages, self._options.max_bytes)
        path = self._options.path
        self._file = None if path is None else RecoveryFile(path)

    def stay_in_memory(self) -> None:
        """See `Recovery`."""
        self._file = None

    def start(self, clock: Clock) -> None:
        """See `Recovery`."""
        self._clock = clock
        self._begin_anew()
        saved = None if self._file is None else self._file.read()
        if saved is None:
            return
        try:
            self._load(saved)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it shall not keep a server from starting
            logger.warning("nobody is recovered from %s, which makes no sense: %r", self._options.path, problem)
            self.namespaces.clear()
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Remember nobody."""
        self._epoch = secrets.token_hex(4)
        self._positions = Positions()
        self._away = Sessions()
        self._sids: dict[str, str] = {}
        self._until_expired: Deadlines[str] = Deadlines(
            self._clock, self._options.max_disconnection_duration, self._expired
        )
        self._until_impatient: Deadlines[str] = Deadlines(self._clock, PATIENCE, self._release)

    def _make_rooms(self) -> RecordedRooms[Socket]:
        history = History(self._positions, self._bounds, self._clock.time)
        return RecordedRooms(history, lambda: self._positions.last, self._stamp, self._max_rooms)

    def _stamp(self, event: EncodedPacket, position: int) -> EncodedPacket:
        return self._codec.stamp(event, f"{self._epoch}-{position}")

    # Coming

    def arrive(self, socket: Socket, enter: Enter) -> None:
        """See `Recovery`."""
        pid, offset = _claims(socket)
        session = None if pid is None else self._session(pid, socket)
        if session is None:
            self._begin(socket, enter)
            return
        restore = partial(self._restore, session, socket, offset, enter)
        if session.sid not in self.namespaces.rooms(session.namespace).members:
            restore()
            return
        session.waiting = restore  # in place of an earlier attempt, which the client has given up
        self._until_impatient.start(session.sid)

    def _session(self, pid: str, socket: Socket) -> Session | None:
        """The session of a client that is away, or shall be: one that nobody has missed yet."""
        sid = self._sids.get(pid)
        if sid is None:
            return None
        if sid not in self._away:
            member = self.namespaces.rooms(socket.namespace).members.get(sid)
            if member is None or member.client is socket.client:  # it has left, and asks to join again
                return None
            member.client.connection.lost(Reason.TRANSPORT_CLOSE)
        session = self._away.get(sid)
        return session if session is not None and session.namespace == socket.namespace else None

    def _begin(self, socket: Socket, enter: Enter) -> None:
        """The first life of a client."""
        socket.pid = secrets.token_urlsafe(18)
        self._sids[socket.pid] = socket.sid
        enter(socket)

    def _restore(self, session: Session, socket: Socket, offset: str | None, enter: Enter) -> None:
        """Another life of a client, if nothing of the one before is lost."""
        if not socket.connecting:
            return  # and gone again; what waits for it waits on
        sid, namespace = session.sid, session.namespace
        missed = None
        if self._away.get(sid) is session and sid not in self.namespaces.rooms(namespace).members:
            missed = self._missed(session, offset)
        if missed is None:
            self._drop(session)
            self._begin(socket, enter)
            return
        self._end_wait(session)
        self._away.remove(session)
        self._until_expired.cancel(sid)
        self._surroundings.restore(socket.client, namespace, session.face)
        socket.recover(sid, session.pid, missed, session.memory, session.allowance)
        enter(socket)

    def _missed(self, session: Session, offset: str | None) -> list[EncodedPacket] | None:
        missed = self._rooms(session.namespace).missed(session.sid, self._position(offset), session.heard)
        options = self._engine_options
        if missed is None or len(missed) > options.max_outbox_packets:
            return None
        return missed if sum(packet.size for packet in missed) <= options.max_outbox_size else None

    def _position(self, offset: str | None) -> int:
        """The position in an offset. One that is not from here is of an earlier session: in this one, nothing came."""
        epoch, _, position = (offset or "").rpartition("-")
        ours = epoch == self._epoch and position.isascii() and position.isdigit() and len(position) < 20
        return int(position) if ours else 0

    # Going

    def leave(self, socket: Socket, reason: Reason) -> None:
        """See `Recovery`."""
        sid, namespace = socket.sid, socket.namespace
        if reason not in RECOVERABLE or socket.pid is None:
            return
        now = self._clock.time()
        # While nothing is read from it, nobody knows whether a client is there.
        heard = now - self._unnoticed if socket.client.connection.reading else float("-inf")
        face = self._surroundings.keep(socket.client, namespace)
        self._rooms(namespace).leave_for_now(sid)
        allowance = None if socket.gate is None else socket.gate.allowance
        address = socket.client.connection.request.address
        self._keep(Session(socket.pid, sid, namespace, address, now, heard, face, socket.remembered, allowance))

    def _keep(self, session: Session) -> None:
        self._away.add(session)
        self._until_expired.start(session.sid, since=session.since)
        if len(self._away) > self._options.max_sessions:
            self._drop(self._away.first_to_go())

    def forget(self, socket: Socket) -> None:
        """See `Recovery`."""
        session = self._away.get(socket.sid)
        if session is not None:
            self._release(session.sid)
        elif socket.pid is not None and socket.sid not in self.namespaces.rooms(socket.namespace).members:
            self._sids.pop(socket.pid, None)

    def _release(self, sid: str) -> None:
        """Let in who waits for the end of its old life, or has waited long enough."""
        session = self._away.get(sid)
        if session is not None:
            self._let_in(session)

    def _let_in(self, session: Session) -> None:
        waiting = session.waiting
        self._end_wait(session)
        if waiting is not None:
            waiting()

    def _end_wait(self, session: Session) -> None:
        session.waiting = None
        self._until_impatient.cancel(session.sid)

    def dismiss(self, sid: str) -> None:
        """See `Recovery`."""
        session = self._away.get(sid)
        if session is not None:
            self._drop(session)

    def _expired(self, sid: str) -> None:
        session = self._away.get(sid)
        assert session is not None
        self._drop(session)

    def _drop(self, session: Session) -> None:
        """Wait no longer for a client; one that waits itself, for the end of its old life, is a new one."""
        if self._away.get(session.sid) is not session:
            return
        self._away.remove(session)
        self._until_expired.cancel(session.sid)
        self._sids.pop(session.pid, None)
        self._rooms(session.namespace).forget_away(session.sid)
        self.namespaces.tidy(session.namespace)
        self._let_in(session)

    # From one process to the next

    def stop(self) -> None:
        """See `Recovery`."""
        if self._file is not None:
            self._file.write(self._state())

    def _state(self) -> State:
        """Everything, for the file; without what cannot be written."""
        now = self._clock.time()
        sessions = [saved for session in self._away if (saved := self._saved(session, now)) is not None]
        namespaces = []
        for name in {session.namespace for session in sessions}:
            history = self._rooms(name).history
            namespaces.append(
                SavedNamespace(name, (history.lost[0], now - history.lost[1]), save_entries(history, now))
            )
        return State(self._epoch, self._positions.last, namespaces, sessions)

    def _saved(self, session: Session, now: float) -> SavedSession | None:
        stay = self._rooms(session.namespace).away[session.sid]
        try:
            rooms, left, face = save_rooms(stay), save_left(stay), self._surroundings.freeze(session.face)
        except Exception as problem:  # noqa: BLE001  # the user's JSON may raise anything
            logger.warning("client %s cannot be recovered after this stop: %s", session.sid, problem)
            return None
        return SavedSession(
            pid=session.pid,
            sid=session.sid,
            namespace=session.namespace,
            address=session.address,
            heard=now - session.heard,
            away=now - session.since,
            start=stay.start,
            rooms=rooms,
            left=left,
            floor=stay.left.floor,
            face=face,
            answers=self._saved_answers(session.memory),
        )

    def _saved_answers(self, memory: AnsweredEvents | None) -> list[SavedAnswer]:
        """What repeated events are answered with; whether one that is being handled will be done, nobody can tell."""
        if memory is None:
            return []
        unknown = self._codec.encode_body([{"error": OUTCOME_UNKNOWN.payload}])
        return save_answers([*memory, *((key, unknown) for key in memory.begun)])

    def _load(self, state: State) -> None:
        """Go on where the process before this one stopped."""
        began = self._clock.time() - state.age
        self._epoch = state.epoch
        self._positions.last = state.last
        for saved in sorted(state.sessions, key=lambda session: -session.away):
            since = began - saved.away
            if self._clock.time() < since + self._options.max_disconnection_duration:
                self._load_session(saved, began, since)
        for namespace in state.namespaces:
            rooms = self.namespaces.rooms(namespace.name)
            if isinstance(rooms, RecordedRooms):  # else all its clients have been away for too long
                position, age = namespace.lost
                rooms.history.load(load_entries(namespace.entries, began), (position, began - age))
        if state.sessions and not len(self._away):
            logger.warning(
                "nobody is recovered from %s, which is too old (max_disconnection_duration)", self._options.path
            )
        logger.info("%d clients of the process before this one may come back", len(self._away))

    def _load_session(self, saved: SavedSession, began: float, since: float) -> None:
        rooms = self.namespaces.open(saved.namespace)
        assert isinstance(rooms, RecordedRooms)
        rooms.away[saved.sid] = Stay(
            saved.sid, saved.start, load_rooms(saved.rooms), load_left(saved.left, saved.floor)
        )
        self._sids[saved.pid] = saved.sid
        face = self._surroundings.thaw(saved.face)
        memory = AnsweredEvents(self._max_remembered)
        for answer in saved.answers:
            memory.add((answer.event, answer.id), Body(answer.data, answer.attachments))
        self._keep(
            Session(saved.pid, saved.sid, saved.namespace, saved.address, since, began - saved.heard, face, memory)
        )

    def _rooms(self, namespace: str) -> RecordedRooms[Socket]:
        """The rooms of a namespace in which somebody is away."""
        rooms = self.namespaces.rooms(namespace)
        assert isinstance(rooms, RecordedRooms)
        return rooms
