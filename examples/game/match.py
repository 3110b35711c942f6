"""A match: birds, gems and rounds. It knows of no socket and no clock: `advance` is one tick.

A round ends in time, or when somebody has the goal. Then there is a pause, and the next one begins with nothing.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from examples.game.bots import NAMES, think
from examples.game.deltas import State
from examples.game.motion import DASH_PAUSE, HEIGHT, RADIUS, SPRINT, TICKS, WIDTH, Body, push_out, stay_on_field, step

SEATS = 16
CROWD = int(os.environ.get("GAME_CROWD", "4"))  # so many birds there are at least: bots, where there are no people
ROUND, PAUSE, GOAL = int(os.environ.get("GAME_SECONDS", "90")) * TICKS, 8 * TICKS, 60
AWAY = 60 * TICKS  # who is gone for longer has left
GEMS, SOWN_EVERY, PRECIOUS = 20, 8, 5  # how many lie about, how soon another one does, what every tenth is worth
DAZE, SAFE = 20, 75  # ticks for which one who was hit obeys nothing, and cannot be hit again
CREDIT, LATE = (
    15,
    3,
)  # commands that are made up for after the network was stuck; that then may wait. Others are too late
QUIET = 15  # ticks after which a bird that hears nothing comes to rest


@dataclass(kw_only=True)
class Player(Body):
    """A bird and who plays it: a page by its `key`, a secret, on the connection `sid`, "" while it has none."""

    seat: int
    name: str
    key: str = ""  # of a bot
    sid: str = ""
    gone: int = 0  # the tick in which it lost its connection
    gems: int = 0
    wins: int = 0
    safe: int = 0
    heard: int = 0  # the number of the last command that came
    commands: list[int] = field(default_factory=list)  # those that wait
    credit: int = 0
    quiet: int = 0

    def hear(self, first: int, commands: Sequence[int]) -> None:
        """Commands from its page, numbered from `first` on. What was heard before is not heard twice."""
        self.commands += commands[max(0, self.heard + 1 - first) :]
        self.heard = max(self.heard, first + len(commands) - 1)


@dataclass(kw_only=True)
class Match:
    """All there is to know of a match, of values that can be saved as they are."""

    name: str
    tick: int = 0
    until: int = ROUND  # the tick in which the round, or the pause, ends
    playing: bool = True  # it is a round
    winner: int = -1  # of the last one: a seat, -1 for nobody
    players: dict[int, Player] = field(default_factory=dict)  # by seat
    gems: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # by id, greater than any seat: x, y, worth
    last_gem: int = SEATS
    idle: int = 0  # ticks for which nobody has looked
    news: bool = True  # something in `card` has changed

    def player(self, key: str) -> Player | None:
        """Whose key that is."""
        return next((player for player in self.players.values() if player.key == key), None)

    def seat(self, name: str, key: str = "") -> Player | None:
        """Let somebody play, who has their bird back if it is still there. None if there is no seat left."""
        player = self.player(key) if key else None
        bots = [each for each in self.players.values() if not each.key]
        if not player and len(self.players) == SEATS and bots:
            self.unseat(bots[0])
        free = next((seat for seat in range(SEATS) if seat not in self.players), None)
        if not player and free is not None:
            player = self.players[free] = Player(seat=free, name=name, key=key, gone=self.tick)
            self._place(player)
        self.news = True
        return player

    def unseat(self, player: Player) -> None:
        """Somebody plays no longer."""
        del self.players[player.seat]
        self.news = True

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
        if self.tick >= self.until or (self.playing and any(each.gems >= GOAL for each in self.players.values())):
            self._turn()

    def state(self) -> State:
        """What moves, by id; static/states.js names the numbers."""
        birds: State = {
            seat: (bird.x, bird.y, bird.vx, bird.vy, bird.face, bird.dash, bird.daze, int(bird.safe > 0), bird.gems)
            for seat, bird in self.players.items()
        }
        return {**birds, **self.gems}

    def card(self) -> dict[str, object]:
        """What changes seldom, and is not to be missed."""
        players = [
            {"seat": each.seat, "name": each.name, "wins": each.wins, "gems": each.gems, "bot": not each.key,
             "away": bool(each.key and not each.sid)} for each in self.players.values()
        ]  # fmt: skip
        return {"playing": self.playing, "until": self.until, "winner": self.winner, "players": players}

    def _come_and_go(self) -> None:
        for player in list(self.players.values()):
            has_left = player.key and not player.sid and self.tick - player.gone > AWAY
            if has_left or (not player.key and len(self.players) > CROWD):
                self.unseat(player)
        while len(self.players) < CROWD:
            taken = {player.name for player in self.players.values()}
            self.seat(random.choice([name for name in NAMES if name not in taken]))

    def _move(self, player: Player) -> None:
        if not player.key:
            rivals = [other for other in self.players.values() if other.gems and not other.safe]
            player.commands = [think(player, self.gems.values(), rivals)]
        player.credit = min(player.credit + 1, CREDIT)
        player.quiet = 0 if player.commands else player.quiet + 1
        due = player.commands[: player.credit] or [0] * (player.quiet > QUIET)
        player.commands = player.commands[len(due) :][-LATE:]
        player.credit -= len(due)
        player.safe = max(0, player.safe - 1)
        for command in due:
            step(player, command)

    def _meet(self, one: Player, other: Player) -> None:
        if not push_out(one, other.x, other.y, 2 * RADIUS):
            return
        stay_on_field(one)
        for runner, hit in ((one, other), (other, one)):
            if self.playing and runner.dash > DASH_PAUSE and not hit.safe:
                hit.vx, hit.vy = SPRINT[runner.face]
                runner.dash, hit.daze, hit.safe = DASH_PAUSE, DAZE, SAFE
                for _ in range(min(hit.gems, 1 + hit.gems // 3)):
                    hit.gems -= 1
                    self._lay(Body(x=hit.x + random.randint(-450, 450), y=hit.y + random.randint(-450, 450)))

    def _gather(self) -> None:
        for player in self.players.values():
            for id, (x, y, worth) in list(self.gems.items()):
                if not player.daze and abs(player.x - x) + abs(player.y - y) < 2 * RADIUS:
                    player.gems += worth
                    del self.gems[id]
        begins = self.until - self.tick > ROUND - GEMS // 2
        if len(self.gems) < GEMS and (begins or self.tick % SOWN_EVERY == 0):
            spot = _somewhere()
            if all(abs(each.x - spot.x) + abs(each.y - spot.y) > 5 * RADIUS for each in self.players.values()):
                self._lay(spot, worth=1 if self.last_gem % 10 else PRECIOUS)

    def _lay(self, place: Body, worth: int = 1) -> None:
        stay_on_field(place)
        self.last_gem += 1
        self.gems[self.last_gem] = (place.x, place.y, worth)

    def _turn(self) -> None:
        """The round is over, or the pause after it."""
        self.news = True
        self.playing = not self.playing
        self.until = self.tick + (ROUND if self.playing else PAUSE)
        if self.playing:
            self.gems.clear()
            for player in self.players.values():
                self._place(player)
            return
        best = max((player.gems for player in self.players.values()), default=0)
        winners = [player for player in self.players.values() if player.gems == best > 0]
        self.winner = winners[0].seat if len(winners) == 1 else -1
        for player in winners:
            player.wins += 1

    def _place(self, player: Player) -> None:
        spot = _somewhere()
        player.x, player.y, player.vx, player.vy = spot.x, spot.y, 0, 0
        player.gems, player.dash, player.daze, player.safe = 0, 0, 0, SAFE


def _somewhere() -> Body:
    spot = Body(x=random.randint(0, WIDTH), y=random.randint(0, HEIGHT))
    stay_on_field(spot)
    return spot
