"""`python -m tools.faults [--quick] [--only WORD]`: run all fault runs, and write the page about them."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tools.faults.plan import runs
from tools.faults.report import PAGE, page, table


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
