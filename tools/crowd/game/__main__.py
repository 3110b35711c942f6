"""160 people play ten matches for two minutes: do all of a match see the same, and what does it cost?

    python -m tools.crowd.game --matches 10 --players 16 --seconds 120

Each client does what the page does. Prints a table, and ends with 1 if something is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bench import procfs
from bench.load.client import connected
from bench.load.meter import Meter
from examples.game.motion import TICKS
from tools.crowd.example import served, table
from tools.crowd.game.page import EVERY, Page, Tally

ALONE = 3.0  # seconds of play before it is measured
SILENCE = 1.0  # seconds without a state that are too long
MISSED = 0.2  # seconds; who is later plays as if they had not been
COSTS = ("bytes down", "bytes up", "states")  # these are told for each client and second


async def play(folder: Path, matches: int, players: int, seconds: float) -> tuple[Tally, dict[str, str]]:
    """Let clients play; what they saw, and what it cost."""
    tally = Tally()
    with served("game", GAME_FOLDER=str(folder)) as target:
        meter = Meter(target.pid)
        pages = [Page(meter, tally, f"match {match}", number) for match in range(matches) for number in range(players)]
        async with connected(target, pages), meter.running(keep_playing(pages)):
            await meter.watch(asyncio.sleep(ALONE))
            tally.counts.clear()
            tally.longest_silence = 0.0
            began, cpu, own = time.monotonic(), procfs.cpu_seconds(target.pid), time.process_time()
            await meter.watch(asyncio.sleep(seconds))
            took = time.monotonic() - began
            cpu, own = procfs.cpu_seconds(target.pid) - cpu, time.process_time() - own
            each = took * len(pages)
            tally.counts["clients that hear nothing"] = sum(time.monotonic() - page.heard > SILENCE for page in pages)
            costs = {
                "clients": f"{len(pages)} in {matches} matches",
                "CPU of the server": f"{cpu / took:.0%} of a core",
                "CPU of the server for each client": f"{cpu / each * 1000:.2f} ms a second",
                "CPU of all clients": f"{own / took:.0%} of a core",
                "memory of the server": f"{procfs.resident_bytes(target.pid) / 1e6:.0f} MB",
                "to each client": f"{tally.counts['bytes down'] / each / 1000:.2f} kB a second",
                "from each client": f"{tally.counts['bytes up'] / each / 1000:.2f} kB a second",
                "longest time without a state": f"{tally.longest_silence * 1000:.0f} ms",
                "states to each client": f"{tally.counts['states'] / each:.1f} a second",
            }
    return tally, costs


async def keep_playing(pages: list[Page]) -> None:
    """Let all pages play, none in the same instant as another. As in a browser, what is missed is not made up for."""
    due = 0.0
    while True:
        for page in pages:
            page.play()
            due = max(due + EVERY / TICKS / len(pages), time.monotonic() - MISSED)
            if due > time.monotonic():
                await asyncio.sleep(due - time.monotonic())


def judge(tally: Tally) -> list[str]:
    """What is not as it must be."""
    counts = tally.counts
    counts["states that differ"] = sum(len(seen) > 1 for seen in tally.states.values())
    wrong = ("clients that hear nothing", "states that could not be read", "states that differ")
    faults = [f"{counts[what]} {what}" for what in wrong if counts[what]]
    return faults if counts["states compared"] else [*faults, "too little happened to say anything"]


def rows(tally: Tally) -> dict[str, str]:
    """What the clients have counted, in words."""
    return {what: f"{count:,}" for what, count in sorted(tally.counts.items()) if what not in COSTS}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.crowd.game", description=__doc__)
    parser.add_argument("--matches", type=int, default=10)
    parser.add_argument("--players", type=int, default=16, help="in each match")
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally, costs = asyncio.run(play(Path(folder), arguments.matches, arguments.players, arguments.seconds))
    faults = judge(tally)
    print(f"{arguments.seconds:g} s\n\n{table(costs, rows(tally))}")
    sys.exit("WRONG: " + "; ".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
