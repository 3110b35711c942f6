"""What a bot does next, which sees no more than a person does."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from examples.game.motion import ANGLES, DASH, GO, HEADINGS, Body

NAMES = ["Pica", "Corvus", "Jackdaw", "Rook", "Jay", "Chough", "Treepie", "Raven"]
STRIKE = 620  # how near somebody has to be for a dash to be worth it


def think(bot: Body, gems: Iterable[tuple[int, int, int]], rivals: Iterable[Body]) -> int:
    """The command for this tick: to the gem that is worth the way, or into somebody who has what it wants."""
    if not bot.dash and random.random() < 0.04:
        for rival in rivals:
            if 0 < math.hypot(rival.x - bot.x, rival.y - bot.y) < STRIKE:
                return DASH + GO + towards(bot, rival.x, rival.y)
    gem = min(gems, key=lambda gem: math.hypot(gem[0] - bot.x, gem[1] - bot.y) / gem[2], default=None)
    # Not too good a player, nor one that stands before a tree: mostly it goes on as it was going.
    return GO + (bot.face if gem is None or random.random() < 0.6 else towards(bot, gem[0], gem[1]))


def towards(body: Body, x: int, y: int) -> int:
    """The heading to a place."""
    return round(math.atan2(y - body.y, x - body.x) / ANGLES[1]) % HEADINGS
