"""One call of one handler: the surroundings it runs in, and what becomes of its result.

A job is a context manager around the call. Entering it sets up the surroundings (in Flask: request, session, g);
leaving it asks the error handlers if the call failed, encodes the answer, tears the surroundings down, and sends the
answer. So `def` and `async def` handlers share everything but the word `await`.

The answer is encoded before the surroundings go, since the user's JSON may need them: a database object is loaded as it
is written. It is sent after they have gone: who gets it may rely on what was committed and saved at the end.
"""

from __future__ import annotations

import asyncio
import builtins
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from ..protocol.engineio import EncodedPacket
from ..protocol.errors import excerpt
from ..protocol.socketio import Body
from .errors import INTERNAL_ERROR, ConnectionRefusedError, EventError, without_callers
from .handlers import CONNECT, DISCONNECT, Handler

logger = logging.getLogger("flask_socketio")


class Entered(Protocol):
    """The surroundings of one call."""

    def leave(self, error: BaseException | None) -> None:
        """Tear them down; `error` is what the call raised and nobody took."""


#: What goes on to whoever runs a coroutine: its task shall learn that it is cancelled, and Ctrl-C comes to the loop. Of
#: a worker thread there is nobody to learn of them.
_NOT_OURS = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt)


class Surroundings(Protocol):
    """What handlers run in; Flask's face provides it."""

    def enter(self, job: Job) -> Entered:
        """Set up the surroundings of one call."""

    def error_handler(self, job: Job) -> Callable[[Exception], Any] | None:
        """Who answers in the handler's place if it fails; None without anybody."""

    def keep(self, client: Any, namespace: str) -> Any:
        """What a client that is cut off shall find again in a namespace."""

    def restore(self, client: Any, namespace: str, kept: Any) -> None:
        """Give a client that is here again what `keep` has kept."""

    def freeze(self, kept: Any) -> str:
        """What `keep` has kept as text. Raises TypeError or ValueError for what cannot be."""

    def thaw(self, frozen: str) -> Any:
        """What `freeze` has frozen."""

    def failed(self, job: Job, error: BaseException) -> None:
        """A call has failed, nothing has answered in its place, and the log says so."""


class Caller(Protocol):
    """The client in a namespace that a job is for, as the job needs it (`socket.Socket`)."""

    sid: str
    namespace: str
    #: What its handlers run in.
    surroundings: Surroundings
    #: Whether the server has put it out.
    dismissed: bool
    #: Whether it was here before, and has got back all it had.
    recovered: bool

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Run `function(*args)` on the loop."""

    def answer_body(self, data: list[Any]) -> Body:
        """The arguments of an answer, encoded. Raises TypeError or ValueError for what cannot be."""

    def acknowledgement(self, ack_id: int, data: list[Any]) -> EncodedPacket:
        """The answer to an event. Raises TypeError or ValueError for data that cannot be encoded, or as user's JSON."""

    def error_event(self, payload: dict[str, Any]) -> EncodedPacket:
        """An `error` event for the client. Raises as `acknowledgement`."""

    def refusal(self, payload: dict[str, Any]) -> EncodedPacket:
        """What tells the client that it is turned away. Raises as `acknowledgement`."""

    def answer(self, acknowledgement: EncodedPacket) -> None:
        """Send the answer to an event."""

    def refuse(self, refusal: EncodedPacket) -> None:
        """Turn the client away; on the loop."""

    def accept(self) -> None:
        """Let the client in; on the loop."""

    def forget(self) -> None:
        """Take the client out of its namespace; on the loop."""


