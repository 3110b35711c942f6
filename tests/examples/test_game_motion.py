from __future__ import annotations

import json
import random
import subprocess
from dataclasses import asdict
from pathlib import Path

from examples.game import motion
from examples.game.motion import (
    DASH,
    DASH_PAUSE,
    DASH_TICKS,
    GO,
    HEIGHT,
    RADIUS,
    RULES,
    SAFE_TICKS,
    TREES,
    WIDTH,
    Body,
    step,
)

STATIC = Path(motion.__file__).with_name("static")
RIGHT, DOWN = GO, GO + 8


def run(body: Body, command: int, ticks: int) -> Body:
    for _ in range(ticks):
        step(body, command)
    return body


def test_a_bird_gets_going_walks_and_comes_to_rest() -> None:
    body = run(Body(x=500, y=300), RIGHT, 1)
    assert (body.x, body.vx) == (508, 8)
    assert run(body, RIGHT, 10).vx == 34
    assert run(body, 0, 10).vx == 0
    assert (body.y, body.face) == (300, 0)


def test_it_looks_where_it_last_went() -> None:
    assert run(Body(x=500, y=300), DOWN, 1).face == 8
    assert run(Body(x=500, y=300, face=8), 0, 5).face == 8


def test_a_dash_is_fast_and_short_and_the_next_one_has_to_wait() -> None:
    body = run(Body(x=500, y=300), DASH, 1)
    assert body.vx == 112
    run(body, DASH, DASH_TICKS - 1)
    assert body.vx == 112
    assert run(body, DASH, DASH_PAUSE).vx == 0
    assert run(body, DASH, 1).vx == 112


def test_one_who_is_dazed_obeys_nothing() -> None:
    body = run(Body(x=500, y=300, daze=SAFE_TICKS + 5), RIGHT + DASH, 5)
    assert (body.x, body.dash) == (500, 0)
    assert run(body, RIGHT + DASH, 1).x > 500


def test_nobody_leaves_the_field_or_stands_in_a_tree() -> None:
    assert run(Body(x=WIDTH - 200, y=300), RIGHT, 60).x == WIDTH - RADIUS
    assert run(Body(x=500, y=HEIGHT - 200), DOWN, 60).y == HEIGHT - RADIUS
    x, y, radius = TREES[2]
    body = run(Body(x=x - radius - 2 * RADIUS, y=y), RIGHT, 60)
    assert body.x == x - radius - RADIUS


def test_the_page_computes_the_same() -> None:
    random.seed(1)
    commands = [random.choice([0, *range(GO, GO + 32), DASH, *range(GO + DASH, GO + DASH + 32)]) for _ in range(300)]
    commands = [command for command in commands for _ in range(5)]
    body, path = Body(x=2000, y=1500, vx=3, daze=SAFE_TICKS + 4), []
    for command in commands:
        step(body, command)
        path.append(asdict(body))
    begin = asdict(Body(x=2000, y=1500, vx=3, daze=SAFE_TICKS + 4))
    script = f"""
        {(STATIC / "motion.js").read_text(encoding="utf-8")}
        const body = {json.dumps(begin)};
        const rules = {json.dumps(RULES)};
        console.log(JSON.stringify({json.dumps(commands)}.map((command) => (step(body, command, rules), {{...body}}))));
    """
    node = subprocess.run(["node", "--input-type=module"], input=script, capture_output=True, text=True, check=True)
    assert json.loads(node.stdout) == path
