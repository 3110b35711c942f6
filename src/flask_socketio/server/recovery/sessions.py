"""The clients that are away, and who of them is given up first when there are too many.

Anybody can come and go, and would push out all others if simply the oldest were given up. So that is done to the oldest
session of the address that has the most of them: who comes and goes from one address pushes out itself.

The addresses are kept by how many sessions they have. A session more or less moves its address to the next number, so
nothing is ever searched or sorted, however many clients lose their connections in one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ..limits import Allowance
from ..once import AnsweredEvents


class Session(msgspec.Struct):
    """A client that is away.

    Attributes:
        pid: its secret.
        sid, namespace: who it was, and where.
        address: where it came from.
        since: when it left, by the server's clock.
        heard: a time up to which it surely got all that it was sent.
        face: what Flask's face keeps of it.
        memory: the events of it that are handled once.
        allowance: what it may still send; None for as much as a new client, or without limits.
        waiting: what to do as soon as its old life has ended, if it is here again.
    """

    pid: str
    sid: str
    namespace: str
    address: str
    since: float
    heard: float
    face: Any
    memory: AnsweredEvents | None = None
    allowance: Allowance | None = None
    waiting: Callable[[], object] | None = None


class Sessions:
    """Those who are away, by their sids."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._of: dict[str, dict[str, Session]] = {}
        #: The addresses that have so many sessions, none of these being empty.
        self._with: dict[int, dict[str, None]] = {}
        self._most = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, sid: str) -> bool:
        return sid in self._sessions

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions.values())

    def get(self, sid: str) -> Session | None:
        """The session of a client that is away."""
        return self._sessions.get(sid)

    def add(self, session: Session) -> None:
        """A client has left; if one of its sid is here, this one takes its place."""
        if session.sid in self._sessions:
            self.remove(self._sessions[session.sid])
        self._sessions[session.sid] = session
        sessions = self._of.setdefault(session.address, {})
        sessions[session.sid] = session
        self._move(session.address, len(sessions) - 1, len(sessions))

    def remove(self, session: Session) -> None:
        """A client is not away any more, or is not waited for."""
        del self._sessions[session.sid]
        sessions = self._of[session.address]
        del sessions[session.sid]
        if not sessions:
            del self._of[session.address]
        self._move(session.address, len(sessions) + 1, len(sessions))

    def first_to_go(self) -> Session:
        """The oldest one of the address that has the most; there is one at least."""
        address = next(iter(self._with[self._most]))
        return next(iter(self._of[address].values()))

    def _move(self, address: str, had: int, has: int) -> None:
        """An address has one session more, or one less."""
        if had:
            peers = self._with[had]
            del peers[address]
            if not peers:
                del self._with[had]
        if has:
            self._with.setdefault(has, {})[address] = None
        if has > self._most or self._most not in self._with:
            self._most = has
