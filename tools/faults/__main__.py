"""`python -m tools.faults [--quick] [--only WORD]`: run all fault runs, and write the page about them."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tools.faults import delivery
from tools.faults.report import PAGE, Row, page, table

Run = Callable[[Path], Awaitable[Row]]


def runs(*, quick: bool) -> dict[str, Run]:
    """All runs by name; quick ones have fewer clients and less time."""
    clients, seconds = (50, 20.0) if quick else (500, 180.0)

    def delivered(name: str, trouble: delivery.Trouble, seconds: float, recovery: str = "") -> Run:
        async def run(log: Path) -> Row:
            path = str(log.with_suffix(".recovery")) if recovery == "file" else None
            options = {"recovery": {"path": path}} if recovery else {}
            whole = bool(recovery) and trouble is not delivery.kill
            return await delivery.deliver(name, log, trouble, clients=clients, seconds=seconds, whole=whole, **options)

        return run

    return {
        "cuts-recovery": delivered("cut every 15 s for 2 s, `recovery=True`", delivery.cuts, seconds, "memory"),
        "cuts": delivered("the same without recovery", delivery.cuts, seconds),
        "restart": delivered("restarted under load, recovery with a path", delivery.restart, 10, "file"),
        "restart-without": delivered("restarted under load, without recovery", delivery.restart, 10),
        "kill": delivered("killed and started again, recovery with a path", delivery.kill, 10, "file"),
    }


async def run(args: argparse.Namespace) -> int:
    """Run what is wanted; 1 if something is not as it must be."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, start in runs(quick=args.quick).items():
            if args.only is None or args.only in name:
                row = await start(Path(folder) / f"{name}.log")
                rows.append(row)
                print(f"{'' if row.fine else 'WRONG: '}{row.name}: {row.result}; {row.details}", flush=True)
    print(table(rows))
    if args.only is None and not args.quick:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 0 if all(row.fine for row in rows) else 1


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer clients and less time; writes no page")
    parser.add_argument("--only", metavar="WORD", help="only the runs with this word in their name")
    sys.exit(asyncio.run(run(parser.parse_args())))


main()