class Job:
    """A call of a handler for one client in one namespace.

    A subclass that is `for_members` is not run if the server has put the client out while it waited for its turn.

    Attributes:
        socket: the client the call is for.
        handler: who is called.
        args: the arguments, without the event's name.
        message: what `request.event` calls it: the event, `*` for a catch-all, None for an acknowledgement.
        ack_id: the id under which the client waits for the result; None if it does not.
    """

    __slots__ = ("_entered", "ack_id", "args", "handler", "message", "result", "socket")

    for_members = False

    def __init__(
        self,
        socket: Caller,
        handler: Handler,
        message: str | None,
        args: tuple[Any, ...],
        ack_id: int | None = None,
    ) -> None:
        self.socket = socket
        self.handler = handler
        self.message = message
        self.args = args
        self.ack_id = ack_id
        self.result: Any = None

    def run(self) -> None:
        """Call a `def` handler."""
        if self.for_members and self.socket.dismissed:
            return
        with self:
            self.result = self.handler.function(*self.args)

    async def run_async(self) -> None:
        """Call an `async def` handler."""
        if self.for_members and self.socket.dismissed:
            return
        with self:
            result = self.handler.function(*self.args)
            # A plain decorator around an `async def` may answer by itself, without calling it.
            self.result = await result if asyncio.iscoroutine(result) else result

    def encode(self, error: BaseException | None) -> EncodedPacket | None:
        """What the client is to be told of `result`, or of a failure, if anything; still in the surroundings."""
        if error is not None:
            self.report(error)
        return None

    def finish(self, packet: EncodedPacket | None) -> None:
        """The surroundings are gone: send what `encode` has made, and go on."""

    def report(self, error: BaseException) -> None:
        """A handler has failed, or its result cannot be sent: one entry in the log, and word to the surroundings."""
        socket = self.socket
        cancelled = isinstance(error, asyncio.CancelledError)  # each stop cancels some
        level = logging.INFO if cancelled else logging.ERROR
        what = f"{self.title} in {excerpt(socket.namespace)} failed for client {socket.sid}"
        logger.log(level, "%s", what, exc_info=without_callers(error))
        if not cancelled:
            socket.surroundings.failed(self, error)

    @property
    def title(self) -> str:
        """What the log calls it."""
        return f"the handler of {excerpt(self.message)}"

    def __enter__(self) -> None:
        self._entered = self.socket.surroundings.enter(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        unhandled = error
        if isinstance(error, Exception):
            try:
                if self.handle_error(error):
                    unhandled = None
            except Exception as still:  # noqa: BLE001  # `encode` reports it
                unhandled = still
        packet = self.encode(unhandled)
        try:
            self._entered.leave(unhandled)
        except Exception as failure:  # noqa: BLE001  # of a teardown function, or a store of sessions
            self.report(failure)
        finally:
            del self._entered  # which has the job: both would wait for the garbage collector
            self.finish(packet)
        return error is not None and not (self.handler.is_async and isinstance(error, _NOT_OURS))

    def handle_error(self, error: Exception) -> bool:
        """Put the error handler's result in place of the handler's; False if there is none. Raises what that raises."""
        handler = self.socket.surroundings.error_handler(self)
        if handler is None:
            return False
        self.result = handler(error)
        return True


class EventJob(Job):
    """An event from the client, which `ack_id` tells to be waiting for an acknowledgement."""

    __slots__ = ()

    for_members = True

    def handle_error(self, error: Exception) -> bool:
        """An EventError is an answer, not an error."""
        if isinstance(error, EventError):
            self.result = error
            return True
        return super().handle_error(error)

    def encode(self, error: BaseException | None) -> EncodedPacket | None:
        """What the handler returned as an acknowledgement, or in an `error` event if it failed and none is wanted."""
        if error is not None:
            self.report(error)
            self.result = INTERNAL_ERROR
        elif self.ack_id is None and self.result is None:
            return None
        try:
            return self.answer()
        except Exception as unsendable:  # noqa: BLE001  # the user's JSON may raise anything
            self.report(unsendable)
            self.result = INTERNAL_ERROR
            return self.answer()

    def answer(self) -> EncodedPacket | None:
        """The packet for the client, if there is anything to tell it. Raises what encoding it raises."""
        if self.ack_id is not None:
            return self.socket.acknowledgement(self.ack_id, self.data)
        if isinstance(self.result, EventError):
            event = self.args[0] if self.handler.takes_event else self.message
            return self.socket.error_event({"event": event, **self.result.payload})
        return None

    @property
    def data(self) -> list[Any]:
        """The arguments of the acknowledgement."""
        result = self.result
        return [{"error": result.payload}] if isinstance(result, EventError) else as_arguments(result)

    def finish(self, packet: EncodedPacket | None) -> None:
        """Acknowledge."""
        if packet is not None:
            self.socket.answer(packet)


def as_arguments(result: Any) -> list[Any]:
    """What a handler has returned, as the arguments of an acknowledgement: None is none, a tuple several, else one."""
    return [] if result is None else list(result) if isinstance(result, tuple) else [result]


class ConnectJob(Job):
    """A client asks to connect to the namespace; the handler decides."""

    __slots__ = ("_refusal",)

    def __init__(self, socket: Caller, handler: Handler, auth: Any) -> None:
        super().__init__(socket, handler, CONNECT, (auth,))
        self._refusal = ConnectionRefusedError().payload

    def handle_error(self, error: Exception) -> bool:
        """A refusal is an answer, not an error."""
        if isinstance(error, ConnectionRefusedError):
            self._refusal = error.payload
        elif isinstance(error, EventError):
            details = {name: value for name, value in error.payload.items() if name != "message"}
            self._refusal = {"message": error.message, "data": details}
        elif isinstance(error, builtins.ConnectionRefusedError):
            self._refusal = {"message": "Connection refused by server"}
        else:
            return super().handle_error(error)
        self.result = False
        return True

    def encode(self, error: BaseException | None) -> EncodedPacket | None:
        """Why the client is turned away; None if it is not. Only False and a failure keep it out."""
        if error is not None:
            self.report(error)
        elif self.result is not False:
            return None
        try:
            return self.socket.refusal(self._refusal)
        except Exception as unsendable:  # noqa: BLE001  # the user's JSON may raise anything
            self.report(unsendable)
            return self.socket.refusal(ConnectionRefusedError().payload)

    def finish(self, packet: EncodedPacket | None) -> None:
        """Let the client in, or tell it why not."""
        socket = self.socket
        if packet is not None:
            socket.post(socket.refuse, packet)
        else:
            socket.post(socket.accept)


class DisconnectJob(Job):
    """The client has left the namespace."""

    __slots__ = ()

    def __init__(self, socket: Caller, handler: Handler, reason: str) -> None:
        super().__init__(socket, handler, DISCONNECT, (reason,))

    def finish(self, packet: EncodedPacket | None) -> None:
        """Only now does the hub forget the client: its rooms were still there for the handler."""
        self.socket.post(self.socket.forget)


class AckJob(Job):
    """The client has acknowledged an event; the callback gets its arguments."""

    __slots__ = ()

    def __init__(self, socket: Caller, callback: Handler, args: tuple[Any, ...]) -> None:
        super().__init__(socket, callback, None, args)

    @property
    def title(self) -> str:
        """Its event is not known any more: it is its own name that tells which one it is."""
        function = self.handler.function
        return f"the callback {getattr(function, '__qualname__', repr(function))}"
