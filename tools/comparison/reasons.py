"""Why this package differs from Flask-SocketIO 5 where it does: each difference is one of these, on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """A purpose; `title` says what holds here, `text` what held there and what an app has to know."""

    title: str
    text: str


CONNECT_FIRST = Reason(
    "A client hears that it is connected before it hears anything else",
    "There, what a connect handler emits is on the wire before the CONNECT packet. Here it waits behind it.",
)
REFUSAL = Reason(
    "A client that is turned away is always told so, in the form that clients know",
    "There, an unknown namespace is answered with a bare string, a connect handler that raises leaves the client "
    "without any answer, and a refusal after the fact (`always_connect`) carries data that the official client takes "
    "for a broken packet. Here each is a CONNECT_ERROR with a `message`, which tells nothing of the server's errors, "
    "or a plain DISCONNECT.",
)
ONCE = Reason(
    "A handler is never called twice for one event",
    "There, a connect or disconnect handler that raises TypeError is called again without its argument. Here the "
    "signature says how a handler wants to be called.",
)
FAILED = Reason(
    "A handler that fails is answered",
    "There, a client that waits for an acknowledgement waits for ever. Here it gets an error that tells nothing of the "
    "server's inside.",
)

#: All of them, in the order in which the documentation tells them.
REASONS = [value for value in list(globals().values()) if isinstance(value, Reason)]
