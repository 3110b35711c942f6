"""The game's handlers and its ticks, with clients that have no browser."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from examples.game.match import Match
from flask_socketio import SocketIOTestClient


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module, with a folder of its own; somebody is there all the time, so that the ticks go on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAME_FOLDER", str(tmp_path_factory.mktemp("game")))
        game = importlib.import_module("examples.game.app")
        with connect(game, "Eve", match="elsewhere"):
            yield game


def connect(game: Any, name: str, *, match: str = "meadow", key: str = "") -> SocketIOTestClient:
    client: SocketIOTestClient = game.socketio.test_client(game.app, auth={"name": name, "match": match, "key": key})
    return client


def card_with(client: SocketIOTestClient, **wanted: Any) -> dict[str, Any]:
    """The next news of a match in which a player is so."""
    while True:
        card: dict[str, Any] = client.wait_for("match")["args"][0]
        if any(wanted.items() <= player.items() for player in card["players"]):
            return card


def test_a_page_is_welcome_and_hears_of_the_match_in_full_first_and_then_of_what_it_has_not(game: Any) -> None:
    with connect(game, "Ada", key="ada") as ada:
        welcome = ada.wait_for("welcome")["args"][0]
        assert welcome["heard"] == 0
        tick, base, changes, gone, done = ada.wait_for("state")["args"]
        assert (base, gone, done) == (0, [], 0)
        ada.emit("play", tick, 1, [32, 32])
        while not done:
            later, base, fewer, _, done = ada.wait_for("state")["args"]
        assert (base, done) == (tick, 2)
        assert fewer[:2] != changes[:2]  # not all of the first bird's values again
        assert later > tick


@pytest.mark.parametrize("auth", [None, {"name": "  ", "match": "meadow"}, {"name": "Ada", "match": 5}])
def test_who_says_no_name_or_match_is_told_so(game: Any, auth: Any) -> None:
    client = game.socketio.test_client(game.app, auth=auth)
    assert client.refusals["/"]["message"] == "Please say who you are, and which match you want to be in."


def test_there_are_so_many_matches_and_no_more(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game, "MOST_MATCHES", len(game.matches))
    client = connect(game, "Ada", match="one more")
    assert "Join one that runs" in client.refusals["/"]["message"]
    assert connect(game, "Ada", match="elsewhere").is_connected()


@pytest.mark.parametrize("arguments", [(1, 1, "32"), ("1", 1, []), (1, 1, [1.5]), (1, None, [])])
def test_what_is_no_way_to_play_is_refused(game: Any, arguments: tuple[Any, ...]) -> None:
    with connect(game, "Ada", key="ada") as ada:
        ada.emit("play", *arguments)
        assert ada.wait_for("error")["args"][0]["code"] == "malformed"


def test_commands_of_any_number_move_a_bird_and_break_nothing(game: Any) -> None:
    with connect(game, "Ada", match="numbers", key="ada") as ada:
        ada.emit("play", 0, 1, [-1, 10**15, 127])
        done = 0
        while done < 3:
            *_, done = ada.wait_for("state")["args"]


def test_a_bird_is_played_by_the_newest_page_that_has_its_key(game: Any) -> None:
    with connect(game, "Ada", key="ada") as old, connect(game, "Ada", key="ada") as new:
        seats = {page.wait_for("welcome")["args"][0]["seat"] for page in (old, new)}
        assert len(seats) == 1
        old.emit("play", 0, 1, [32])
        new.emit("play", 0, 1, [32, 32, 32])
        done = 0
        while not done:
            *_, done = new.wait_for("state")["args"]
        assert game.matches["meadow"].player("ada").heard == 3


def test_who_says_goodbye_leaves_at_once_and_who_is_lost_is_waited_for(game: Any) -> None:
    with connect(game, "Ada", key="ada") as ada:
        bob, cyd = connect(game, "Bob", key="bob"), connect(game, "Cyd", key="cyd")
        card_with(ada, name="Cyd", away=False)
        bob.disconnect()
        cyd.close()  # without a word
        card = card_with(ada, name="Cyd", away=True)
        assert "Bob" not in {player["name"] for player in card["players"]}


def test_who_only_watches_has_no_bird_and_hears_all(game: Any) -> None:
    with connect(game, "Eve") as eve:
        assert eve.wait_for("welcome")["args"][0]["seat"] is None
        assert "Eve" not in {player["name"] for player in eve.wait_for("match")["args"][0]["players"]}
        assert eve.wait_for("state")


def test_matches_are_saved_as_they_are(game: Any) -> None:
    with connect(game, "Ada", key="ada") as ada:
        ada.wait_for("state")
        game.save()
        saved = msgspec.json.decode(game.file.read_bytes(), type=list[Match])
        assert next(match for match in saved if match.name == "meadow").player("ada")
