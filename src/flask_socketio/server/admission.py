"""What is asked of an event before it is handled: is it within the limits, and is it new?"""

from __future__ import annotations

import logging
from typing import Protocol

from ..protocol.engineio import EncodedPacket
from ..protocol.errors import excerpt
from ..transport.complaints import Complaints
from .errors import INTERNAL_ERROR, EventError
from .jobs import EventJob
from .limits import Gate
from .once import BAD_ID, AnsweredEvents, Asker, FindId, OnceJob, is_usable

logger = logging.getLogger("flask_socketio")


class Sender(Asker, Protocol):
    """The client in a namespace that has sent an event (`socket.Socket`)."""

    sid: str
    namespace: str

    @property
    def gate(self) -> Gate | None:
        """The limits of its connection, if it has any yet."""

    def make_gate(self) -> Gate:
        """Give its connection limits."""

    @property
    def memory(self) -> AnsweredEvents:
        """The events that are handled once."""

    @property
    def complaints(self) -> Complaints:
        """What was said of whom in the log of late."""

    def tell(self, packet: EncodedPacket) -> None:
        """Send it a packet; on the loop."""


def admit(socket: Sender, job: EventJob, event: str) -> EventJob | None:
    """The job to run for an event; None if there is none, and the client has been answered or will be."""
    rules = job.handler.rules
    rate = None if rules is None else rules.rate
    gate = socket.make_gate() if socket.gate is None and rate is not None else socket.gate
    if gate is not None:
        problem = gate.problem(socket.sid, socket.namespace, event, rate, job.handler.identity or job.handler)
        if problem is not None:
            _reject(socket, job, problem, quietly=gate.told)
            return None
    return job if rules is None or rules.find_id is None else _once(socket, job, event, rules.find_id)


def _once(socket: Sender, job: EventJob, event: str, find_id: FindId) -> EventJob | None:
    try:
        id = find_id(*(job.args[1:] if job.handler.takes_event else job.args))
    except Exception:
        where = excerpt(socket.namespace)
        logger.exception("the id of %s in %s cannot be told (once=)", excerpt(event), where)
        _reject(socket, job, INTERNAL_ERROR)
        return None
    if id is None:
        return job
    if not is_usable(id):
        if socket.complaints.due("once", socket.sid):
            where = excerpt(socket.namespace)
            logger.warning("client %s: %s is no id of %s in %s (once=)", socket.sid, excerpt(id), excerpt(event), where)
        _reject(socket, job, BAD_ID)
        return None
    key = (event, id)
    if socket.memory.repeated(key, socket, job.ack_id):
        return None
    return OnceJob(job, socket.memory, key)


def _reject(socket: Sender, job: EventJob, problem: EventError, *, quietly: bool = False) -> None:
    if job.ack_id is not None or not quietly:
        job.result = problem
        packet = job.answer()
        if packet is not None:
            socket.tell(packet)
