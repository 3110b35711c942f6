"""`python -m tools.fuzz [--seconds N] [--only WORD]` fuzzes; `python -m tools.fuzz TARGET FILE` runs a finding."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

from bench.environments import VirtualEnvironment
from tools.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"

#: Half a gigabyte, in megabytes, and seconds that one input may take.
MEMORY = 512
HANG = 5

#: The longest input, in bytes.
LENGTH = 4_096


def _environment() -> VirtualEnvironment:
    needed = [each for each in requires("flask-socketio") or [] if "extra ==" not in each]
    return VirtualEnvironment("fuzz", ("atheris>=2.3", *needed), ("atheris",))


def fuzz(name: str, python: str, seconds: int, hang: int) -> bool:
    """Fuzz one target for some seconds, each input for so many of them at the most; whether nothing was found."""
    corpus, found = FOUND / name / "corpus", FOUND / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY}", f"-timeout={hang}", f"-max_len={LENGTH}"]
    command = [python, "-m", "tools.fuzz.guided", name, *options, f"-artifact_prefix={found}/", str(corpus)]
    with (found / "log").open("wb") as log:
        done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "src"}, stdout=log, stderr=log, check=False)
    lines = (found / "log").read_text("utf-8", errors="replace").splitlines()
    told = next((line for line in reversed(lines) if line.startswith(("Done ", "SUMMARY"))), "see its log")
    print(f"{name}: {'nothing found' if not done.returncode else 'FOUND SOMETHING'}; {told}", flush=True)
    if done.returncode:
        print(f"    {found}/log; python -m tools.fuzz {name} {found}/FILE")
    return not done.returncode


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--hang", type=int, default=HANG, help="for one input; more where the machine may stand still")
    parser.add_argument("--only", metavar="WORD", default="", help="only the targets with this word in their name")
    parser.add_argument("target", nargs="?", choices=TARGETS, help="run this one, on one input")
    parser.add_argument("file", nargs="?", type=Path, help="the input")
    args = parser.parse_args()
    if args.target is not None:
        TARGETS[args.target].run(args.file.read_bytes())
        return
    python = _environment().prepare().interpreter
    results = [fuzz(name, python, args.seconds, args.hang) for name in TARGETS if args.only in name]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
