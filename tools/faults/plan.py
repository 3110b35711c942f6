"""All runs, and with how much of everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tools.faults import cuts, delivery, network
from tools.faults.honest import beside, fan_out
from tools.faults.report import Row
from tools.faults.server import Server

#: A run, given the file for the server's output; other files of it stand beside that.
Run = Callable[[Path], Awaitable[Row]]


def runs(*, quick: bool) -> dict[str, Run]:
    """All runs by name; quick ones have fewer clients and less time."""
    return {**_deliveries(quick), "network": _over_bad_network(quick), **_cuts(quick), **_attacks(quick)}


def _deliveries(quick: bool) -> dict[str, Run]:
    clients, cutting, restarting, afterwards = (50, 16.0, 4.0, 4.0) if quick else (500, 180.0, 10.0, 8.0)

    def run(name: str, trouble: delivery.Trouble, seconds: float, recovery: str = "", *, whole: bool = True) -> Run:
        async def start(log: Path) -> Row:
            options = {"": False, "memory": True, "file": {"path": str(log.with_suffix(".recovery"))}}
            server = Server(log, recovery=options[recovery])
            return await delivery.deliver(
                name, server, trouble, clients=clients, seconds=seconds, whole=whole, afterwards=afterwards
            )

        return start

    return {
        "cuts-recovery": run("cut every 15 s for 2 s, `recovery=True`", delivery.cuts, cutting, "memory"),
        "cuts-without": run("the same without recovery", delivery.cuts, cutting, whole=False),
        "restart": run("restarted under load, recovery with a path", delivery.restart, restarting, "file"),
        "restart-without": run("restarted under load, without recovery", delivery.restart, restarting, whole=False),
        "kill": run("killed and started again, recovery with a path", delivery.kill, restarting, "file", whole=False),
        "clock": run("the clock jumps by hours while cut, `recovery=True`", delivery.jumps, 16.0, "memory"),
        "clock-back": run("restarted, and the clock is an hour behind", delivery.restart_set_back, restarting, "file"),
        "clock-ahead": run(
            "restarted, and the clock is an hour ahead", delivery.restart_ahead, restarting, "file", whole=False
        ),
    }


def _over_bad_network(quick: bool) -> Run:
    clients, seconds = (50, 16.0) if quick else (200, 30.0)

    async def start(log: Path) -> Row:
        name = "packets are late by 10 to 50 ms, out of order, 5 of 1,000 lost, and connections cut, `recovery=True`"
        try:
            with network.bad_network() as within:
                server = Server(log, host=network.THERE, within=within, recovery=True)
                return await delivery.deliver(
                    name, server, delivery.cuts, clients=clients, seconds=seconds, whole=True, afterwards=6.0
                )
        except network.NotPermitted as problem:
            return Row(name, "not run here", str(problem), fine=True)

    return start


def _cuts(quick: bool) -> dict[str, Run]:
    every = 10 if quick else 1

    def handshake(name: str, begin: Callable[[Server], list[cuts.Step]]) -> Run:
        return lambda log: cuts.handshake(name, Server(log, **cuts.NOTICED), begin, every=every)

    return {
        "bytes-websocket": handshake("cut at each byte of a WebSocket handshake and CONNECT", cuts.websocket_handshake),
        "bytes-polling": handshake("cut at each byte of a polling handshake", cuts.polling_handshake),
        "bytes-upgrade": handshake("cut at each byte of an upgrade", cuts.upgrade),
        "half-open": lambda log: cuts.half_open(
            "clients stop reading and answering", Server(log, **cuts.NOTICED), silent=100, others=100
        ),
    }


def _attacks(quick: bool) -> dict[str, Run]:
    clients, seconds = (50, 4.0) if quick else (100, 15.0)

    def run(name: str, attack: str, megabytes: int, **options: Any) -> Run:
        return lambda log: beside(
            name, Server(log, **options), attack, clients=clients, seconds=seconds, most=megabytes * 1_000_000
        )

    return {
        "slowloris": run("1,000 requests that come byte by byte, half of them bodies", "slowloris", 100),
        "loiter": run("10,000 connections that never CONNECT", "loiter", 400, connect_timeout=12),
        "pong": run("10,000 PONGs a second", "pong", 20),
        "bomb": run("1 KB that becomes 1 MB, as fast as 10 clients can", "bomb", 50, websocket_compression=True),
        "fragment": run("messages in fragments of 1 byte, as fast as 10 clients can", "fragment", 50),
        "fan-out": lambda log: fan_out(
            "of the receivers of a fan-out, some stop to read",
            Server(log, slow_clients="drop-oldest", max_outbox_size=100_000),
            stalled=5 if quick else 50,
            others=95 if quick else 950,
            seconds=seconds,
        ),
    }
