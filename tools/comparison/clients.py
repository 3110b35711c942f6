"""Clients that speak packets, and write down what they said and heard."""

from __future__ import annotations

import json
from typing import Any, Protocol

from tools.comparison.wire import WebSocket, request

#: How a transcript shows that nothing came although something was waited for, and the end of a connection.
NOTHING, END = "(nothing)", "(the connection ends)"

#: The event that `rest` sends, and the id it wants the answer to have.
FENCE, FENCE_ID = "fence", 999


class Scene(Protocol):
    """The world, as a client needs it."""

    port: int
    patience: float

    def write(self, line: str) -> None:
        """Add a line to the transcript."""

    def learn(self, kind: str, sid: str) -> None:
        """Let a session id have a name in the transcript."""

    def fence(self, namespace: str) -> int:
        """Let the server answer FENCE in a namespace; how many of its answers show that all else has come."""


class Client:
    """A client on a WebSocket. Its handshake is not written down.

    Args:
        scene: where it lives.
        label: what its lines in the transcript begin with, where there are several clients.
        query, headers: added to its handshake.

    Attributes:
        open: what it was told in its handshake.
        sids: its session ids by namespace.
        ended: whether it has heard that the connection is over.
    """

    def __init__(self, scene: Scene, label: str = "", query: str = "", headers: dict[str, str] | None = None) -> None:
        self._scene = scene
        self._label = label and f"{label} "
        self._websocket = WebSocket(scene.port, f"/socket.io/?EIO=4&transport=websocket{query}", headers)
        self._last_id = 0
        self.open: dict[str, Any] = json.loads(str(self._websocket.receive(scene.patience))[1:])
        self.sids: dict[str, str] = {}
        self.ended = False
        scene.learn("connection", self.open["sid"])

    # Packets as they are

    def send(self, *packets: str | bytes) -> Client:
        """Send packets."""
        for packet in packets:
            self._write(">", show(packet))
            self._websocket.send(packet)
        return self

    def take(self, count: int = 1) -> Client:
        """Receive packets; whatever does not come in time is written down as nothing."""
        for _ in range(count):
            try:
                packet = self._receive()
            except TimeoutError:
                self._write("<", NOTHING)
                return self
            self._heard(packet)
            if self.ended:
                break
        return self

    def rest(self, namespace: str = "/") -> Client:
        """Receive all that the server sends before it answers one more event, which is not written down."""
        prefix = "" if namespace == "/" else f"{namespace},"
        for _ in range(self._scene.fence(namespace)):
            try:
                self._websocket.send(f'42{prefix}{FENCE_ID}["{FENCE}"]')
                while not self.ended and (packet := self._receive()) != f"43{prefix}{FENCE_ID}[]":
                    self._heard(packet)
            except TimeoutError:
                self._write("<", NOTHING)
            except ConnectionError:
                self._heard(None)
            if self.ended:
                break
        return self

    def still(self) -> Client:
        """As `rest` for a client in no namespace: until it is let into one more, which is not written down."""
        self._last_id += 1
        namespace = f"/{FENCE}-{self._last_id}"
        self._scene.fence(namespace)
        self._websocket.send(f"40{namespace},")
        while not self.ended and not str(packet := self._receive()).startswith(f"40{namespace},"):
            self._heard(packet)
        return self

    def _receive(self) -> str | bytes | None:
        packet = self._websocket.receive(self._scene.patience)
        if isinstance(packet, str) and packet.startswith("40") and '{"sid":"' in packet:
            namespace, _, data = packet[2:].rpartition("{")
            self.sids[namespace.rstrip(",") or "/"] = sid = json.loads("{" + data)["sid"]
            self._scene.learn("client", sid)
        return packet

    def _heard(self, packet: str | bytes | None) -> None:
        self.ended = packet is None
        self._write("<", END if packet is None else show(packet))

    def _write(self, direction: str, what: str) -> None:
        self._scene.write(f"{self._label}{direction} {what}")

    # What clients do with them

    def join(self, namespace: str = "/", auth: Any = None) -> Client:
        """Ask to be let into a namespace, and take the answer."""
        return self.send(_packet("40", namespace, auth)).take()

    def joined(self, namespace: str = "/", auth: Any = None) -> Client:
        """As `join`, for observations of something else: nothing is written down."""
        self._websocket.send(_packet("40", namespace, auth))
        while not str(packet := self._receive()).startswith("40"):
            assert packet is not None, f"not let into {namespace}"
        return self

    @property
    def sid(self) -> str:
        """The session id in the main namespace."""
        return self.sids["/"]

    def emit(self, event: str, *args: Any, namespace: str = "/") -> Client:
        """Send an event."""
        return self.send(_packet("42", namespace, [event, *args]))

    def ask(self, event: str, *args: Any, namespace: str = "/") -> Client:
        """Send an event that wants an acknowledgement, and take one packet."""
        self._last_id += 1
        return self.send(_packet("42", namespace, [event, *args], self._last_id)).take()

    def close(self) -> None:
        """Close the connection in good order."""
        self._websocket.close()

    def drop(self) -> None:
        """Let the connection break."""
        self._websocket.drop()


class Poller:
    """A client that polls. Its handshake is not written down."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._path = "/socket.io/?EIO=4&transport=polling"
        self.open: dict[str, Any] = json.loads(request(scene.port, "GET", self._path).text[1:])
        self._path += f"&sid={self.open['sid']}"
        scene.learn("connection", self.open["sid"])

    def post(self, payload: str | bytes) -> Poller:
        """Send packets."""
        return self._ask("POST", payload)

    def poll(self) -> Poller:
        """Fetch packets, which the server sends as soon as there are any."""
        return self._ask("GET")

    def _ask(self, method: str, payload: str | bytes = "") -> Poller:
        self._scene.write(f"> {method} {show(payload)}".rstrip())
        body = payload.encode() if isinstance(payload, str) else payload
        try:
            answer = request(self._scene.port, method, self._path, body, patience=self._scene.patience)
        except TimeoutError:
            self._scene.write(f"< {NOTHING}")
            return self
        for packet in answer.text.split("\x1e"):
            if packet.startswith('40{"sid"'):
                self._scene.learn("client", json.loads(packet[2:])["sid"])
        # The one says OK and the other ok; there is an observation of that.
        text = "ok" if method == "POST" and answer.status == 200 else show(answer.text)
        self._scene.write(f"< {answer.status} {text}")
        return self


def _packet(kind: str, namespace: str, data: Any, ack_id: int | str = "") -> str:
    body = "" if data is None else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    prefix = "" if namespace == "/" else f"{namespace},"
    return f"{kind}{prefix}{ack_id}{body}"


def show(packet: str | bytes) -> str:
    """A packet as a transcript has it; the record separator of payloads is shown as a bar."""
    if isinstance(packet, bytes):
        return f"<{packet.hex(' ')}>"
    text = packet if len(packet) <= 400 else f"{packet[:60]}... ({len(packet)} characters)"
    return text.replace("\x1e", "|").encode("utf-8", "backslashreplace").decode()
