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

#: What a client is told whose event has an id that is none.
BAD_ID = EventError("bad_id", f"The id of this event has to be a number, or a text of {LONGEST_ID} characters at most")


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


class Handled:
    """An event that was handled, or is being handled: the answer, or who waits for it."""

    __slots__ = ("body", "waiting")

    def __init__(self, body: Body | None = None) -> None:
        self.body = body
        self.waiting: list[tuple[Asker, int]] = []

    def repeated(self, asker: Asker, ack_id: int | None) -> None:
        """The event has come again."""
        if ack_id is None:
            return
        if self.body is None:
            self.waiting.append((asker, ack_id))
        else:
            asker.answer_with(ack_id, self.body)

    def settle(self, body: Body) -> None:
        """The event has been handled."""
        self.body = body
        waiting, self.waiting = self.waiting, []
        for asker, ack_id in waiting:
            asker.answer_with(ack_id, body)


class Memory:
    """The events of a session that were handled last, `limit` of them. Used on the loop only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._handled: dict[Key, Handled] = {}

    def __iter__(self) -> Iterator[tuple[Key, Body]]:
        """Those that have an answer."""
        return ((key, handled.body) for key, handled in self._handled.items() if handled.body is not None)

    def find(self, key: Key) -> Handled | None:
        """The event with this id, if it was handled before."""
        return self._handled.get(key)

    def add(self, key: Key, body: Body | None = None) -> Handled:
        """Remember an event; the oldest is forgotten for it."""
        if len(self._handled) >= self._limit:
            del self._handled[next(iter(self._handled))]
        handled = self._handled[key] = Handled(body)
        return handled


class OnceJob(EventJob):
    """An event whose answer is kept for those that repeat it."""

    __slots__ = ("_body", "_handled")

    _body: Body

    def __init__(self, job: EventJob, handled: Handled) -> None:
        super().__init__(job.socket, job.handler, job.message, job.args, job.ack_id)
        self._handled = handled

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
        self.socket.post(self._handled.settle, self._body)
