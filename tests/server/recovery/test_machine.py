"""Any sequence of events, cuts, returns and pauses: a client that is told that it has recovered has missed nothing.

The server is real, on a clock that is turned by hand; the network between it and the phones is a list of messages for
each, which a cut loses. No handlers: what happens, happens at once.
"""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from flask_socketio import SocketIO
from flask_socketio.protocol.errors import ProtocolError
from flask_socketio.server.recovery.memory import MemoryRecovery
from flask_socketio.server.server import Server
from flask_socketio.transport.http import Request
from tests.memory import Link
from tests.transport.engine_driver import HANDSHAKE_HEADERS, HandClock

#: Seconds that a phone may be away, and events that are kept.
AWAY = 60.0
KEPT = 8

ROOMS = st.sampled_from(["x", "y"])


class LoopClock(HandClock):
    """The clock with what else a server wants of a loop, as long as nobody has handlers."""

    def call_soon_threadsafe(self, *callback: Any) -> None:
        self.call_soon(*callback)


class Phone:
    """A client that keeps what the official one does, and what it should have got."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.pid: str | None = None
        self.offset: str | None = None
        self.sid = ""
        self.rooms: set[str] = set()
        self.lives = 0
        self.got: list[int] = []
        self.due: list[int] = []
        self.ended = True

    def connect(self, clock: HandClock) -> None:
        """Come, or come back."""
        self.flight: list[str] = []
        self.ended = self.deaf = False
        heads = [(name.encode(), value.encode()) for name, value in HANDSHAKE_HEADERS.items()]
        query = b"EIO=4&transport=websocket"
        request = Request("GET", "/socket.io/", query, heads, "http", ("192.0.2.1", 5), ("localhost", 80))
        self.transport = self._server.engine.accept_websocket(request)
        self.transport.opened(Link(cast(Any, self)))
        claims = {} if self.pid is None else {"pid": self.pid, "offset": self.offset}
        self.transport.message(f"40{json.dumps(claims)}")
        clock.turn()
        self.deliver(2)

    def came(self, message: str | bytes) -> None:
        """The server has sent something."""
        assert isinstance(message, str)
        if not self.deaf:
            self.flight.append(message)

    def end(self, error: ProtocolError | None = None) -> None:
        """The server has ended the connection, or the network did."""
        if not self.ended:
            self.ended = True
            self.transport.closed(error)

    def deliver(self, count: int | None = None) -> None:
        """Some of what is on its way, or all, arrives."""
        arriving, self.flight = self.flight[:count], self.flight[count:] if count is not None else []
        for message in arriving:
            if message.startswith("40"):
                self._joined(json.loads(message[2:]))
            elif message.startswith("42"):
                event, *args, self.offset = json.loads(message[2:])
                if event == "n":
                    self.got.append(args[0])
            elif message == "2" and not self.ended:
                self.transport.message("3")

    def _joined(self, told: dict[str, str]) -> None:
        if told["pid"] != self.pid:
            self.lives += 1
            self.rooms, self.got, self.due = set(), [], []
        self.pid, self.sid = told["pid"], told["sid"]


class Network(RuleBasedStateMachine):
    """Phones that are on, or off."""

    on = Bundle("on")
    off = Bundle("off")

    def __init__(self) -> None:
        super().__init__()
        app = Flask("app")
        app.secret_key = "secret"
        recovery = {"max_disconnection_duration": AWAY, "max_messages": KEPT}
        self.server = SocketIO(app, recovery=recovery).running_server
        self.clock = LoopClock()
        self.server.start(cast(Any, self.clock))
        self.phones: list[Phone] = []
        self.count = 0

    def teardown(self) -> None:
        """When all have gone for good, nothing is kept of them."""
        for phone in self.phones:
            phone.end()
        self.clock.advance(3 * AWAY)
        recovery = self.server._recovery
        assert isinstance(recovery, MemoryRecovery)
        kept = (recovery._away, recovery._sids, recovery._until_expired, recovery._until_impatient)
        assert [len(each) for each in kept] == [0, 0, 0, 0]
        assert not self.server.engine.connections and not self.server.sockets()
        assert not recovery.namespaces._rooms

    @precondition(lambda self: len(self.phones) < 3)
    @rule(target=on)
    def come(self) -> Phone:
        phone = Phone(self.server)
        self.phones.append(phone)
        phone.connect(self.clock)
        return phone

    @rule(phone=on, room=ROOMS)
    def join(self, phone: Phone, room: str) -> None:
        if not phone.ended:
            self.server.join(phone.sid, "/", room)
            phone.rooms.add(room)

    @rule(phone=on, room=ROOMS)
    def leave(self, phone: Phone, room: str) -> None:
        if not phone.ended:
            self.server.leave(phone.sid, "/", room)
            phone.rooms.discard(room)

    @rule(room=ROOMS)
    def close(self, room: str) -> None:
        self.server.close_room("/", room)
        for phone in self.phones:
            phone.rooms.discard(room)

    @rule(room=ROOMS | st.none())
    def emit(self, room: str | None) -> None:
        self.count += 1
        self.server.emit("n", (self.count,), namespace="/", to=None if room is None else [room])
        self.clock.turn()
        for phone in self.phones:
            if room is None or room in phone.rooms:
                phone.due.append(self.count)

    @rule(latest=st.sampled_from(["key", None]))
    def offer(self, latest: str | None) -> None:
        self.server.emit("price", (), namespace="/", volatile=latest is None, latest=latest)
        self.clock.turn()

    @rule(phone=on, count=st.integers(1, 3))
    def deliver(self, phone: Phone, count: int) -> None:
        phone.deliver(count)

    @rule(target=off, phone=consumes(on), noticed=st.booleans())
    def cut(self, phone: Phone, noticed: bool) -> Phone:
        """What is on its way is lost; the server notices at once, or when the phone has not answered for long."""
        phone.flight, phone.deaf = [], True
        if noticed:
            phone.end()
        return phone

    @rule(target=on, phone=consumes(off))
    def come_back(self, phone: Phone) -> Phone:
        phone.connect(self.clock)
        return phone

    @rule(seconds=st.sampled_from([1, 10, 20, 59, 70]))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            for phone in self.phones:
                if not phone.deaf:
                    phone.deliver()

    @invariant()
    def nobody_has_missed_anything(self) -> None:
        for phone in self.phones:
            assert phone.got == phone.due[: len(phone.got)]
            if not phone.deaf and not phone.ended:
                numbers = [json.loads(each[2:])[1] for each in phone.flight if each.startswith('42["n"')]
                assert phone.got + numbers == phone.due


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def network() -> tuple[Network, Phone]:
    network = Network()
    phone = network.come()
    assert isinstance(phone, Phone) and phone.lives == 1
    return network, phone


@pytest.mark.parametrize(("events", "seconds", "lives"), [(KEPT, 59, 1), (KEPT + 1, 1, 2), (0, 61, 2)])
def test_who_can_recover_does(events: int, seconds: int, lives: int) -> None:
    """The machine above would be content with a server that never recovers anybody."""
    machine, phone = network()
    machine.cut(phone, noticed=True)
    for _ in range(events):
        machine.emit(None)
    machine.clock.advance(seconds)
    machine.come_back(phone)
    assert phone.lives == lives
    machine.nobody_has_missed_anything()
    machine.teardown()


def test_nobody_waits_any_more_for_who_is_back() -> None:
    machine, phone = network()
    machine.cut(phone, noticed=True)
    machine.come_back(phone)
    assert phone.lives == 1
    machine.wait(70)
    machine.emit(None)
    machine.nobody_has_missed_anything()
    machine.teardown()
