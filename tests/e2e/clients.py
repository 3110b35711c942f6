"""Official JavaScript clients, in a Node process, as objects to write tests with.

Commands go down to tests/js/clients.mjs, what happens comes back, one line of JSON for each. A client's happenings are
kept in their order until a test asks for them, so a test that expects one thing after the other has also shown that
nothing else happened in between. Nothing here sleeps or polls: whatever is waited for arrives on a queue.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

SCRIPT: Final = Path(__file__).parents[1] / "js" / "clients.mjs"

#: Seconds after which a test that waits for something gives up.
PATIENCE: Final = 20.0


def _write(value: object) -> object:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$date": value.timestamp() * 1000}
    raise TypeError(f"no way to say {value!r} to Node")


def _read(value: dict[str, Any]) -> Any:
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$date" in value:
        return datetime.fromtimestamp(value["$date"] / 1000, timezone.utc)
    return float(value["$number"]) if "$number" in value else value


class Node:
    """One Node process; `connect` makes clients in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "--no-warnings", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._numbers = count()
        self._clients: dict[int, Client] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def connect(self, url: str, namespace: str, auth: Any, **options: Any) -> Client:
        """A client with a connection of its own; the options are those of `io()` in JavaScript."""
        client = self._add()
        client.transports = options["transports"]
        client.command("connect", url, namespace, {"auth": auth, **options})
        return client

    def join(self, other: Client, namespace: str, auth: Any) -> Client:
        """A client on the connection of another one."""
        client = self._add()
        client.command("join", other.number, namespace, auth)
        return client

    def freeze(self) -> None:
        """Let the process stand still, as a laptop does when its lid is closed."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the process without giving it the time to say a word."""
        self._process.kill()

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()

    def _add(self) -> Client:
        client = Client(self, next(self._numbers))
        self._clients[client.number] = client
        return client

    def write(self, *line: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line, default=_write) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            for line in self._process.stdout:
                if not line.endswith("\n"):
                    break  # the process was ended in the middle of it
                number, *happening = json.loads(line, object_hook=_read)
                self._clients[number].happened(*happening)


class Event(NamedTuple):
    """An event of the server, as it arrived."""

    args: list[Any]
    acknowledge: Callable[..., None]


class Client:
    """One Socket.IO client: a socket in one namespace.

    Attributes:
        sid: its id, from the last `expect_connect` on.
        recovered: whether it was a client that had lost its connection, and has got back all it missed.
        transports: what it may use, where it has a connection of its own.
    """

    sid: str
    recovered: bool
    transports: list[str]

    def __init__(self, node: Node, number: int) -> None:
        self.number = number
        self._node = node
        self._happenings: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        self._questions = count()
        self._answers: dict[int, Future[list[Any]]] = {}

    # What the client does

    def emit(self, event: str, *args: Any) -> None:
        self.command("emit", event, args)

    def ask(self, event: str, *args: Any) -> list[Any]:
        """Emit an event and wait for its acknowledgement: the arguments of that."""
        return self.question("ask", event, args).result(PATIENCE)

    def join(self, namespace: str, auth: Any = None) -> Client:
        """Another client, for another namespace on the same connection."""
        return self._node.join(self, namespace, auth)

    def disconnect(self) -> None:
        self.command("disconnect")

    def reconnect(self, auth: Any = None) -> None:
        """Connect by hand, after the server has refused or disconnected the client."""
        self.command("reconnect", auth)

    def close(self) -> None:
        """Close the Engine.IO connection, with all the namespaces on it."""
        self.command("close")

    def raw(self, packet: str) -> None:
        """Send a message as it is written here, as no official client would."""
        self.command("raw", packet)

    def wait_for_transport(self) -> None:
        """Return when the client has gone over to the last of its transports."""
        self.question("transport", self.transports[-1]).result(PATIENCE)

    def wait_for_heartbeats(self, count: int) -> None:
        self.question("heartbeats", count).result(PATIENCE)

    def wait_for_close(self) -> None:
        """Return when the connection is closed, which is no event for a client that is in no namespace."""
        self.question("closed").result(PATIENCE)

    def forget(self) -> None:
        """Leave, and hear nothing more."""
        self.command("forget")

    # What happens to the client, one after the other

    def expect_connect(self) -> Client:
        self.sid, self.recovered = self.expect("connect")
        return self

    def expect_reconnect(self) -> None:
        """The client connects again, after any number of attempts in vain."""
        while (happened := self._happenings.get(timeout=PATIENCE))[0] == "connect_error":
            pass
        assert happened[0] == "connect", f"got {happened}, expected that the client connects"
        self.sid, self.recovered = happened[1:]

    def expect_refusal(self, message: str, data: Any = None) -> None:
        self.expect("connect_error", message, data)

    def expect_disconnect(self, reason: str) -> None:
        self.expect("disconnect", reason)

    def expect_event(self, event: str, *args: Any) -> Event:
        """The event that comes next, which has to be this one, with these arguments."""
        received, acknowledge = self.next_event(event)
        assert received == list(args), f"got {event!r} with {received}, expected {list(args)}"
        return Event(received, acknowledge)

    def next_event(self, event: str) -> Event:
        """The event that comes next, which has to be this one, with whatever arguments."""
        _, args, number = self.expect("event", event)

        def acknowledge(*answer: Any) -> None:
            self.command("acknowledge", number, answer)

        return Event(args, acknowledge)

    def expect(self, *happening: Any) -> list[Any]:
        """What happens next, which has to begin like this; returns all that follows its kind."""
        happened = self._happenings.get(timeout=PATIENCE)
        assert happened[: len(happening)] == list(happening), f"got {happened}, expected {list(happening)}"
        return happened[1:]

    def expect_silence(self) -> None:
        """All that the server had for this client so far has been expected already; the app has a `fence` event."""
        self.ask("fence")
        assert self._happenings.empty(), self._happenings.get()

    # The line to Node

    def command(self, command: str, *args: Any) -> None:
        self._node.write(self.number, command, *args)

    def question(self, command: str, *args: Any) -> Future[list[Any]]:
        """Give a command that is answered."""
        number = next(self._questions)
        answer = self._answers[number] = Future()
        self.command(command, number, *args)
        return answer

    def happened(self, kind: str, *details: Any) -> None:
        """Called for every line from Node."""
        if kind == "answer":
            self._answers.pop(details[0]).set_result(details[1])
        else:
            self._happenings.put([kind, *details])
