"""`python -m bench.load WORKLOAD --port N --server-pid N`: puts one load on one server.

It prints the Sample as JSON, or why there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import gc
import json

import uvloop

from bench.load.client import Target
from bench.load.meter import LoadFailed
from bench.load.workloads import WORKLOADS


def main() -> None:
    """Read the command line, run the load, print what it found."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server-pid", type=int, required=True, help="leads the session of the server's processes")
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    gc.disable()  # what this short process makes, it may keep: a collection in the window would be seen as latency
    target = Target("127.0.0.1", options.port, options.server_pid)
    workload = WORKLOADS[options.workload]
    load = asyncio.wait_for(workload.run(target, options.seconds), workload.patience(options.seconds))
    try:
        sample = uvloop.run(load)
    except asyncio.TimeoutError:
        found = {"error": "a client could not connect in time, or the load did not come to its end"}
    except LoadFailed as error:
        found = {"error": str(error)}
    else:
        found = dataclasses.asdict(sample)
    print(json.dumps(found))


main()
