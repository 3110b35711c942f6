"""Runs observations in one interpreter, and prints a line of JSON for each: its name and its transcript.

    python -m tools.comparison.observe --patience 10 --in-order

Which Flask-SocketIO it looks at is up to the interpreter and its path.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import threading
import traceback

from tools.comparison.catalogue import Observation, catalogue
from tools.comparison.world import Host, World


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.comparison.observe")
    parser.add_argument("--patience", type=float, default=10, help="seconds to wait for what must come (%(default)s)")
    parser.add_argument("--in-order", action="store_true", help="the events of a client are handled in order")
    parser.add_argument("--only", default="", help="observations whose name contains this")
    options = parser.parse_args()
    logging.disable()  # handlers fail on purpose
    threading.excepthook = lambda failure: None
    host = Host(options.in_order, options.patience)
    for name, observation in catalogue(options.only).items():
        print(json.dumps([name, transcript(host, observation)]), flush=True)
    os._exit(0)  # neither package is waited for: what its threads do now is nobody's concern


def transcript(host: Host, observation: Observation) -> dict[str, list[str]]:
    """What one observation sees. That it breaks off is part of that, and nothing that both may do unnoticed."""
    try:
        world = World(host, observation.options)
    except Exception as error:  # noqa: BLE001
        return {"wire": [], "seen": [_broken_off(error)]}
    try:
        observation.act(world)
    except Exception as error:  # noqa: BLE001
        world.note(_broken_off(error))
    return world.close()


def _broken_off(error: Exception) -> str:
    traceback.print_exception(error, file=sys.stderr)
    return f"the observation broke off: {type(error).__name__} {error}"


if __name__ == "__main__":
    main()
