"""One client of the exchange, without a browser: it holds a book, checks it at each change, and orders now and then.

Some of what comes it drops on purpose, as a bad network might: each such gap has to be noticed. And some orders it
sends twice, as a client does that has heard no answer: both have to get the same one.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

PATIENCE = 30.0  # seconds
DROPPED = 0.005  # of the changes of a book
REPEATED = 0.1  # of the orders
WAITING = 0.7  # of them are limit orders, the others market orders
SIDES = ("buy", "sell")


@dataclass
class Tally:
    """What all clients have seen together. `answers` has the last answer to each order: account, key, answer."""

    counts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    answers: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


class Trader(WSListener):
    """A client; `name` has an account, and `cookie` says so."""

    def __init__(self, name: str, cookie: str, symbol: str, tally: Tally) -> None:
        self.name = name
        self._cookie = cookie
        self._symbol = symbol
        self._tally = tally
        self._levels: dict[tuple[str, int], int] = {}
        self._sequence: int | None = None
        self._early: list[dict[str, Any]] = []
        self._is_behind = False
        self._number = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._transport: WSTransport
        self._connected = asyncio.get_running_loop().create_future()

    async def connect(self, port: int) -> None:
        """Connect, and get a book."""
        url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        await ws_connect(
            lambda: self, url, websocket_handshake_timeout=PATIENCE, extra_headers={"Cookie": self._cookie}
        )
        await asyncio.wait_for(self._connected, PATIENCE)
        await self.look()

    async def trade(self, until: float, pause: float) -> None:
        """Order something every now and then, `pause` seconds on average, until a time of the loop's clock."""
        loop = asyncio.get_running_loop()
        while loop.time() + (wait := random.uniform(0, 2 * pause)) < until:
            await asyncio.sleep(wait)
            await self._order()

    async def look(self) -> None:
        """Get the whole book. One that we have already, and that is as new, has to be the same."""
        [book] = await self._ask("watch", self._symbol)
        levels = {(side, price): shares for side, price, shares in book["levels"]}
        if self._sequence == book["sequence"]:
            self._tally.counts["books compared"] += 1
            self._tally.counts["books wrong"] += levels != self._levels
        elif self._sequence is None or self._sequence < book["sequence"]:
            self._levels, self._sequence = levels, book["sequence"]
            self._tally.counts["gaps noticed"] += self._is_behind
            self._is_behind = False
        early, self._early = self._early, []
        for delta in early:
            self._apply(delta)

    def leave(self) -> None:
        """Go."""
        self._transport.disconnect()

    async def _order(self) -> None:
        bids, asks = ([price for side, price in self._levels if side == wanted] for wanted in SIDES)
        if not bids or not asks:
            return
        side = random.choice(SIDES)
        near = random.choice([max(bids), min(asks), (max(bids) + min(asks)) // 2])
        waits = random.random() < WAITING
        price = near if waits else 1_000_000 if side == "buy" else 1
        key = secrets.token_hex(16)
        order = {"key": key, "symbol": self._symbol, "side": side, "price": price, "waits": waits}
        order["quantity"] = random.randint(1, 9)
        began = time.perf_counter()
        times = 2 if random.random() < REPEATED else 1
        answers = await asyncio.gather(*(self._ask("order", order) for _ in range(times)))
        self._tally.waits.append(time.perf_counter() - began)
        [answer] = answers[0]
        self._tally.counts["orders repeated"] += times - 1
        self._tally.counts["repetitions answered otherwise"] += any(other != answers[0] for other in answers)
        if "error" in answer:
            self._tally.counts[f"refused: {answer['error']['code']}"] += 1
        else:
            self._tally.counts["orders"] += 1
            self._tally.answers.append((self.name, key, answer))

    async def _ask(self, event: str, *args: Any) -> Any:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        self._send(b"42%d" % self._number + orjson.dumps([event, *args]))
        return await asyncio.wait_for(answer, PATIENCE)

    def _send(self, packet: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, packet)

    # What comes

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The WebSocket is open."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A packet."""
        packet = frame.get_payload_as_bytes()
        self._tally.counts["bytes"] += len(packet)
        if packet.startswith(b"42"):
            self._hear(packet)
        elif packet.startswith(b"43"):
            digits, _, rest = packet[2:].partition(b"[")
            self._answers.pop(int(digits)).set_result(orjson.loads(b"[" + rest))
        elif packet.startswith(b"40"):
            self._connected.set_result(None)
        elif packet.startswith(b"0"):
            self._send(b"40")
        elif packet == b"2":
            self._send(b"3")

    def _hear(self, packet: bytes) -> None:
        self._tally.counts["events"] += 1
        if packet.startswith(b'42["tick"'):
            self._tally.counts["prices"] += 1
        elif packet.startswith(b'42["delta"'):
            self._tally.counts["changes of books"] += 1
            self._apply(orjson.loads(packet[2:])[1])

    def _apply(self, delta: dict[str, Any]) -> None:
        if self._sequence is None:
            self._early.append(delta)
        elif delta["sequence"] == self._sequence + 1:
            if random.random() < DROPPED:
                self._tally.counts["gaps made"] += 1
                self._is_behind = True
            else:
                self._change(delta)
        elif delta["sequence"] > self._sequence:
            self._sequence = None
            self._early = [delta]
            self._looking = asyncio.ensure_future(self.look())

    def _change(self, delta: dict[str, Any]) -> None:
        self._sequence = delta["sequence"]
        self._levels |= {(side, price): shares for side, price, shares in delta["changes"]}
        self._levels = {place: shares for place, shares in self._levels.items() if shares}
        value = [sum(price * shares for (side, price), shares in self._levels.items() if side == one) for one in SIDES]
        self._tally.counts["sums checked"] += 1
        self._tally.counts["sums wrong"] += value != delta["value"]
