from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from examples.game import deltas
from examples.game.deltas import State, difference
from examples.game.match import Match
from examples.game.motion import RULES
from tools.crowd.game.page import patched

STATIC = Path(deltas.__file__).with_name("static")

#: A value has the same count of numbers in all states.
STATES = st.dictionaries(st.integers(0, 30), st.tuples(*[st.integers(-50, 50)] * 3))


@given(STATES, STATES)
def test_the_difference_leads_from_one_state_to_the_other(old: State, new: State) -> None:
    assert patched(old, *difference(old, new), most=3) == new


def test_what_did_not_change_takes_no_bytes() -> None:
    same = {1: (10, 20), 18: (1, 2, 3)}
    assert difference(same, {**same}) == ([], [])
    assert difference(same, {1: (10, 25)}) == ([1, 0b10, 5], [18])


def test_the_page_reads_a_whole_match_also_when_updates_are_dropped() -> None:
    random.seed(2)
    match = Match(name="m")
    base, before = 0, State()
    sent: list[list[object]] = []
    for _ in range(400):
        match.advance()
        if match.tick % 30 == 0:
            base, before = match.tick, match.state()
            sent.append([match.tick, 0, *difference({}, before)])
        elif match.tick % 2 == 0 and random.random() < 0.6:
            sent.append([match.tick, base, *difference(before, match.state())])
    match.advance()
    sent.append([match.tick, base, *difference(before, match.state())])
    modules = (STATIC / "motion.js", STATIC / "states.js")
    source = "\n".join(file.read_text(encoding="utf-8") for file in modules).replace('from "./motion.js"', "")
    script = f"""
        {source.replace("import { between } ", "")}
        const states = new States({json.dumps(RULES)});
        const read = {json.dumps(sent)}.map(([tick, ...update]) => states.hear(tick, ...update, tick * 33));
        console.log(JSON.stringify([read.every(Boolean), states.newest.tick, [...states.newest.values]]));
    """
    node = subprocess.run(["node", "--input-type=module"], input=script, capture_output=True, text=True, check=True)
    could_read, tick, values = json.loads(node.stdout)
    assert could_read
    assert (tick, {id: tuple(numbers) for id, numbers in values}) == (match.tick, match.state())
