"""One connection, whatever happens to it in whatever order: what is written, what is told, how it ends."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flask_socketio.protocol.engineio import CLOSE, PONG, message
from flask_socketio.transport.conflation import _HOLE
from flask_socketio.transport.connection import FLUSH_PACKETS, Connection, State
from flask_socketio.transport.reasons import Reason
from tests.transport.paper import PaperEngine, PaperTransport

REASONS = st.sampled_from([Reason.TRANSPORT_CLOSE, Reason.TRANSPORT_ERROR, Reason.PING_TIMEOUT])
LIFE = list(State)


class Life(RuleBasedStateMachine):
    """Packets are numbers, sent as `n1` or offered as `v2` (may be missed) and `ka3` (the newest under the key a)."""

    @initialize(drops_oldest=st.booleans())
    def begin(self, drops_oldest: bool) -> None:
        self.engine = PaperEngine(drops_oldest=drops_oldest)
        self.engine.max_outbox_packets = FLUSH_PACKETS
        self.connection = self.engine.connection
        self.transports = [self.engine.transport]
        self.count = 0
        self.sent: list[str] = []
        self.newest: dict[str, str] = {}
        self.before = State.OPEN

    def _next(self, kind: str) -> str:
        self.count += 1
        name = f"{kind}{self.count}"
        if self.connection.state is State.OPEN:
            self.sent.append(name)
        return name

    @property
    def written(self) -> list[str]:
        """All that went out, over whatever transport, and what each was given as it was closed."""
        payloads = [payload for transport in self.transports for payload in self._payloads(transport)]
        return [packet.decode()[1:] for payload in payloads for packet in payload.split(b"\x1e") if packet]

    @staticmethod
    def _payloads(transport: PaperTransport) -> list[bytes]:
        return transport.written if transport.ended is None else [*transport.written, transport.ended[1]]

    # Packets out

    @rule(count=st.sampled_from([1, FLUSH_PACKETS + 10]))
    def send(self, count: int) -> None:
        for _ in range(count):
            self.connection.send(message(self._next("n")))

    @rule()
    def offer_volatile(self) -> None:
        self.connection.offer(message(self._next("v")), None)

    @rule(key=st.sampled_from("ab"))
    def offer_latest(self, key: str) -> None:
        packet = self.newest[key] = self._next(f"k{key}")
        self.connection.offer(message(packet), key)

    @rule()
    def turn(self) -> None:
        self.engine.turn()

    @rule()
    def block(self) -> None:
        self.connection.transport.writable = False  # type: ignore[misc]

    @rule()
    def unblock(self) -> None:
        if self.transports[-1].ended is None:
            self.connection.transport.writable = True  # type: ignore[misc]
            self.connection.flush()

    # Upgrades

    @precondition(lambda self: self.connection.state is State.OPEN and self.connection.upgrading is None)
    @rule()
    def probe(self) -> None:
        self.connection.upgrading = PaperTransport()

    @precondition(lambda self: self.connection.state is State.OPEN and self.connection.upgrading is not None)
    @rule(works=st.booleans())
    def finish_probe(self, works: bool) -> None:
        transport = self.connection.upgrading
        assert isinstance(transport, PaperTransport)
        if works:
            self.transports.append(transport)
            self.connection.upgrade(transport)
        else:
            self.connection.upgrading = None

    # Packets in

    @rule(packet=st.sampled_from([PONG, "4hello", b"data"]))
    def receive(self, packet: str | bytes) -> None:
        before = len(self.engine.messages)
        state = self.connection.state
        self.connection.receive(packet)
        assert len(self.engine.messages) - before == (state is State.OPEN and packet != PONG)

    @rule()
    def pause(self) -> None:
        transport, answered = self.transports[-1], self.engine.told.count("answered")
        before = transport.reading
        self.connection.pause_reading()
        is_open = self.connection.state is State.OPEN
        assert transport.reading == (before and not is_open)
        assert self.engine.told.count("answered") == answered + is_open, "no heartbeat goes on after the end"

    @rule()
    def resume(self) -> None:
        self.connection.resume_reading()
        assert all(transport.reading for transport in self.transports)

    # The end

    @rule(way=st.sampled_from(["4forbidden", "9", CLOSE, Connection.close, Connection.lost]), reason=REASONS)
    def end(self, way: str | Callable[[Connection, Reason], None], reason: Reason) -> None:
        state = self.connection.state
        if callable(way):
            way(self.connection, reason)
            assert self.connection.state is not State.OPEN
        else:
            self.connection.receive(way)
            assert self.connection.state is (State.CLOSED if state is State.OPEN else state)

    # What always holds

    @invariant()
    def nothing_is_out_of_order_or_written_twice(self) -> None:
        numbers = [int(name.lstrip("nvkab")) for name in self.written]
        assert numbers == sorted(set(numbers))

    @invariant()
    def what_was_sent_is_written_without_a_gap(self) -> None:
        if not self.engine.counters.oldest_dropped:
            sent = [name for name in self.sent if name[0] == "n"]
            written = [name for name in self.written if name[0] == "n"]
            assert written == sent[: len(written)]
            if self.connection.state is State.OPEN and not self.connection.has_packets:
                assert written == sent

    @invariant()
    def the_newest_under_a_key_is_written_in_the_end(self) -> None:
        if self.engine.counters.oldest_dropped:
            return  # a full outbox drops what has waited longest, whatever it is
        if self.connection.state is State.OPEN and not self.connection.has_packets:
            assert set(self.newest.values()) <= set(self.written)

    @invariant()
    def the_outbox_is_bounded(self) -> None:
        waiting = self.connection._outbox
        assert sum(packet is not _HOLE for packet in waiting) <= max(self.engine.max_outbox_packets, FLUSH_PACKETS) + 1
        assert self.connection._outbox_size == sum(packet.size for packet in waiting)

    @invariant()
    def an_end_is_told_once_and_in_order(self) -> None:
        told = [each for each in self.engine.told if each not in ("answered", "leaving")]
        state = self.connection.state
        reasons = [each for each in told if each.startswith("reason")]
        assert told.count("closing") == len(reasons) == (state in (State.CLOSING, State.CLOSED))
        assert told[:1] in ([], ["closing"]) and ("closed" in told) == (state is State.CLOSED)
        assert (self.transports[-1].ended is not None) == bool(reasons)
        assert LIFE.index(state) >= LIFE.index(self.before)
        self.before = state


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
