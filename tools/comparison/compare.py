"""Runs the observations in both interpreters, and judges the differences."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bench.environments import ROOT, Checkout, Environment, InstallFailed, VirtualEnvironment
from tools.comparison.catalogue import Observation, catalogue
from tools.comparison.reasons import REASONS, Reason
from tools.comparison.record import Record, Transcript, save
from tools.comparison.report import page

PAGE = ROOT / "docs" / "differences.md"


@dataclass(frozen=True)
class Side:
    """One of the two packages.

    Attributes:
        environment: where it runs.
        patience: seconds to wait for what must come. Here everything comes, on the other side not.
        arguments: what `observe.py` has to know.
    """

    environment: Environment
    patience: float
    arguments: tuple[str, ...] = ()


OURS = Side(Checkout(()), 10, ("--in-order",))
UPSTREAM = Side(
    VirtualEnvironment("upstream-threading", ("flask-socketio>=5.7,<6", "simple-websocket"), shown=("flask-socketio",)),
    1.5,
)


def run_observations(side: Side, only: str = "") -> dict[str, Transcript]:
    """The transcripts of one package.

    Raises:
        InstallFailed: it could not be had.
    """
    runtime = side.environment.prepare()
    command = [runtime.interpreter, "-m", "tools.comparison.observe", "--only", only, *side.arguments]
    path = os.pathsep.join([str(ROOT), *filter(None, [runtime.variables.get("PYTHONPATH")])])
    done = subprocess.run(
        [*command, "--patience", str(side.patience)],
        cwd=ROOT,
        env={**os.environ, **runtime.variables, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(map(json.loads, done.stdout.splitlines()))


def problems(record: Record, observations: dict[str, Observation]) -> Iterator[str]:
    """Differences that nobody meant, and what is meant and does not show."""
    shown: set[Reason | None] = set()
    for name, observation in observations.items():
        differs = record["ours"][name] != record["upstream"][name]
        if differs and observation.differs is None:
            yield f"{name}: differs, and no reason is given\n{_beside(record, name)}"
        elif not differs and observation.differs is not None:
            yield f"{name}: is said to differ ({observation.differs.title}), and does not\n{_beside(record, name)}"
        shown.add(observation.differs)
    for reason in REASONS:
        if reason not in shown and len(observations) == len(catalogue()):
            yield f"no observation shows: {reason.title}"


def _beside(record: Record, name: str) -> str:
    lines: list[str] = []
    for kind, transcript in (("upstream", record["upstream"][name]), ("ours", record["ours"][name])):
        lines += [f"    {kind}:", *(f"        {line}" for line in [*transcript["wire"], *transcript["seen"]])]
    return "\n".join(lines)


def main() -> None:
    """The command line of `python -m tools.comparison`. Exit status 1 if a difference was not meant."""
    parser = argparse.ArgumentParser(prog="python -m tools.comparison", description="Compare with Flask-SocketIO 5.")
    parser.add_argument("--only", default="", help="observations whose name contains this; nothing is recorded")
    only = parser.parse_args().only
    try:
        (version,) = UPSTREAM.environment.prepare().versions.values()
        record = Record(
            version=version,
            upstream=run_observations(UPSTREAM, only),
            ours=run_observations(OURS, only),
        )
    except InstallFailed as error:
        sys.exit(f"comparison: {error}")
    observations = catalogue(only)
    if only:
        print("\n".join(f"{name}\n{_beside(record, name)}" for name in observations))
    else:
        save(record)
        PAGE.write_text(page(record, observations), encoding="utf-8")
    found = list(problems(record, observations))
    print(*found, f"{len(observations)} observations, {len(found)} problems", sep="\n", file=sys.stderr)
    sys.exit(bool(found))
