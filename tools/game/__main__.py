"""`python -m tools.game [--matches 10] [--players 16] [--seconds 10]`: matches full of people who play.

Each client does what the page does: it says 15 times a second which state it has and what its bird is to do, here at
random. Printed are the CPU time of the server, and what passes for each client; a client that hears of no state for a
second fails the run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

from bench import procfs
from bench.load.client import Client, Target, connected
from bench.load.meter import Meter

EVERY = 2  # ticks that a page sends at once
PERIOD = EVERY / 30  # seconds
ALONE = 3.0  # seconds of play before it is measured


class Page(Client):
    """One page that plays."""

    def __init__(self, meter: Meter, match: int, number: int) -> None:
        super().__init__(meter)
        self.received = self.sent = self.states = 0
        self.heard = 0.0
        self._who = {"name": f"P{number}", "match": f"match {match}", "key": f"{match}-{number}"}
        self._tick = 0
        self._first = 1
        self._command = 32

    def on_opened(self, packet: bytes) -> None:
        """Say who it is."""
        self.send(b"40" + json.dumps(self._who).encode())

    def on_event(self, packet: bytes) -> None:
        """Hear of the match."""
        self.received += len(packet)
        if packet.startswith(b'42["state",'):
            self._tick = int(packet[11 : packet.index(b",", 11)])
            self.states += 1
            self.heard = time.monotonic()

    def play(self) -> None:
        """Send the commands of two ticks: mostly on, now and then elsewhere, seldom a dash."""
        if random.random() < 0.1:
            self._command = 32 + random.randrange(32) + 64 * (random.random() < 0.2)
        packet = json.dumps(["play", self._tick, self._first, [self._command] * EVERY], separators=(",", ":"))
        self._first += EVERY
        self.sent += 2 + len(packet)
        self.send(b"42" + packet.encode())


async def play(pages: list[Page]) -> None:
    """Let all pages play, none in the same instant as another."""
    due = time.monotonic()
    while True:
        for page in pages:
            page.play()
            due += PERIOD / len(pages)
            if due > time.monotonic():
                await asyncio.sleep(due - time.monotonic())


async def measure(target: Target, matches: int, players: int, seconds: float) -> None:
    """Fill the matches, play, and print the table."""
    meter = Meter(target.pid)
    pages = [Page(meter, match, number) for match in range(matches) for number in range(players)]
    async with connected(target, pages), meter.running(play(pages)):
        await meter.watch(asyncio.sleep(ALONE))
        cpu, began, ours = procfs.cpu_seconds(target.pid), time.monotonic(), time.process_time()
        before = [(page.received, page.sent, page.states) for page in pages]
        await meter.watch(asyncio.sleep(seconds))
        took = time.monotonic() - began
        cpu, ours = procfs.cpu_seconds(target.pid) - cpu, time.process_time() - ours
        after = [(page.received, page.sent, page.states) for page in pages]
        silent = sum(time.monotonic() - page.heard > 1 for page in pages)
    down, up, states = (
        sum(now[part] - was[part] for was, now in zip(before, after, strict=True)) / took / len(pages)
        for part in range(3)
    )
    print("| matches | clients | server's CPU | a client's share | states to each | down to each | up from each |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {matches} | {len(pages)} | {cpu / took:.0%} of a core | {cpu / took / len(pages):.2%} | {states:.1f}/s "
        f"| {down / 1000:.1f} kB/s | {up / 1000:.1f} kB/s |"
    )
    print(f"(The clients took {ours / took:.0%} of a core.)")
    if silent:
        sys.exit(f"{silent} clients have heard nothing for a second")


def main() -> None:
    """Serve the game, and play it."""
    parser = argparse.ArgumentParser(prog="python -m tools.game")
    parser.add_argument("--matches", type=int, default=10)
    parser.add_argument("--players", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": "0", "GAME_FOLDER": folder, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "examples.game"]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert server.stdout
            port = next(int(found[1]) for line in server.stdout if (found := re.search(r"Running on .*:(\d+)", line)))
            target = Target("127.0.0.1", port, server.pid)
            asyncio.run(measure(target, options.matches, options.players, options.seconds))
        finally:
            server.terminate()
            server.wait(20)


main()
