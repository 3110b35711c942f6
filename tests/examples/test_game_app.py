"""The game's handlers and its ticks, with clients that have no browser."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from examples.game.match import Match, Player
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


def player_of(game: Any, key: str) -> Player:
    """The bird that somebody plays in the meadow."""
    players: dict[int, Player] = game.matches["meadow"].players
    [player] = [player for player in players.values() if player.key == key]
    return player


def wait_until_heard(client: SocketIOTestClient, player: Player, number: int) -> None:
    while player.heard < number or player.commands:
        client.wait_for("state")


def test_a_page_is_welcome_and_hears_everything_once_and_then_what_differs(game: Any) -> None:
    with connect(game, "Ada", key="new") as ada:
        assert ada.wait_for("welcome")["args"][0]["heard"] == 0
        assert {"Ada"} <= {player["name"] for player in ada.wait_for("match")["args"][0]["players"]}
        whole, base, changes, gone = ada.wait_for("state")["args"]
        assert (base, gone) == (0, [])
        _, base, fewer, _ = ada.wait_for("state")["args"]
        assert base == whole
        assert len(fewer) < len(changes)


def test_commands_are_obeyed_and_their_number_is_in_the_state(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(game, "Ada", key="two") as ada:
        player = player_of(game, "two")
        with monkeypatch.context() as time_stands_still:
            time_stands_still.setattr(game, "advance", lambda match: None)
            ada.emit("play", 2, [32, 33])
            ada.emit("play", 4, [34, 35, 36, 37])
            assert player.commands == [32, 33, 34, 35]
        wait_until_heard(ada, player, 4)
        assert game.matches["meadow"].state()[player.seat][-1] == 4


@pytest.mark.parametrize("auth", [None, {"name": "  ", "match": "meadow"}, {"name": "Ada", "match": 5}])
def test_who_says_no_name_or_match_is_told_so(game: Any, auth: Any) -> None:
    client = game.socketio.test_client(game.app, auth=auth)
    assert client.refusals["/"]["message"] == "Please say who you are, and which match you want to be in."


def test_there_are_so_many_matches_and_no_more(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game, "MOST_MATCHES", len(game.matches))
    client = connect(game, "Ada", match="one more")
    assert "Join one that runs" in client.refusals["/"]["message"]
    assert connect(game, "Ada", match="elsewhere").is_connected()


def test_a_match_that_nobody_looks_at_and_nobody_comes_back_to_is_forgotten(game: Any) -> None:
    with connect(game, "Ada", match="glade"):
        assert "glade" in game.matches
    with connect(game, "Eve", match="elsewhere") as eve:
        while "glade" in game.matches:
            eve.wait_for("state")


@pytest.mark.parametrize(
    "arguments",
    [(1, "32"), ("1", []), (1, [1.5]), (None, []), (10**30, []), (-1, []), (1, [2**53]), (1, [-1]), (True, [])],
)
def test_what_is_no_way_to_play_is_refused(game: Any, arguments: tuple[Any, ...]) -> None:
    with connect(game, "Ada", key="ada") as ada:
        ada.emit("play", *arguments)
        assert ada.wait_for("error")["args"][0]["code"] == "malformed"


def test_who_says_more_than_others_is_not_heard(game: Any) -> None:
    with connect(game, "Ada", key="many") as ada:
        for number in range(40):
            ada.emit("play", number, [32, 32])
        assert ada.wait_for("error")["args"][0]["code"] == "rate_limited"


def test_commands_of_any_number_move_a_bird_and_break_nothing(game: Any) -> None:
    with connect(game, "Ada", key="any") as ada:
        for number, command in enumerate((0, 10**15, 2**53 - 1), start=10):
            ada.emit("play", number, [command])
        wait_until_heard(ada, player_of(game, "any"), 12)


def test_half_an_emoji_in_a_name_becomes_a_question_mark(game: Any) -> None:
    with connect(game, "Ada \ud83d", match="hedge \ud83d", key="half \ud83d") as ada:
        assert card_with(ada, name="Ada ?")
        assert "hedge ?" in game.matches
        game.save()


def test_a_match_that_cannot_go_on_ends_and_all_others_go_on(
    game: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(game, "Ada", match="glade", key="ada") as ada, connect(game, "Eve", match="elsewhere") as eve:
        ada.wait_for("state")
        with monkeypatch.context() as broken:
            broken.setattr(game.matches["glade"], "players", None)
            while "glade" in game.matches:
                eve.wait_for("state")
        assert eve.wait_for("state")
        while ada.is_connected():
            eve.wait_for("state")
    assert "The match glade has ended." in caplog.text
    with connect(game, "Ada", match="glade", key="ada") as ada:
        assert ada.wait_for("state")


@pytest.mark.parametrize("content", [b"", b"[{}]", b'[{"name": 5}]', b"\xff"])
def test_a_file_that_cannot_be_read_is_put_aside(
    game: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    file = tmp_path / "matches.json"
    file.write_bytes(content)
    monkeypatch.setattr(game, "file", file)
    monkeypatch.setattr(game, "matches", {})
    game.load()
    assert [record.getMessage()[:22] for record in caplog.records] == ["No match goes on: " + str(file)[:4]]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [content]
    game.save()
    game.load()
    assert game.matches == {}


def test_a_bird_is_played_by_the_newest_page_that_has_its_key(game: Any) -> None:
    with connect(game, "Ada", key="ada") as old, connect(game, "Ada", key="ada") as new:
        seats = {page.wait_for("welcome")["args"][0]["seat"] for page in (old, new)}
        assert len(seats) == 1
        assert old.wait_for("taken over")
        old.emit("play", 99, [32])
        new.emit("play", 33, [32])
        wait_until_heard(new, player_of(game, "ada"), 33)
        assert player_of(game, "ada").heard == 33


def test_who_wants_another_name_keeps_their_bird(game: Any) -> None:
    with connect(game, "Ada", key="named") as ada:
        player = player_of(game, "named")
        player.gems = 7
        ada.emit("name", " Countess ")
        assert card_with(ada, name="Countess")["players"]
        assert player_of(game, "named") is player
        for nothing in (" ", None, 5):
            ada.emit("name", nothing)
        assert (player.name, player.gems) == ("Countess", 7)


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
        saved = {match.name: match for match in msgspec.json.decode(game.file.read_bytes(), type=list[Match])}
        assert saved["meadow"].players == game.matches["meadow"].players
