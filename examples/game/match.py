"""A match: birds, gems and rounds. It knows of no socket and no clock: `advance` is one tick."""

import math
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from operator import attrgetter

from examples.game import motion
from examples.game.deltas import State
from examples.game.motion import DASH_PAUSE, DAZE_TICKS, HEIGHT, RADIUS, SAFE_TICKS, TICKS, WIDTH, Body

SEATS = 16
BOTS = ["Pica", "Corvus", "Jackdaw", "Rook", "Jay", "Chough", "Treepie", "Raven"]
CROWD = min(int(os.environ.get("GAME_CROWD", "4")), len(BOTS))  # so many birds there are at least
ROUND, PAUSE = int(os.environ.get("GAME_SECONDS", "90")) * TICKS, 8 * TICKS
AWAY = 60 * TICKS  # who is gone for longer has left
GEMS, SOWN_EVERY, PRECIOUS = 20, 8, 5  # how many lie about, how soon another one does, what every tenth is worth

Gem = tuple[int, int, int]  # x, y, worth
shown = attrgetter("x", "y", "vx", "vy", "face", "dash", "daze", "gems", "heard")  # of a bird; see states.js, too


@dataclass(kw_only=True)
class Player(Body):
    """A bird and who plays it: a page by its `key`, a secret, on the connection `sid`, "" while it has none."""

    seat: int
    name: str
    key: str = ""  # of a bot
    sid: str = ""
    seen: int  # the tick in which it was last here
    spoke: int = 0  # the tick in which its page last had commands for it
    gems: int = 0
    heard: int = 0  # the number of the last command that came
    commands: list[int] = field(default_factory=list)  # those that came since the last tick


@dataclass(kw_only=True)
class Match:
    """All there is to know of a match, of values that can be saved as they are."""

    name: str
    tick: int = 0
    until: int = ROUND  # the tick in which the round, or the pause after it, ends
    playing: bool = True  # it is a round
    players: dict[int, Player] = field(default_factory=dict)  # by seat
    gems: dict[int, Gem] = field(default_factory=dict)  # by id, greater than any seat
    last_gem: int = SEATS

    def seat(self, name: str, key: str = "") -> Player | None:
        """Let somebody play, who has their bird back if it is still there. None if there is no seat left."""
        player = next((each for each in self.players.values() if key and each.key == key), None)
        free = next((seat for seat in range(SEATS) if seat not in self.players), None)
        if not player and free is not None:
            player = self.players[free] = Player(seat=free, name=name, key=key, seen=self.tick)
            self._place(player)
        if player:
            player.name, player.spoke = name, self.tick
        return player

    def advance(self) -> None:
        """One tick."""
        self.tick += 1
        self._come_and_go()
        for player in self.players.values():
            self._move(player)
        for one, other in combinations(self.players.values(), 2):
            self._meet(one, other)
        if self.playing:
            self._gather()
        if self.tick >= self.until:  # the round is over; or the pause after it, and the next one begins with nothing
            self.playing = not self.playing
            self.until = self.tick + (ROUND if self.playing else PAUSE)
            if self.playing:
                self.gems.clear()
                for player in self.players.values():
                    self._place(player)

    def state(self) -> State:
        """What moves, by id."""
        return {seat: shown(bird) for seat, bird in self.players.items()} | self.gems

    def card(self) -> dict[str, object]:
        """What changes seldom, and is not to be missed."""
        players = [
            {"seat": each.seat, "name": each.name, "bot": not each.key, "away": self._is_away(each)}
            for each in self.players.values()
        ]
        return {"playing": self.playing, "until": self.until, "players": players}

    def _is_away(self, player: Player) -> bool:
        """Its connection is broken, or its page has been silent for a second: it is in the background, say."""
        return bool(player.key) and (not player.sid or self.tick - player.spoke > TICKS)

    def _come_and_go(self) -> None:
        for player in list(self.players.values()):
            if player.sid or not player.key:
                player.seen = self.tick
            if self.tick - player.seen > AWAY or (not player.key and len(self.players) > CROWD):
                del self.players[player.seat]
        while len(self.players) < CROWD:
            taken = {player.name for player in self.players.values()}
            self.seat(random.choice([name for name in BOTS if name not in taken]))

    def _move(self, player: Player) -> None:
        if not player.key:
            player.commands = [think(player, self.gems.values())]
        elif player.sid and player.commands:
            player.spoke = self.tick
        elif self._is_away(player):
            player.commands = [0]  # it comes to rest
        for command in player.commands:
            motion.step(player, command)
        player.commands = []

    def _meet(self, one: Player, other: Player) -> None:
        if not motion.push_out(one, other.x, other.y, 2 * RADIUS):
            return
        motion.stay_on_field(one)
        for runner, hit in ((one, other), (other, one)):
            if self.playing and runner.dash > DASH_PAUSE and not hit.daze:
                hit.vx, hit.vy = motion.SPRINT[runner.face]
                runner.dash, hit.daze = DASH_PAUSE, DAZE_TICKS + SAFE_TICKS
                for _ in range(min(hit.gems, 1 + hit.gems // 3)):
                    hit.gems -= 1
                    self._lay(hit.x + random.randint(-450, 450), hit.y + random.randint(-450, 450))

    def _gather(self) -> None:
        for bird in self.players.values():
            for id, (x, y, worth) in list(self.gems.items()):
                if bird.daze <= SAFE_TICKS and abs(bird.x - x) + abs(bird.y - y) < 2 * RADIUS:
                    bird.gems += worth
                    del self.gems[id]
        if len(self.gems) < GEMS and self.tick % SOWN_EVERY == 0:
            x, y = random.randint(0, WIDTH), random.randint(0, HEIGHT)
            if all(abs(bird.x - x) + abs(bird.y - y) > 5 * RADIUS for bird in self.players.values()):
                self._lay(x, y, 1 if self.last_gem % 10 else PRECIOUS)

    def _lay(self, x: int, y: int, worth: int = 1) -> None:
        place = Body(x=x, y=y)
        motion.stay_on_field(place)
        self.last_gem += 1
        self.gems[self.last_gem] = (place.x, place.y, worth)

    def _place(self, player: Player) -> None:
        player.x, player.y, player.vx, player.vy = random.randint(0, WIDTH), random.randint(0, HEIGHT), 0, 0
        player.gems, player.dash, player.daze = 0, 0, SAFE_TICKS
        motion.stay_on_field(player)


def think(bot: Body, gems: Iterable[Gem]) -> int:
    """The command of a bot, which sees no more than a person does: to the gem that is worth the way."""
    gem = min(gems, key=lambda gem: math.hypot(gem[0] - bot.x, gem[1] - bot.y) / gem[2], default=None)
    heading = bot.face
    if gem and random.random() < 0.4:  # not too good a player, nor one that stands before a tree
        heading = round(math.atan2(gem[1] - bot.y, gem[0] - bot.x) / motion.ANGLES[1]) % motion.HEADINGS
    return heading + motion.GO + motion.DASH * (random.random() < 0.01)
