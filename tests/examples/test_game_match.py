from __future__ import annotations

from typing import Any

import msgspec
import pytest

from examples.game import match as module
from examples.game.match import AWAY, BOTS, CROWD, PAUSE, ROUND, SEATS, Match, Player
from examples.game.motion import DASH, DAZE_TICKS, GO, RADIUS, SAFE_TICKS, TICKS

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
    player.sid, player.x, player.y, player.daze = f"sid of {name}", x, y, 0
    return player


def advance(match: Match, ticks: int) -> None:
    for _ in range(ticks):
        match.advance()


def tell(match: Match, player: Player, command: int, ticks: int) -> None:
    """Commands, one for each tick, as a page sends them."""
    for _ in range(ticks):
        player.commands.append(command)
        match.advance()


def who_is_away(match: Match) -> dict[str, bool]:
    card: Any = match.card()
    return {each["name"]: each["away"] for each in card["players"]}


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
    assert match.seat("P3", key="key of P3") in match.players.values()


def test_there_are_names_for_all_bots_and_seats_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CROWD", len(BOTS))
    match = Match(name="meadow")
    match.advance()
    assert {player.name for player in match.players.values()} == set(BOTS)
    assert len(BOTS) < SEATS


def test_a_bird_does_what_it_is_told_and_once(match: Match) -> None:
    ada = enter(match, "Ada", 500, 300)
    ada.commands += [RIGHT, RIGHT, RIGHT]
    advance(match, 3)
    assert (ada.x, ada.commands) == (500 + 8 + 16 + 24, [])


def test_who_is_gone_comes_to_rest(match: Match) -> None:
    ada = enter(match, "Ada", 500, 300)
    tell(match, ada, RIGHT, 10)
    ada.sid = ""
    advance(match, 10)
    assert ada.vx == 0


def test_whose_page_falls_silent_comes_to_rest_is_away_and_can_be_hit(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    ada.daze = SAFE_TICKS
    tell(match, ada, RIGHT, 10)
    assert ada.vx > 0
    for _ in range(TICKS + SAFE_TICKS):
        tell(match, bob, RIGHT, 1)
    assert (ada.vx, ada.daze) == (0, 0)
    assert who_is_away(match) == {"Ada": True, "Bob": False}
    tell(match, ada, RIGHT, 1)
    assert ada.vx > 0
    assert who_is_away(match) == {"Ada": False, "Bob": False}


def test_who_comes_back_under_another_name_has_their_bird_and_the_new_name(match: Match) -> None:
    ada = enter(match, "Ada", 500, 300)
    assert match.seat("Countess", key=ada.key) is ada
    assert ada.name == "Countess"


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
    assert bob.daze == DAZE_TICKS + SAFE_TICKS
    assert bob.gems == 5
    assert bob.gems + ada.gems + len(match.gems) == 9
    ada.dash = 0
    tell(match, ada, RIGHT + DASH, SAFE_TICKS // 2)
    assert bob.gems >= 5, "one who was hit is safe for a while"


def test_walking_into_each_other_takes_nothing(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500 + 3 * RADIUS, 300)
    bob.gems = 9
    tell(match, ada, RIGHT, 30)
    assert (bob.gems, bob.daze) == (9, 0)
    assert ada.x <= bob.x - 2 * RADIUS + 1


def test_a_round_ends_in_time_and_the_next_one_begins_with_nothing(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    ada.gems, bob.gems = 3, 2
    advance(match, ROUND)
    assert (match.playing, ada.gems, bob.gems) == (False, 3, 2)
    match.gems = {100: (ada.x, ada.y, 1)}
    advance(match, PAUSE)
    assert (match.playing, ada.gems, bob.gems) == (True, 0, 0)
    assert not match.gems
    assert match.until == match.tick + ROUND


def test_who_is_away_for_long_has_left(match: Match) -> None:
    ada, bob = enter(match, "Ada", 500, 300), enter(match, "Bob", 500, 2700)
    match.advance()
    ada.sid = ""
    advance(match, AWAY)
    assert match.seat("Ada", key="key of Ada") is ada
    match.advance()
    assert list(match.players.values()) == [bob]


def test_a_saved_match_is_the_same_match() -> None:
    match = Match(name="meadow")
    enter(match, "Ada", 500, 300)
    advance(match, 300)
    assert msgspec.json.decode(msgspec.json.encode([match]), type=list[Match]) == [match]
