"""A server that is one of several: what it does for its own clients, it has the others do for theirs.

Everything that a `Server` is asked to do, this one does here and tells its peers, through an adapter that `cluster/`
provides. What concerns one client goes to one place: here if the client is ours, else to the peers, each of which knows
whether it is theirs. Nobody keeps a list of all clients, so whether a client exists at all is not known either: what is
asked for one that nobody has is lost without an error.

Answers. An event that wants one travels with an `AckAddress`; whoever has the client sends the answer there. Peers do
not say how many clients they have, so nobody can tell how many answers will come: of those from elsewhere, the first is
taken. That is all there is to want for events to one client, which most of these are.

In a process where no server runs (a script, a Celery worker, a shell) there are no own clients and no loop. There the
same methods tell the peers at once and wait until the bus has it, a bounded time; what would need an answer is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import msgspec

from ..cluster.adapter import Adapter
from ..cluster.messages import (
    Ack,
    AckAddress,
    CloseRoom,
    Disconnect,
    Emit,
    EnterRoom,
    LeaveRoom,
    Message,
)
from ..hub.acks import AckCallback, PendingAcks, Reply, Unanswered
from ..hub.rooms import Room
from .server import Server, Target
from .socket import Socket
from .threads import PendingAnswer

#: The most answers from other processes that are waited for; past it, the oldest is given up.
MAX_PENDING = 10_000


class ClusteredServer(Server):
    """See `Server`, whose methods these are.

    Args:
        adapter: the way to the peers.
        *parts: those of `Server`.

    Those methods that tell the peers raise MessageQueueError where no server runs and the bus cannot be reached, and
    TypeError or ValueError for what cannot be sent over it.
    """

    def __init__(self, adapter: Adapter, *parts: Any) -> None:
        super().__init__(*parts)
        self._adapter = adapter
        self._answers = PendingAcks(MAX_PENDING, Unanswered.TOO_MANY_ELSEWHERE)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """See `Server`."""
        super().start(loop)
        self._adapter.start(loop, self._received)

    async def stop(self, timeout: float) -> None:
        """See `Server`; what disconnect handlers emit still reaches the peers."""
        await super().stop(timeout)
        await self._adapter.stop(timeout)

    # To our clients and the peers'

    def emit(
        self,
        event: str,
        args: tuple[Any, ...],
        *,
        namespace: str,
        to: Target = None,
        skip: Collection[str] = (),
        volatile: bool = False,
        latest: str | None = None,
        local: bool = False,
    ) -> None:
        """See `Server`."""
        emit = Emit(event, args, namespace, to, skip, volatile=volatile, latest=latest)
        body = None if local else self._adapter.encode(emit)
        self._emit_here(emit)
        if body is not None:
            self.post(self._publish_emit, body, namespace, to, size=len(body))

    def _emit_here(self, emit: Emit) -> None:
        super().emit(
            emit.event,
            emit.args,
            namespace=emit.namespace,
            to=emit.to,
            skip=emit.skip,
            volatile=emit.volatile,
            latest=emit.latest,
        )

    def emit_with_ack(
        self,
        event: str,
        args: tuple[Any, ...],
        callback: Callable[..., Any],
        *,
        namespace: str,
        to: Target = None,
        skip: Collection[str] = (),
        emitter: Socket | None = None,
        local: bool = False,
    ) -> None:
        """See `Server`; ValueError without `to`, RuntimeError where no server runs."""
        if local:
            super().emit_with_ack(event, args, callback, namespace=namespace, to=to, skip=skip, emitter=emitter)
            return
        if to is None:
            raise ValueError("with a message queue, emit(callback=...) needs to=: whose answer is meant?")
        ask_peers = self._question(Emit(event, args, namespace, to, skip), self.answerer(callback, emitter))
        super().emit_with_ack(event, args, callback, namespace=namespace, to=to, skip=skip, emitter=emitter)
        ask_peers()

    def call(
        self, event: str, args: tuple[Any, ...], *, namespace: str, to: Room, timeout: float, local: bool = False
    ) -> Any:
        """See `Server`; RuntimeError where no server runs."""
        if local or self.ask(self._targets, namespace, [to], ()):
            return super().call(event, args, namespace=namespace, to=to, timeout=timeout)
        given_up = partial(self.post, self._answers.discard)
        answer: PendingAnswer[Reply] = PendingAnswer(f"no acknowledgement of {event!r}", given_up)
        self._question(Emit(event, args, namespace, [to]), answer.give)()
        return self.outcome(event, answer, timeout)

    def _question(self, emit: Emit, callback: AckCallback) -> Callable[[], None]:
        """What asks the peers' clients; made before anything is sent, since it raises if that cannot be."""
        if not self.running:
            raise RuntimeError(
                "callback= and call() work where a server runs: no answer could reach this process. Emit without one, "
                "and let a handler of the server do what the answer is for."
            )
        target = list(emit.to or ())
        ack_id = self._answers.new_id()
        address = AckAddress(self._adapter.host, target[0] if len(target) == 1 else target, emit.namespace, ack_id)
        body = self._adapter.encode(msgspec.structs.replace(emit, ack=address))

        def ask() -> None:
            if not self._is_for_one_of_ours(emit.namespace, emit.to):
                self._answers.add(callback, ack_id)
                self._to_peers(body)

        return partial(self.post, ask, size=len(body))

    def _publish_emit(self, body: bytes, namespace: str, to: Target) -> None:
        if not self._is_for_one_of_ours(namespace, to):
            self._to_peers(body)

    def _is_for_one_of_ours(self, namespace: str, to: Target) -> bool:
        """Whether an event is for one client, and that is here: most answers of handlers are, and spare the bus."""
        return to is not None and len(to) == 1 and self._is_ours(next(iter(to)), namespace)

    def _is_ours(self, sid: Room, namespace: str) -> bool:
        return isinstance(sid, str) and self._namespaces.rooms(namespace).knows(sid)

    # To one client, wherever it is

    def join(self, sid: str, namespace: str, room: Room) -> None:
        """See `Server`; a client that is not ours is put into the room soon, if it exists."""
        if not self._done_here(sid, namespace, partial(super().join, sid, namespace, room)):
            self._tell(EnterRoom(sid, namespace, room))

    def leave(self, sid: str, namespace: str, room: Room) -> None:
        """See `Server`; a client that is not ours is taken out of the room soon."""
        if not self._done_here(sid, namespace, partial(super().leave, sid, namespace, room)):
            self._tell(LeaveRoom(sid, namespace, room))

    def disconnect(self, sid: str, namespace: str) -> None:
        """See `Server`; a client that is not ours is taken out of the namespace soon."""
        if self.ask(self._is_ours, sid, namespace):
            super().disconnect(sid, namespace)
        else:
            self._tell(Disconnect(sid, namespace))

    def close_room(self, namespace: str, room: Room) -> None:
        """See `Server`; the peers' clients are taken out soon."""
        body = self._adapter.encode(CloseRoom(namespace, room))
        super().close_room(namespace, room)
        self.post(self._to_peers, body, size=len(body))

    def _done_here(self, sid: str, namespace: str, action: Callable[[], object]) -> bool:
        """Do something to a client if it is ours; whether it was."""

        def try_it() -> bool:
            ours = self._is_ours(sid, namespace)
            if ours:
                action()
            return ours

        return self.ask(try_it)

    # The peers

    def _tell(self, message: Message) -> None:
        body = self._adapter.encode(message)
        self.post(self._to_peers, body, size=len(body))

    def _to_peers(self, body: bytes) -> None:
        if self.running:
            self._adapter.publish(body)
        else:
            self._adapter.publish_now(body)

    def _received(self, message: Message) -> None:
        """Do what a peer wants done, as far as it concerns clients of ours."""
        match message:
            case Emit():
                self._emit_for_peer(message)
            case Ack(address, args):
                callback = self._answers.pop(address.id) if isinstance(address.id, int) else None
                if callback is not None:
                    callback(list(args))
            case CloseRoom(namespace, room):
                super().close_room(namespace, room)
            case Disconnect(sid, namespace) if self._is_ours(sid, namespace):
                super().disconnect(sid, namespace)
            case EnterRoom(sid, namespace, room) if self._is_ours(sid, namespace):
                super().join(sid, namespace, room)
            case LeaveRoom(sid, namespace, room) if self._is_ours(sid, namespace):
                super().leave(sid, namespace, room)

    def _emit_for_peer(self, emit: Emit) -> None:
        if not self._namespaces.rooms(emit.namespace).concerns(emit.to, emit.skip):
            return  # nobody here: not worth encoding
        if emit.ack is None:
            self._emit_here(emit)
        else:
            answered = partial(self._acknowledge_peer, emit.ack)
            super().emit_with_ack(emit.event, emit.args, answered, namespace=emit.namespace, to=emit.to, skip=emit.skip)

    def _acknowledge_peer(self, address: AckAddress, *args: Any) -> None:
        self._tell(Ack(address, args))
