"""The run: installs the peers, takes the samples in the order of the plan, and keeps the results."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from bench import machine
from bench.environments import ROOT, InstallFailed, Runtime, commit
from bench.load.workloads import WORKLOADS
from bench.peers import GUNICORN, OURS, PEERS, UPSTREAM
from bench.plan import Plan
from bench.report import report
from bench.results import Results
from bench.sample import Sample
from bench.server import Server, ServerFailed, serving

BUILD = ROOT / "build" / "bench"
AFTER_ITS_PATIENCE = 30.0  # seconds in which a load has to end that gave up


def main() -> None:
    """The command line of `python -m bench`. Exit status 1 if anything failed."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended on the way out
    cores = machine.two_cores()
    wanted = Plan(options.workloads, options.peers, options.rounds, options.seconds)
    plan, left_out = wanted.without_more_clients_than(machine.most_connections())
    runtimes = dict(_install(options.peers))
    results = Results(
        shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        machine.describe() | {"commit": commit()},
        {peer: runtime.versions for peer, runtime in runtimes.items()},
    )
    if left_out:
        _remark(results, f"Left out: {', '.join(left_out)}. {machine.too_few_files()}")
    _say(f"{len(list(plan.order()))} measurements, about {_minutes(plan.expected)}, at most {_minutes(plan.bound)}")
    _run(plan, runtimes, cores, results)
    file = BUILD / time.strftime("%Y-%m-%d-%H%M%S.json")
    results.save(file)
    file.with_suffix(".md").write_text(report(results))
    print(report(results))
    _say(f"the samples are in {os.path.relpath(file)}; `python -m bench report` makes plots of them")
    sys.exit(results.failed)


def _run(plan: Plan, runtimes: dict[str, Runtime], cores: tuple[int, int], results: Results) -> None:
    ends_at = time.monotonic() + plan.bound
    try:
        for number, workload, peer in plan.order():
            if time.monotonic() > ends_at:
                _remark(results, f"Ended in round {number + 1} of {plan.rounds}: it took {_minutes(plan.bound)}.")
                return
            _measure(workload, peer, runtimes[peer], plan.seconds, cores, results)
    except KeyboardInterrupt:
        _remark(results, "Interrupted: the report is of what was measured until then.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure servers with one app under one load.",
        epilog="`python -m bench report` makes tables and plots of a former run.",
    )
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="how often each measurement is repeated (%(default)s)")
    add("--seconds", type=float, default=1.5, help="how long each one takes (%(default)s)")
    add("--quick", action="store_true", help="one round of half a second each: does everything work?")
    add("--peers", type=_some_of(PEERS), default=[OURS, UPSTREAM, GUNICORN], help=f"all, or some of {','.join(PEERS)}")
    add("--workloads", type=_some_of(WORKLOADS), default=list(WORKLOADS), help=f"some of {','.join(WORKLOADS)}")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
    return options


def _some_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        names = list(known) if text == "all" else text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {name!r}, only {', '.join(known)}")
        return names

    return chosen


def _install(peers: list[str]) -> Iterator[tuple[str, Runtime]]:
    try:
        for peer in peers:
            yield peer, PEERS[peer].environment.prepare()
    except InstallFailed as error:
        sys.exit(f"bench: {error}")


def _measure(
    workload: str, peer: str, runtime: Runtime, seconds: float, cores: tuple[int, int], results: Results
) -> None:
    """Start the peer, put the load on it, keep the sample, or why there is none."""
    cell = results.cell(workload, peer)
    server_core, load_core = cores
    try:
        with serving(
            PEERS[peer].command(runtime.interpreter),
            os.environ | runtime.variables,
            core=server_core,
            log=BUILD / "logs" / f"{peer}-{workload}.log",
        ) as server:
            sample = _load(workload, server, seconds, load_core)
    except (ServerFailed, _LoadFailed) as error:
        cell.errors.append(str(error))
        _say(f"{workload}: {peer} failed: {error}")
    else:
        cell.samples.append(sample)
        _say(f"{workload}: {peer}: {sample}")


class _LoadFailed(Exception):
    """The load could not be put on a server; the text is what it said."""


def _load(workload: str, server: Server, seconds: float, core: int) -> Sample:
    command = [sys.executable, "-m", "bench.load", workload, "--seconds", str(seconds)]
    command += ["--port", str(server.port), "--server-pid", str(server.pid)]
    timeout = WORKLOADS[workload].patience(seconds) + AFTER_ITS_PATIENCE
    try:
        with machine.pinned_to(core):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise _LoadFailed(f"no end after {timeout:.0f} s") from None
    if done.returncode:
        raise _LoadFailed(done.stderr.strip().rpartition("\n")[2])
    found = json.loads(done.stdout)
    if "error" in found:
        raise _LoadFailed(found["error"])
    return Sample(**found)


def _remark(results: Results, text: str) -> None:
    results.remarks.append(text)
    _say(text)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
