"""How a bird moves: one tick of its life at a time, in whole numbers, which are the same in every language.

The page computes the same in static/motion.js, from the numbers in `RULES`, which it is told: it shows its own bird
at once where the server will have put it by the time it hears of it.
"""

import math
from dataclasses import dataclass

TICKS = 30  # in a second
WIDTH, HEIGHT, RADIUS = 4800, 3000, 90  # of the field, and of a bird
TREES = ((1150, 850, 210), (3650, 850, 210), (2400, 1500, 290), (1150, 2150, 210), (3650, 2150, 210))
PUSH = 8  # by how much a speed changes in one tick, at most
DASH_TICKS, DASH_PAUSE = 7, 45  # how long a dash takes, and how long after it the next one has to wait
DAZE_TICKS, SAFE_TICKS = 20, 55  # how long one who was hit obeys nothing, and how long after it nobody can hit it

# A command is a heading, 0 to 31 clockwise from the right, and more: GO to walk that way, DASH to dash.
HEADINGS, GO, DASH = 32, 32, 64
ANGLES = [2 * math.pi * heading / HEADINGS for heading in range(HEADINGS)]
WALK = [(round(34 * math.cos(angle)), round(34 * math.sin(angle))) for angle in ANGLES]  # units in a tick
SPRINT = [(round(112 * math.cos(angle)), round(112 * math.sin(angle))) for angle in ANGLES]

RULES = {name: value for name, value in dict(globals()).items() if name.isupper()}


@dataclass(kw_only=True)
class Body:
    """Where a bird is, what it moves in a tick, the heading it looks in, and what is left of a dash and of a daze."""

    x: int = 0
    y: int = 0
    vx: int = 0
    vy: int = 0
    face: int = 0
    dash: int = 0
    daze: int = 0


def step(body: Body, command: int) -> None:
    """Move a bird by one tick."""
    if body.daze > SAFE_TICKS:
        command = 0
    if command & GO:
        body.face = command % HEADINGS
    if command & DASH and not body.dash:
        body.dash = DASH_TICKS + DASH_PAUSE
    if body.dash > DASH_PAUSE:
        body.vx, body.vy = SPRINT[body.face]
    else:
        vx, vy = WALK[body.face] if command & GO else (0, 0)
        body.vx += between(-PUSH, vx - body.vx, PUSH)
        body.vy += between(-PUSH, vy - body.vy, PUSH)
    body.dash, body.daze = max(0, body.dash - 1), max(0, body.daze - 1)
    body.x, body.y = body.x + body.vx, body.y + body.vy
    stay_on_field(body)


def stay_on_field(body: Body) -> None:
    """Put beside it what is in a tree, and back what is beyond the fence."""
    for x, y, radius in TREES:
        push_out(body, x, y, RADIUS + radius)
    body.x, body.y = between(RADIUS, body.x, WIDTH - RADIUS), between(RADIUS, body.y, HEIGHT - RADIUS)


def push_out(body: Body, x: int, y: int, reach: int) -> bool:
    """Keep a body away from a point. Returns whether it was nearer than `reach`."""
    dx, dy = body.x - x, body.y - y
    distance = math.sqrt(dx * dx + dy * dy)
    if 0 < distance < reach:
        body.x = x + math.floor(dx * reach / distance + 0.5)
        body.y = y + math.floor(dy * reach / distance + 0.5)
    return distance < reach


def between(least: int, value: int, most: int) -> int:
    """The value, or the end of the range that is nearer."""
    return max(least, min(value, most))
