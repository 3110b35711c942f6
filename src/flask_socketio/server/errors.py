"""What the server raises, in users' code.

ConnectionRefusedError      raised *by* a connect handler: the client is turned away
EventError                  raised by a handler: what is wrong with the event, for the client to show
TooManyRoomsError           raised by join_room, and an EventError
TimeoutError                an answer did not come in time; also the builtin of that name
OverloadedError             more is emitted than the loop can take
"""

from __future__ import annotations

import builtins
from typing import Any


class ConnectionRefusedError(builtins.ConnectionRefusedError):
    """Raise it in a connect handler to turn the client away.

    Args:
        *args: the reason, as text, then what else the client shall know. The client's `connect_error` event gets an
            error whose `message` is the first argument and whose `data` is the second (or a tuple of the rest).
    """

    def __init__(self, *args: object) -> None:
        super().__init__()
        self.args = args  # by hand: an OSError takes a third argument for the name of a file, and drops it

    @property
    def payload(self) -> dict[str, Any]:
        """What the client is sent: `{"message": ...}`, with `data` where there are more arguments."""
        if not self.args:
            return {"message": "Connection rejected by server"}
        message, *rest = self.args
        payload: dict[str, Any] = {"message": str(message)}
        if rest:
            payload["data"] = rest[0] if len(rest) == 1 else tuple(rest)
        return payload


class EventError(Exception):
    """Raise it in a handler to tell the client what is wrong with its event; or return it.

    A client that waits for an acknowledgement gets `{"error": {"code": ..., "message": ...}}` as its one argument; any
    other one gets an `error` event with `{"event": ..., "code": ..., "message": ...}`. `data` is in either, if given.
    In a connect handler it turns the client away: its `connect_error` gets the message, and the rest as `data`.

    Args:
        code: a short name that the client's code can compare: "insufficient_funds".
        message: a sentence that its user can read.
        data: what else the client can use; anything that an event may hold.
    """

    def __init__(self, code: str, message: str, data: Any = None) -> None:
        super().__init__(code, message, data)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def payload(self) -> dict[str, Any]:
        """What the client is sent."""
        payload = {"code": self.code, "message": self.message}
        return payload if self.data is None else {**payload, "data": self.data}


class TooManyRoomsError(EventError, ValueError):
    """A client is in `max_rooms` rooms and cannot join another one; who lets it through tells the client."""

    def __init__(self) -> None:
        super().__init__("too_many_rooms", "You are in too many rooms")


#: What a client is told whose event was not handled for a reason that is not its business: no detail leaves the server.
INTERNAL_ERROR = EventError("internal_error", "The server could not handle this event")


class TimeoutError(builtins.TimeoutError):
    """An acknowledgement did not come within the timeout."""


class OverloadedError(RuntimeError):
    """The loop did not take what other threads emitted within the time that an emit may wait."""


_PACKAGE = __name__.partition(".")[0] + "."


def without_callers(error: BaseException) -> BaseException:
    """An error whose traceback begins in the user's code, if it came out of that.

    How this package came to call the handler tells nobody anything; and these frames hold the error, which with them
    lives until the garbage collector comes by.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        trace = trace.tb_next
    return error if trace is None else error.with_traceback(trace)
