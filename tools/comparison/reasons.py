"""Why this package differs from Flask-SocketIO 5 where it does: each difference is one of these, on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """A purpose; `title` says what holds here, `text` what held there and what an app has to know."""

    title: str
    text: str


ORDER = Reason(
    "The events of a client are handled in order",
    "There, each event has a thread of its own, so that two events of one client may be handled in any order, and at "
    "once. Here the next one begins when the one before has ended, or has run for longer than `overtake_after` (1 s). "
    "`async_handlers=True` is the old way.",
)
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
LEAVING = Reason(
    "Why a client is gone does not depend on its transport",
    "There, a client that ends its connection is a `client disconnect` if it tells so in a packet, as polling clients "
    "do, and a `transport close` otherwise. Here it is a `transport close`, as in the reference server; `client "
    "disconnect` is a client that has left the namespace. New are `parse error` and `server shutting down`.",
)
CATCH_ALL = Reason(
    "Catch-alls of namespaces get what they were made for",
    'There, a handler for `"*"` in the namespace `"*"` and a class for the namespace `"*"` never run.',
)
ARGUMENTS = Reason(
    "`emit` takes several arguments, and the method `broadcast=True`",
    "There, each raises TypeError. Several arguments in one tuple are the same here and there.",
)
OPTIONS = Reason(
    "An option that does not exist, or a value that makes no sense, raises at once",
    "There, unknown options are ignored in silence, and wrong values fail later or never.",
)
MILLISECONDS = Reason(
    "Times are kept to the millisecond",
    "There, `ping_interval=0.3` tells clients 0.",
)
ENGINE = Reason(
    "Long polling is done as the Engine.IO protocol and its reference server do it",
    "There, a request without a transport, a second poll, a broken payload and one with more than 16 packets are "
    "tolerated or dropped, with the answer 200. Here they are refused, and the session ends. A refusal says what was "
    "expected; a POST is answered `ok`.",
)
PROXIES = Reason(
    "What a proxy says of the client counts where a middleware says so",
    "There, X-Forwarded-Proto and X-Forwarded-Host are believed in the check of origins, whoever sends them. Here it "
    "is for the app's `ProxyFix` to believe them, for origins as for everything else; a page that came over HTTPS from "
    "the same host is let in without it.",
)
PROTOCOL = Reason(
    "Who breaks the protocol loses the connection",
    "There, most broken packets are ignored, and some leave a half-open state behind. Here, as in the reference "
    "server, the connection ends.",
)
ATTACHMENTS = Reason(
    "At most 10 binary values in one event",
    "The official client ends the connection when there are more, so here an emit with more raises ValueError "
    '(`max_attachments`, or `serializer="msgpack"`).',
)
FAILED = Reason(
    "A handler that fails is answered",
    "There, a client that waits for an acknowledgement waits for ever. Here it gets an error that tells nothing of the "
    "server's inside, and a client that does not wait gets the same in an `error` event.",
)
WRITING = Reason(
    "JSON is written shorter",
    "The same values: letters beyond ASCII stand for themselves.",
)
VALUES = Reason(
    "What is emitted arrives as something that clients can read",
    "There, NaN and infinities are written as words that end a browser's connection, and a bytearray as the text that "
    "Python prints for it. Here they are null, as in JavaScript, and bytes. UUIDs are written as text, too.",
)
JSON = Reason(
    "`json=` is that of one `SocketIO`",
    "There, it is that of the whole process.",
)
GONE = Reason(
    "What can no longer happen is told at once",
    "There, `call()` waits for its whole timeout even if the client is gone, or cannot answer yet.",
)
TEST_CLIENT = Reason(
    "The test client is a client of the real server",
    "It waits until all that its call causes has happened, and what a handler raises comes out of that call. There, "
    "private methods of the server are replaced.",
)
RESERVED = Reason(
    "Names that clients keep for themselves cannot be emitted",
    "The official client ends the connection when an event is called `connect` or `disconnect`.",
)
EVERYBODY = Reason(
    "Nobody is not everybody",
    "There, an emit to an empty list of rooms reaches the whole namespace.",
)
ERRORS = Reason(
    "Errors say what was tried, and how to do it",
    "There, an AttributeError or a KeyError of the server's inside comes out where the client of an event is missing "
    "or unknown. Here it is a RuntimeError or a ValueError with a text that helps.",
)

#: All of them, in the order in which the documentation tells them.
REASONS = [value for value in list(globals().values()) if isinstance(value, Reason)]
