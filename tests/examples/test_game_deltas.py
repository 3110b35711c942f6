from __future__ import annotations

import json
import random
import subprocess
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from examples.game import deltas
from examples.game.deltas import KEPT, SLOW, Feed, State, View, difference
from examples.game.match import Match
from examples.game.motion import RULES

STATIC = Path(deltas.__file__).with_name("static")

#: Two numbers for ids below 17, three for the others: a value never changes how many it has.
STATES = st.dictionaries(st.integers(0, 30), st.tuples(*[st.integers(-50, 50)] * 3)).map(
    lambda state: {id: values[: 2 if id < 17 else 3] for id, values in state.items()}
)


def patched(old: State, changes: list[int], gone: list[int]) -> State:
    """What a page makes of an update."""
    state = {id: list(values) for id, values in old.items() if id not in gone}
    numbers = iter(changes)
    for id in numbers:
        bits = next(numbers)
        values = state.setdefault(id, [0] * (2 if id < 17 else 3))
        for bit in range(len(values)):
            if bits & 1 << bit:
                values[bit] += next(numbers)
    return {id: tuple(values) for id, values in state.items()}


@given(STATES, STATES)
def test_the_difference_leads_from_one_state_to_the_other(old: State, new: State) -> None:
    assert patched(old, *difference(old, new)) == new


def test_what_did_not_change_takes_no_bytes() -> None:
    same = {1: (10, 20), 18: (1, 2, 3)}
    assert difference(same, {**same}) == ([], [])
    assert difference(same, {1: (10, 25)}) == ([1, 0b10, 5], [18])


def test_a_page_gets_the_difference_to_what_it_has_confirmed() -> None:
    feed = Feed()
    feed.views["ada"] = view = View()
    states: list[State] = [{1: (number, 0)} for number in range(1, 4)]
    assert dict(feed.updates(2, states[0])) == {"ada": (0, [1, 1, 1], [])}
    assert dict(feed.updates(4, states[1])) == {"ada": (0, [1, 1, 2], [])}
    view.confirm(4)
    view.confirm(2)  # this came late
    view.confirm(99)  # this was never sent
    assert dict(feed.updates(6, states[2])) == {"ada": (4, [1, 1, 1], [])}


def test_who_confirms_nothing_is_sent_less_and_then_everything() -> None:
    feed = Feed()
    feed.views["ada"], feed.views["bob"] = ada, bob = View(), View()
    told = []
    for tick in range(2, 3 * SLOW + 2 * KEPT, 2):
        updates = dict(feed.updates(tick, {1: (tick, 7)}))
        assert "ada" in updates
        ada.confirm(tick)
        if "bob" in updates:
            told.append(tick)
        if tick == 2:
            bob.confirm(2)
    late = [tick for tick in told if tick > SLOW + 2]
    assert all(after - before >= SLOW // 2 for before, after in pairwise(late))
    assert dict(feed.updates(told[-1] + SLOW, {1: (5, 7)}))["bob"][0] == 0


def test_pages_with_the_same_state_share_the_work() -> None:
    feed = Feed()
    feed.views.update({str(number): View() for number in range(16)})
    updates = [update for _, update in feed.updates(2, {1: (1, 1)})]
    assert len(updates) == 16
    assert all(update is updates[0] for update in updates)


def test_the_page_reads_a_whole_match_also_when_updates_are_dropped() -> None:
    random.seed(2)
    match, feed = Match(name="m"), Feed()
    feed.views["ada"] = view = View()
    sent: list[list[object]] = []
    last: tuple[int, State] = (0, {})
    for _ in range(400):
        match.advance()
        if match.tick % 2 == 0:
            [(_, update)] = feed.updates(match.tick, match.state())
            if random.random() < 0.7:
                sent.append([match.tick, *update])
                last = (match.tick, match.state())
                if random.random() < 0.8:
                    view.confirm(match.tick)
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
    assert (tick, {id: tuple(numbers) for id, numbers in values}) == last
