"""All runs, and with how much of everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from tools.faults import cuts, delivery, network, soak
from tools.faults.honest import beside
from tools.faults.report import Row
from tools.faults.server import Server
from tools.faults.stalled import fan_out

Start = Callable[[Path], Awaitable[Row]]


class Run(NamedTuple):
    """One run.

    Attributes:
        title: what is done.
        start: does it, given the file for the server's output; other files of it stand beside that.
    """

    title: str
    start: Start


#: The bound of an outbox, in bytes, where it is to be reached soon. It could not be much less: so much may be put into
#: one at once.
OUTBOX = 300_000

#: Runs by their short name.
Runs = dict[str, Run]


def runs(*, quick: bool) -> dict[str, Runs]:
    """All runs of `make faults`, by section; quick ones have fewer clients and less time."""
    return {
        "Connections that are cut": {**_cut_off(quick), "network": _over_bad_network(quick), **_handshakes(quick)},
        "Servers that stop": _restarts(quick),
        "Clients that do not read": _stalled(quick),
        "Clients that mean harm": _attacks(quick),
    }


def soaks(clients: int = 2_000, minutes: float = 20) -> dict[str, Runs]:
    """The run of `make soak`."""
    title = f"{clients:,} clients come, go and die for {minutes:g} minutes"
    return {"In the long run": {"soak": Run(title, lambda log: soak.soak(log, clients=clients, minutes=minutes))}}


def titles() -> dict[str, list[str]]:
    """What the page is about, by section."""
    whole = {**runs(quick=False), **soaks()}
    return {section: [run.title for run in parts.values()] for section, parts in whole.items()}


def _delivery(
    title: str, quick: bool, trouble: delivery.Trouble, seconds: float, recovery: Any, *, whole: bool = True
) -> Run:
    """A run with clients in trouble for some seconds; `recovery` may be "file", for a path that it has to itself."""
    clients = 50 if quick else 500

    async def start(log: Path) -> Row:
        option = {"path": str(log.with_suffix(".recovery"))} if recovery == "file" else recovery
        server = Server(log, recovery=option)
        return await delivery.deliver(server, trouble, clients=clients, seconds=seconds, whole=whole)

    return Run(title, start)


def _cut_off(quick: bool) -> Runs:
    seconds = 16.0 if quick else 180.0
    jumps = "the clock jumps by hours while cut every 4 s for 1 s, `recovery=True`"
    return {
        "cuts-recovery": _delivery("cut every 15 s for 2 s, `recovery=True`", quick, delivery.cuts, seconds, True),
        "cuts-without": _delivery("the same without recovery", quick, delivery.cuts, seconds, False, whole=False),
        "clock": _delivery(jumps, quick, delivery.jumps, 16.0, True),
    }


def _restarts(quick: bool) -> Runs:
    def run(title: str, trouble: delivery.Trouble, recovery: Any, *, whole: bool = True) -> Run:
        return _delivery(title, quick, trouble, 4.0 if quick else 10.0, recovery, whole=whole)

    killed = "killed (`kill -9`) and started again, recovery with a path"
    return {
        "restart": run("restarted under load, recovery with a path", delivery.restart, "file"),
        "restart-without": run("restarted under load, without recovery", delivery.restart, False, whole=False),
        "kill": run(killed, delivery.kill, "file", whole=False),
        "clock-back": run("restarted, and the clock is an hour behind", delivery.restart_set_back, "file"),
        "clock-ahead": run("restarted, and the clock is an hour ahead", delivery.restart_ahead, "file", whole=False),
    }


def _over_bad_network(quick: bool) -> Run:
    clients, seconds = (50, 16.0) if quick else (200, 30.0)

    async def start(log: Path) -> Row:
        try:
            with network.bad_network() as within:
                server = Server(log, host=network.THERE, within=within, recovery=True)
                return await delivery.deliver(server, delivery.cuts, clients=clients, seconds=seconds, whole=True)
        except network.NotPermitted as problem:
            return Row("not run here", str(problem), fine=True)

    return Run("packets late by 10 to 50 ms, out of order, 5 of 1,000 lost, and cuts, `recovery=True`", start)


def _handshakes(quick: bool) -> Runs:
    every = 10 if quick else 1

    def handshake(title: str, *begin: cuts.Begin) -> Run:
        return Run(title, lambda log: cuts.handshake(Server(log, **cuts.NOTICED), begin, every=every))

    return {
        "bytes-websocket": handshake("cut at each byte of a WebSocket's handshake and first packets", cuts.websocket),
        "bytes-polling": handshake("cut at each byte of a long-polling client's first requests", cuts.polling),
        "bytes-upgrade": handshake("cut at each byte of an upgrade", cuts.upgrade),
        "half-open": Run(
            "peers fall silent, and their connections stay",
            lambda log: cuts.half_open(Server(log, **cuts.NOTICED), silent=100, others=100),
        ),
    }


def _stalled(quick: bool) -> Runs:
    stalled, others, seconds = (5, 95, 4.0) if quick else (50, 950, 15.0)
    return {
        "fan-out": Run(
            f"of {stalled + others:,} receivers of 8 KB five times a second, {stalled} stop to read, "
            '`slow_clients="drop-oldest"`',
            lambda log: fan_out(
                Server(log, slow_clients="drop-oldest", max_outbox_size=OUTBOX, ping_timeout=120),
                stalled=stalled,
                others=others,
                seconds=seconds,
                outbox=OUTBOX,
            ),
        )
    }


def _attacks(quick: bool) -> Runs:
    clients, seconds, scale = (50, 4.0, 0.1) if quick else (100, 15.0, 1.0)

    def run(title: str, attack: str, megabytes: int, **options: Any) -> Run:
        most = megabytes * 1_000_000
        return Run(
            title,
            lambda log: beside(
                Server(log, **options), attack, clients=clients, seconds=seconds, most=most, scale=scale
            ),
        )

    return {
        "slowloris": run("1,000 requests that come byte by byte, half of them bodies", "slowloris", 100),
        "loiter": run("10,000 connections that never CONNECT, `connect_timeout=12`", "loiter", 400, connect_timeout=12),
        "pong": run("10,000 PONGs a second that nobody asked for", "pong", 20),
        "fragment": run("messages in fragments of 1 byte, by 10 clients", "fragment", 50),
        "bomb": run(
            "1 KB that becomes 1 MB, by 10 clients, `websocket_compression=True`",
            "bomb",
            50,
            websocket_compression=True,
        ),
    }
