"""The two apps that the official protocol suites are run against, with a taste of what the suites do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.programs import Program


class Polling:
    """A session of one of the apps, by long-polling."""

    def __init__(self, program: Program, path: str) -> None:
        self._program = program
        self._target = f"{path}?EIO=4&transport=polling"
        self.handshake = json.loads(program.ask(self._target).body[1:])
        self._target += f"&sid={self.handshake['sid']}"

    def send(self, *packets: str) -> None:
        answer = self._program.ask(self._target, "POST", "\x1e".join(packets).encode())
        assert (answer.status, answer.body) == (200, "ok")

    def receive(self, count: int) -> list[str]:
        """The next packets; PINGs are answered on the way."""
        received: list[str] = []
        while len(received) < count:
            for packet in self._program.ask(self._target).body.split("\x1e"):
                if packet == "2":
                    self.send("3")
                else:
                    received.append(packet)
        return received


@contextmanager
def session(app: str, path: str) -> Iterator[Polling]:
    program = Program(f"tests/apps/{app}.py", "--port", "0")
    program.start()
    try:
        yield Polling(program, path)
    finally:
        program.stop()


TIMING = {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


def test_engineio_echo() -> None:
    with session("engineio_echo", "/engine.io/") as polling:
        assert {**polling.handshake, **TIMING} == polling.handshake
        polling.send("4hello", "bAQIDBA==")
        assert polling.receive(2) == ["4hello", "bAQIDBA=="]


def test_socketio_protocol() -> None:
    with session("socketio_protocol", "/socket.io/") as polling:
        assert {**polling.handshake, **TIMING} == polling.handshake
        polling.send("40/custom,", '40{"token":"123"}')
        packets = polling.receive(4)
        assert sorted(packets)[2:] == ['42/custom,["auth",{}]', '42["auth",{"token":"123"}]']
        polling.send('42["message",1,"2"]', '421["message-with-ack",{"3":[true]}]')
        assert polling.receive(2) == ['42["message-back",1,"2"]', '431[{"3":[true]}]']
