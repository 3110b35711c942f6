"""What `SocketIO` sends to clients: `emit`, `call`, `send`, from wherever the app wants it."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from .context import current_event
from .server.server import Server


class Emitter(ABC):
    """The part of `SocketIO` that needs nothing but the running server."""

    @property
    @abstractmethod
    def running_server(self) -> Server:
        """The server, which exists from `init_app` on. Raises RuntimeError before."""

    def emit(
        self,
        event: str,
        *args: Any,
        namespace: str | None = None,
        to: Any = None,
        room: Any = None,
        include_self: bool = True,
        skip_sid: str | list[str] | None = None,
        callback: Callable[..., Any] | None = None,
        broadcast: bool = True,
        ignore_queue: bool = False,
        volatile: bool = False,
        latest: str | None = None,
    ) -> None:
        """Send an event to clients, from any thread, inside or outside of handlers. It never waits for clients.

        Args:
            event: its name.
            *args: its arguments: what JSON can hold, and bytes. One None is no argument, one tuple several. They are
                encoded before this returns: what happens to them later changes nothing.
            namespace: where, `/` if not given.
            to: a room, a sid, or a list of them; everybody in the namespace if not given.
            room: the same as `to`.
            include_self: False leaves out the client of the event being handled.
            skip_sid: a sid, or a list of them, to leave out.
            callback: called with what a client acknowledges, once for each that does; with a message queue, of the
                clients of other processes only for the first, and `to` must be given.
            broadcast: accepted, since without `to` everybody is meant anyway.
            ignore_queue: with a message queue: only to clients of this process.
            volatile: drop it for clients that cannot take it at this moment: for what nobody wants late.
            latest: drop it for slow clients as soon as there is a newer event with the same `latest`, the symbol of
                a price, say: they miss steps, never the newest value. Clients that keep up get every event.

        Raises:
            TypeError, ValueError: the arguments cannot be encoded, or contradict each other.
            OverloadedError: other threads emit faster than the server can send.
            MessageQueueError: no server runs in this process, and the message queue cannot be reached.
            RuntimeError: there is a `callback`, a message queue, and no server in this process to get an answer; or
                `include_self` is false, and no event is being handled.
        """
        server = self.running_server
        current = None if include_self and callback is None else current_event()
        skip: tuple[str, ...] = (
            () if not skip_sid else (skip_sid,) if isinstance(skip_sid, str) else _names("skip_sid", skip_sid)
        )
        if not include_self and not skip:
            if current is None:
                raise RuntimeError(
                    "emit(include_self=False) outside of a handler: there is no client to leave out; say skip_sid=..."
                )
            skip = (current.socket.sid,)
        target, payload, namespace = _target(room if to is None else to), _payload(args), namespace or "/"
        if volatile or latest is not None:
            _check_expendable(volatile, latest, callback)
        if callback is None:
            server.emit(
                event,
                payload,
                namespace=namespace,
                to=target,
                skip=skip,
                volatile=volatile,
                latest=latest,
                local=ignore_queue,
            )
        else:
            emitter = current.socket if current is not None else None
            server.emit_with_ack(
                event, payload, callback, namespace=namespace, to=target, skip=skip, emitter=emitter, local=ignore_queue
            )

    def call(
        self,
        event: str,
        *args: Any,
        namespace: str | None = None,
        to: Any = None,
        room: Any = None,
        timeout: float = 60,
        ignore_queue: bool = False,
    ) -> Any:
        """Send an event to one client and wait for its acknowledgement; in an `async def` handler, `await` it.

        Args:
            event, args, namespace, ignore_queue: as for `emit`.
            to: the client's sid.
            room: the same as `to`.
            timeout: how long to wait, in seconds.

        Returns:
            What the client acknowledged: None, its one argument, or a tuple of several.

        Raises:
            ValueError: no `to` is given.
            TimeoutError: no answer in time, or the client is gone.
        """
        target = room if to is None else to
        if target is None:
            raise ValueError("call() asks one client: say which one with to=")
        return self.running_server.call(
            event, _payload(args), namespace=namespace or "/", to=target, timeout=timeout, local=ignore_queue
        )

    def send(
        self,
        data: Any,
        json: bool = False,
        namespace: str | None = None,
        to: Any = None,
        callback: Callable[..., Any] | None = None,
        include_self: bool = True,
        skip_sid: str | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a `message` event, or a `json` event if `json` is true. See `emit` for the rest."""
        self.emit(
            "json" if json else "message",
            data,
            namespace=namespace,
            to=to,
            callback=callback,
            include_self=include_self,
            skip_sid=skip_sid if include_self else None,  # not both, as in Flask-SocketIO 5
            **kwargs,
        )

    def counters(self) -> dict[str, int]:
        """Numbers for a dashboard or an alarm: what has happened since the server began to run, and who is there.

        `connections` is how many clients are connected to this process now. The others only grow:
        `packets_received` and `packets_sent` count events, acknowledgements and heartbeats, those sent once for each
        client, so that the difference of two moments tells the load;
        `volatile_dropped` and `latest_replaced` count events that slow clients missed because the app allowed it,
        `oldest_dropped` events that a full outbox lost, `slow_disconnected` clients that were given up as too slow.
        """
        engine = self.running_server.engine
        return {"connections": len(engine.connections), **dataclasses.asdict(engine.counters)}

    def close_room(self, room: Any, namespace: str | None = None) -> None:
        """Take everybody out of a room."""
        self.running_server.close_room(namespace or "/", room)


def _payload(args: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(args) != 1:
        return args
    only = args[0]
    if only is None:
        return ()
    return only if isinstance(only, tuple) else args


def _check_expendable(volatile: bool, latest: str | None, callback: object) -> None:
    """Say which of the promises that were asked for exclude each other."""
    if volatile and latest is not None:
        raise ValueError("emit(volatile=True) keeps nothing for a slow client, emit(latest=...) the newest: say one")
    if latest is not None and not isinstance(latest, str):
        raise TypeError(f"emit(latest={latest!r}): what the event is the latest of is a string, 'EURUSD' say")
    if callback is not None:
        raise ValueError("emit(callback=...) waits for an answer, so it can be neither volatile nor latest")


def _target(to: Any) -> tuple[Any, ...] | None:
    if to is None:
        return None
    if isinstance(to, str):
        return (to,)
    return _names("to", to if isinstance(to, (list, tuple, set, frozenset)) else (to,))


def _names(argument: str, rooms: Iterable[Any]) -> tuple[Any, ...]:
    """Rooms, or sids, as they are now. Raises TypeError here and not later on the loop, where nobody would get it."""
    names = tuple(rooms)
    try:
        frozenset(names)
    except TypeError as problem:
        what = "the name of a room is what can be the key of a dict"
        raise TypeError(f"emit({argument}={rooms!r}): {problem}; {what}") from None
    return names
