"""300 clients trade for two minutes: are all books right, is every order carried out once, and what does it cost?

    python -m tools.crowd.trading --clients 300 --seconds 120

Prints a table, and ends with 1 if something is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from bench.procfs import cpu_seconds, resident_bytes
from examples.trading.store import Store
from tools.crowd.example import served, table
from tools.crowd.trading.trader import Tally, Trader

FILE = "exchange.sqlite3"
LISTINGS = Path(__file__).parents[3] / "examples" / "trading" / "listings.json"


def cookie(secret: str, name: str) -> str:
    """What a browser sends that has logged in; to have 300 passwords checked would take half a minute."""
    app = Flask("trading")
    app.secret_key = secret
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    return "trading=" + str(serializer.dumps({"_user_id": name}))


async def trade(folder: Path, clients: int, seconds: float, pause: float) -> tuple[Tally, dict[str, str]]:
    """Let clients trade; what they saw, and what it cost the server."""
    secret = Store(folder / FILE).kept("secret", "of nobody")
    symbols = [symbol for symbol, about in json.loads(LISTINGS.read_text()).items() if about[2:] == [0, 24]]
    tally = Tally()
    with served("trading", TRADING_FOLDER=str(folder)) as target:
        names = [f"trader {number}" for number in range(clients)]
        traders = [
            Trader(name, cookie(secret, name), symbols[number % len(symbols)], tally)
            for number, name in enumerate(names)
        ]
        for trader in traders:
            await trader.connect(target.port)
        tally.counts["bytes"] = tally.counts["events"] = 0
        began, cpu, own = time.monotonic(), cpu_seconds(target.pid), time.process_time()
        until = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(trader.trade(until, pause) for trader in traders))
        took, cpu, own = time.monotonic() - began, cpu_seconds(target.pid) - cpu, time.process_time() - own
        costs = {
            "CPU of the server": f"{cpu / took:.0%} of a core",
            "CPU of the server for each client": f"{cpu / took / clients * 1000:.2f} ms a second",
            "CPU of all clients": f"{own / took:.0%} of a core",
            "memory of the server": f"{resident_bytes(target.pid) / 1e6:.0f} MB",
            "to each client": f"{tally.counts['bytes'] / took / clients / 1000:.2f} kB a second",
            "events to each client": f"{tally.counts['events'] / took / clients:.0f} a second",
            "orders": f"{tally.counts['orders'] / took:.0f} a second",
        }
        for trader in traders:
            await trader.look()
            trader.leave()
    return tally, costs


def judge(tally: Tally, folder: Path) -> list[str]:
    """What is not as it must be."""
    store = Store(folder / FILE)
    counts = tally.counts
    wrong = [f"{counts[what]} {what}" for what in ("books wrong", "sums wrong", "repetitions answered otherwise")]
    faults = [words for words in wrong if not words.startswith("0 ")]
    if counts["gaps made"] != counts["gaps noticed"]:
        faults.append(f"{counts['gaps made']} gaps were made, {counts['gaps noticed']} noticed")
    if not (counts["books compared"] and counts["orders"] and counts["sums checked"]):
        faults.append("too little happened to say anything")
    for name, key, answer in tally.answers:
        kept = store.answer(name, key)
        if not kept or kept["filled"] < answer["filled"]:
            faults.append(f"{name} was told {answer}, and the file says {kept}")
    with closing(sqlite3.connect(folder / FILE)) as database:
        [(placed,)] = database.execute("SELECT count(*) FROM placed")
        [(left_over,)] = database.execute("SELECT total(iif(side = 'buy', shares, -shares)) FROM fill")
    if placed != len(tally.answers):
        faults.append(f"{len(tally.answers)} orders were acknowledged, {placed} are in the file")
    if left_over:
        faults.append(f"{left_over:+g} shares were bought that nobody has sold")
    return faults


def rows(tally: Tally) -> dict[str, str]:
    """What the clients have counted, in words."""
    waits = sorted(tally.waits)
    found = {what: f"{count:,}" for what, count in sorted(tally.counts.items()) if what not in ("bytes", "orders")}
    for part in (50, 99):
        found[f"answer to an order, {part} % within"] = f"{waits[len(waits) * part // 100] * 1000:.0f} ms"
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.crowd.trading", description=__doc__)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=4, help="seconds between two orders of a client, on average")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally, costs = asyncio.run(trade(Path(folder), arguments.clients, arguments.seconds, arguments.pause))
        faults = judge(tally, Path(folder))
    print(f"{arguments.clients} clients, {arguments.seconds:g} s\n\n{table(costs, rows(tally))}")
    sys.exit("WRONG: " + "; ".join(faults[:5]) if faults else 0)


if __name__ == "__main__":
    main()
