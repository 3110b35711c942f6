from __future__ import annotations

import msgspec
import pytest

from examples.game import match as module
from examples.game.match import AWAY, CREDIT, CROWD, DAZE, GOAL, LATE, PAUSE, QUIET, ROUND, SAFE, SEATS, Match, Player
from examples.game.motion import DASH, GO, RADIUS

RIGHT = GO


@pytest.fixture
def match(monkeypatch: pytest.MonkeyPatch) -> Match:
    """A match without bots and without gems but those that a test lays."""
    monkeypatch.setattr(module, "CROWD", 0)
    monkeypatch.setattr(module, "GEMS", 0)
    return Match(name="meadow")


def enter(match: Match, name: str, x: int, y: int) -> Player:
    player = match.seat(name, key=f"key of {name}")
    assert player
    player.sid, player.x, player.y, player.safe = f"sid of {name}", x, y, 0
    return player


def advance(match: Match, ticks: int) -> None:
    for _ in range(ticks):
        match.advance()


def tell(match: Match, player: Player, command: int, ticks: int) -> None:
    """Commands, one for each tick, as a page sends them."""
    for _ in range(ticks):
        player.hear(player.heard + 1, [command])
        match.advance()


def test_somebody_alone_has_a_game() -> None:
    match = Match(name="meadow")
    ada = enter(match, "Ada", 500, 300)
    advance(match, ROUND // 2)
    bots = [player for player in match.players.values() if player is not ada]
    assert len(bots) == CROWD - 1
    assert len({player.name for player in match.players.values()}) == CROWD
    assert all(bot.gems for bot in bots)


def test_bots_make_room_for_people() -> None:
    match = Match(name="meadow")
    for number in range(SEATS):
        enter(match, f"P{number}", 500, 300)
        match.advance()
        assert len(match.players) == max(CROWD, number + 1)
    assert match.seat("late", key="late") is None
    assert match.seat("P3", key="key of P3") is match.player("key of P3")


def test_a_match_full_of_bots_has_a_seat_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CROWD", SEATS)
    monkeypatch.setattr(module, "NAMES", [f"bot {number}" for number in range(SEATS)])
    match = Match(name="meadow")
    match.advance()
    assert len(match.players) == SEATS
    assert match.seat("Ada", key="ada")
    assert len(match.players) == SEATS


def test_a_bird_does_each_command_once(match: Match) -> None:
    ada = enter(match, "Ada", 500, 300)
    ada.hear(1, [RIGHT, RIGHT])
    ada.hear(2, [RIGHT, RIGHT])  # one of them again
    ada.hear(1, [RIGHT])
    assert (ada.heard, len(ada.commands)) == (3, 3)
    advance(match, 3)
    assert (ada.x, ada.commands) == (500 + 8 + 16 + 24, [])
    ada.hear(9, [RIGHT])  # what is lost on the way is not waited for
    assert (ada.heard, len(ada.commands)) == (9, 1)


def test_a_page_that_was_stuck_makes_up_for_it_but_is_not_faster_than_others(match: Match) -> None:
    ada, bob = enter(match, "Ada", 200, 300), enter(match, "Bob", 200, 2700)
    advance(match, CREDIT)
    ada.hear(1, [RIGHT] * 60)
    advance(match, 1)
    assert ada.x > 200 + 10 * 34
    assert len(ada.commands) == LATE
    for _ in range(60):  # twice as many as there are ticks
        ada.hear(ada.heard + 1, [RIGHT, RIGHT])
        tell(match, bob, RIGHT, 1)
    assert bob.x < ada.x <= bob.x + CREDIT * 34


def test_a_bird_that_hears_nothing_comes_to_rest(match: Match) -> None:
    ada = enter(match, "Ada", 500, 300)
    tell(match, ada, RIGHT, 10)
    advance(match, QUIET + 10)
    assert ada.vx == 0


def test_a_gem_goes_to_one_bird(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 620, 300)
    match.gems = {100: (560, 300, 5)}
    match.advance()
    assert sorted((ada.gems, bob.gems)) == [0, 5]
    assert not match.gems


def test_no_gem_grows_under_a_bird(match: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GEMS", 20)
    ada = enter(match, "Ada", 500, 300)
    advance(match, ROUND - 1)
    assert len(match.gems) == 20
    assert ada.gems == 0


def test_a_dash_makes_the_other_drop_a_third_and_no_gem_is_lost(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500 + 5 * RADIUS, 300)
    bob.gems = 9
    while not bob.daze:
        tell(match, ada, RIGHT + DASH, 1)
    assert bob.daze == DAZE
    assert bob.gems == 5
    assert bob.gems + ada.gems + len(match.gems) == 9
    ada.dash = 0
    tell(match, ada, RIGHT + DASH, SAFE // 2)
    assert bob.gems >= 5, "one who was hit is safe for a while"


def test_walking_into_each_other_takes_nothing(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500 + 3 * RADIUS, 300)
    bob.gems = 9
    tell(match, ada, RIGHT, 30)
    assert (bob.gems, bob.daze) == (9, 0)
    assert ada.x <= bob.x - 2 * RADIUS + 1


def test_a_round_ends_in_time_and_the_next_one_begins_with_nothing(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    ada.gems, bob.gems, match.news = 3, 2, False
    advance(match, ROUND)
    assert (match.playing, match.winner, match.news) == (False, ada.seat, True)
    assert (ada.gems, ada.wins, bob.wins) == (3, 1, 0)
    match.gems = {100: (ada.x, ada.y, 1)}
    advance(match, PAUSE)
    assert (match.playing, ada.gems, bob.gems, ada.wins) == (True, 0, 0, 1)
    assert match.until == match.tick + ROUND


def test_the_goal_ends_a_round_at_once(match: Match) -> None:
    enter(match, "Ada", 500, 300).gems = GOAL
    match.advance()
    assert not match.playing


def test_two_with_the_same_win_both_and_nobody_with_nothing_does(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    advance(match, ROUND)
    assert (match.winner, ada.wins, bob.wins) == (-1, 0, 0)
    advance(match, PAUSE)
    ada.gems = bob.gems = 4
    advance(match, ROUND)
    assert (match.winner, ada.wins, bob.wins) == (-1, 1, 1)


def test_who_is_away_for_long_has_left(match: Match) -> None:
    ada, _ = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    ada.sid, ada.gone = "", match.tick
    advance(match, AWAY)
    assert match.player("key of Ada") is ada
    match.advance()
    assert match.player("key of Ada") is None


def test_a_saved_match_is_the_same_match() -> None:
    match = Match(name="meadow")
    enter(match, "Ada", 500, 300)
    advance(match, 300)
    assert msgspec.json.decode(msgspec.json.encode([match]), type=list[Match]) == [match]
