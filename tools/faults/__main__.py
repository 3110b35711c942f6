"""`python -m tools.faults [--quick] [--only WORD ...]`: run all fault runs, or some, and write what comes of them."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tools.faults.limits import many_descriptors
from tools.faults.plan import Run, runs, soaks, titles
from tools.faults.report import publish, table


def _wanted(args: argparse.Namespace) -> dict[str, Run]:
    sections = soaks(args.clients, args.minutes) if args.soak else runs(quick=args.quick)
    every = {name: run for parts in sections.values() for name, run in parts.items()}
    return {name: run for name, run in every.items() if not args.only or any(word in name for word in args.only)}


async def run(args: argparse.Namespace) -> int:
    """Run what is wanted; 1 if something is not as it must be."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (title, start) in _wanted(args).items():
            row = rows[title] = await start(Path(folder) / f"{name}.log")
            print(f"{'' if row.fine else 'WRONG: '}{title}: {row.result}; {row.details}", flush=True)
            if not args.quick:
                publish(rows, titles())
    print(table(rows))
    return 0 if all(row.fine for row in rows.values()) else 1


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer clients and less time; writes no page")
    parser.add_argument("--only", metavar="WORD", nargs="+", help="only the runs with one of these in their name")
    parser.add_argument("--soak", action="store_true", help="run what takes its time, instead of all others")
    parser.add_argument("--minutes", type=float, default=20, help="how long that takes, 2 at least")
    parser.add_argument("--clients", type=int, default=2_000, help="how many clients there are at a time in it")
    many_descriptors()
    sys.exit(asyncio.run(run(parser.parse_args())))


main()
