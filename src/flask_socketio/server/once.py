"""Events that are handled once, however often a client sends them.

A client that repeats an event until it is acknowledged (`retries` of the official one) cannot know whether the event or
its acknowledgement was lost. So a handler may say where the id of an event is; then a repetition gets the answer that
the first one got, or waits for it. The ids belong to the client's session: it keeps them when its connection breaks and
is recovered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol

from ..protocol.engineio import EncodedPacket
from ..protocol.socketio import Body
from .errors import INTERNAL_ERROR, EventError
from .jobs import EventJob

#: Gets the arguments of an event and returns its id, None for an event without one.
FindId = Callable[..., Hashable]

#: An event, and its id.
Key = tuple[str, Hashable]


#: The longest text that is an id, in characters: the last ones of each client are remembered.
LONGEST_ID = 200

#: Of the repetitions of one event that wait for its answer, so many are answered: the last, since a client that asks
#: again has given up what it asked before.
MOST_WAITING = 10

#: What a client is told whose event has an id that is none.
BAD_ID = EventError("bad_id", f"The id of this event has to be a number, or a text of {LONGEST_ID} characters at most")


#: What it is told of an event that was being handled when the server was stopped.
OUTCOME_UNKNOWN = EventError("outcome_unknown", "The server was stopped while it handled this event")


def is_usable(id: Hashable) -> bool:
    """Whether what was found where the id of an event should be is one: a client may have put anything there."""
    try:
        hash(id)
    except TypeError:
        return False
    return not isinstance(id, (str, bytes)) or len(id) <= LONGEST_ID


def id_finder(once: str | FindId) -> FindId:
    """How to find the id of an event: a string is the key of it in the first argument."""
    if callable(once):
        return once
    if not isinstance(once, str):
        raise TypeError(f"once={once!r}: expected the key of the id in the first argument, or a function that finds it")

    def find(*args: Any) -> Any:
        first = args[0] if args else None
        return first.get(once) if isinstance(first, dict) else None

    return find


class Asker(Protocol):
    """A client that repeats an event."""

    def answer_with(self, ack_id: int, body: Body) -> None:
        """Send it an answer; on the loop."""


class AnsweredEvents:
    """The events of a session that were handled last, `limit` of them, and all that are being handled.

    Of those there are no more than events that wait for their handlers, which have a bound of their own. Used on the
    loop only.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._answers: dict[Key, Body] = {}
        self._begun: dict[Key, list[tuple[Asker, int]]] = {}

    def __iter__(self) -> Iterator[tuple[Key, Body]]:
        """Those that have an answer."""
        return iter(self._answers.items())

    @property
    def begun(self) -> list[Key]:
        """Those that have none yet."""
        return list(self._begun)

    def repeated(self, key: Key, asker: Asker, ack_id: int | None) -> bool:
        """Whether an event has come before. If it wants an answer it gets that one, or will as soon as there is one."""
        body = self._answers.get(key)
        if body is not None:
            if ack_id is not None:
                asker.answer_with(ack_id, body)
            return True
        waiting = self._begun.get(key)
        if waiting is None:
            return False
        if ack_id is not None:
            waiting.append((asker, ack_id))
            del waiting[:-MOST_WAITING]
        return True

    def begin(self, key: Key) -> None:
        """An event is about to be handled."""
        self._begun[key] = []

    def settle(self, key: Key, body: Body) -> None:
        """An event has been handled."""
        self.add(key, body)
        for asker, ack_id in self._begun.pop(key):
            asker.answer_with(ack_id, body)

    def add(self, key: Key, body: Body) -> None:
        """Remember an answer; the oldest is forgotten for it."""
        if len(self._answers) >= self._limit:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = body


class OnceJob(EventJob):
    """An event whose answer is kept for those that repeat it."""

    __slots__ = ("_body", "_key", "_memory")

    _body: Body

    def __init__(self, job: EventJob, memory: AnsweredEvents, key: Key) -> None:
        super().__init__(job.socket, job.handler, job.message, job.args, job.ack_id)
        self._memory = memory
        self._key = key
        memory.begin(key)

    def encode(self, error: BaseException | None) -> EncodedPacket | None:
        """See `EventJob`; the answer is made even if nobody asked for one yet."""
        packet = super().encode(error)
        try:
            self._body = self.socket.answer_body(self.data)
        except Exception:  # noqa: BLE001  # which has been reported
            self.result = INTERNAL_ERROR
            self._body = self.socket.answer_body(self.data)
        return packet

    def finish(self, packet: EncodedPacket | None) -> None:
        """Acknowledge it, and its repetitions."""
        super().finish(packet)
        self.socket.post(self._memory.settle, self._key, self._body)
