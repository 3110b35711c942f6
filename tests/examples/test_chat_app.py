"""The chat's handlers, with clients that have no browser."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from flask_socketio import SocketIOTestClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)

numbers = itertools.count(1)


def new_id() -> str:
    return f"{next(numbers):032x}"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module, with a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAT_FOLDER", str(tmp_path_factory.mktemp("chat")))
        yield importlib.import_module("examples.chat.app")


class Page:
    """Somebody's page, in a room."""

    def __init__(self, chat: Any, name: str, room: str, browser: str = "") -> None:
        self.name, self.room = name, room
        self.browser = browser or new_id()
        auth = {"name": name, "browser": self.browser}
        self.client: SocketIOTestClient = chat.socketio.test_client(chat.app, auth=auth)
        self.answer = self.ask("join") if self.client.is_connected() else self.client.refusals["/"]

    def ask(self, event: str, *arguments: Any) -> Any:
        """Send an event about the room; returns the answer."""
        return self.client.emit(event, self.room, *arguments, callback=True)

    def say(self, text: str, id: str = "", size: Any = None) -> Any:
        return self.client.emit("post", id or new_id(), self.room, text, size, callback=True)

    def share(self, name: str, content: bytes, id: str = "") -> Any:
        id = id or new_id()
        self.client.emit("chunk", id, self.room, 0, content, callback=True)
        return self.say(name, id, len(content))["message"]

    def refused(self, answer: Any) -> Any:
        """The code of what is an error."""
        return answer["error"]["code"]

    def hears(self, event: str) -> list[Any]:
        """What has come of an event since this was asked last, of any."""
        taken = [each["args"] for each in self.client.get_received() if each["name"] == event]
        return taken if event == "message" else [args[0] for args in taken]

    def heard(self) -> list[str]:
        return [message["text"] for message in self.hears("message")]


def fetch(chat: Any, id: str) -> TestResponse:
    """What the address of a file answers."""
    response: TestResponse = chat.app.test_client().get(f"/files/{id}", buffered=True)
    return response


@pytest.fixture
def room() -> str:
    """A room of this test's own."""
    return f"room-{next(numbers)}"


@pytest.fixture
def ada(chat: Any, room: str) -> Iterator[Page]:
    """Ada, who opens the room."""
    ada = Page(chat, "Ada", room)
    with ada.client:
        yield ada


@pytest.fixture
def bob(chat: Any, room: str, ada: Page) -> Iterator[Page]:
    """Bob, who comes in."""
    bob = Page(chat, "Bob", room)
    with bob.client:
        ada.client.get_received()
        bob.client.get_received()
        yield bob


@pytest.mark.parametrize("auth", [None, {}, {"name": "Ada"}, {"name": "", "browser": "0" * 32}])
def test_who_does_not_say_who_they_are_is_not_let_in(chat: Any, auth: Any) -> None:
    client = chat.socketio.test_client(chat.app, auth=auth)
    assert client.refusals["/"]["data"]["code"] in ("bad_name", "bad_id")


def test_a_name_that_is_in_use_is_refused_in_words(chat: Any, ada: Page) -> None:
    other = Page(chat, "ADA", ada.room)
    assert other.answer["message"] == "Somebody called Ada is here already. Please choose another name."
    assert other.answer["data"] == {"code": "name_taken"}


def test_everybody_in_a_room_hears_what_is_said_there(chat: Any, ada: Page, bob: Page) -> None:
    with Page(chat, "Cyd", "elsewhere").client as cyd:
        answer = ada.say(" Hello ")
        assert answer["message"]["text"] == "Hello"
        assert ada.heard() == bob.heard() == ["Hello"]
        assert "message" not in [each["name"] for each in cyd.get_received()]


def test_a_message_that_comes_again_is_answered_again_and_heard_once(ada: Page, bob: Page) -> None:
    id = new_id()
    assert ada.say("Hello", id) == ada.say("Hello", id)
    assert bob.heard() == ["Hello"]
    assert [message["text"] for message in bob.ask("history")["messages"]] == ["Hello"]


def test_a_bad_message_is_refused_and_nobody_hears_of_it(ada: Page, bob: Page) -> None:
    assert ada.refused(ada.say("")) == "bad_text"
    assert ada.refused(ada.say("Hello", "no id")) == "bad_id"
    ada.room = "no room"
    assert ada.refused(ada.say("Hello")) == "bad_room"
    assert bob.heard() == []


def test_the_history_is_read_from_a_place_on_and_searched(ada: Page) -> None:
    places = [ada.say(text)["message"]["at"] for text in ("one", "two", "another one")]
    texts = [[message["text"] for message in ada.ask("history", *about)["messages"]]
             for about in ((), (places[0],), (None, places[2]), (None, None, "one"))]  # fmt: skip
    assert texts == [["one", "two", "another one"], ["two", "another one"], ["one", "two"], ["another one", "one"]]


@pytest.mark.parametrize("place", [2**63, -1, "1", [1], {}, True, 1.5])
def test_what_is_no_place_in_the_history_is_refused(ada: Page, place: Any) -> None:
    assert ada.refused(ada.ask("history", place)) == "bad_place"
    assert ada.refused(ada.ask("history", None, place)) == "bad_place"


def test_a_typing_hint_goes_to_the_others(ada: Page, bob: Page) -> None:
    ada.ask("typing")
    assert bob.hears("typing") == [{"room": ada.room, "name": "Ada"}]
    assert ada.hears("typing") == []


def test_the_room_hears_who_comes_and_goes_and_several_tabs_are_one(chat: Any, ada: Page) -> None:
    def names() -> list[str]:
        return [person["name"] for person in ada.hears("people")[-1]["people"]]

    bob = Page(chat, "Bob", ada.room)
    assert names() == ["Ada", "Bob"]
    with Page(chat, "Bob", ada.room, bob.browser).client:
        assert names() == ["Ada", "Bob"]
        bob.client.close()
        assert names() == ["Ada", "Bob"]
    assert names() == ["Ada"]


def test_who_enters_another_room_leaves_the_one_before(chat: Any, ada: Page, bob: Page) -> None:
    bob.room = f"{ada.room}-too"
    bob.ask("join")
    assert [person["name"] for person in ada.hears("people")[-1]["people"]] == ["Ada"]
    ada.say("Where is Bob?")
    assert bob.heard() == []


def test_a_file_comes_in_chunks_and_goes_on_after_a_break(chat: Any, ada: Page, bob: Page) -> None:
    id, content = new_id(), os.urandom(1000)

    def send(page: Page, at: int, data: bytes | None) -> int:
        have: int = page.client.emit("chunk", id, page.room, at, data, callback=True)["have"]
        return have

    assert send(ada, 0, None) == 0
    assert send(ada, 0, content[:600]) == 600
    again = Page(chat, "Ada", ada.room, ada.browser)
    assert send(again, 0, None) == 600
    assert send(again, 0, content[:600]) == 600
    assert again.refused(again.say("a.bin", id, 1000)) == "incomplete"
    assert send(again, 600, content[600:]) == 1000
    message = again.say("a.bin", id, 1000)["message"]
    again.client.close()
    assert bob.hears("message") == [message]
    assert fetch(chat, id).data == content


def test_a_question_about_a_file_makes_none(chat: Any, ada: Page) -> None:
    before = sorted(chat.files.iterdir())
    assert ada.client.emit("chunk", new_id(), ada.room, 0, None, callback=True) == {"have": 0}
    assert ada.client.emit("chunk", new_id(), ada.room, callback=True) == {"have": 0}
    assert sorted(chat.files.iterdir()) == before


def test_a_file_without_a_name_is_not_shared(chat: Any, ada: Page) -> None:
    id = new_id()
    ada.client.emit("chunk", id, ada.room, 0, PNG, callback=True)
    assert ada.refused(ada.say(" ", id, len(PNG))) == "bad_text"
    assert ada.say("a.png", id, len(PNG))["message"]["text"] == "a.png"


def test_who_sends_chunks_all_the_time_is_stopped(ada: Page) -> None:
    id = new_id()
    answers = [ada.client.emit("chunk", id, ada.room, callback=True) for _ in range(500)]
    assert ada.refused(answers[-1]) == "rate_limited"


def test_a_picture_is_shown_and_keeps_its_name(chat: Any, ada: Page) -> None:
    message = ada.share("my cät.png", PNG)
    assert (message["type"], message["size"]) == ("image/png", len(PNG))
    response = fetch(chat, message["id"])
    assert response.data == PNG
    assert response.mimetype == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "my%20c%C3%A4t.png" in response.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("cat.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("cat.png", b"<script>alert(1)</script>"),
        ("script.js", b"alert(1)"),
        ("a\r\nSet-Cookie: b.html", b"<script>alert(1)</script>"),
        ("ü" * 2000, b"a name that is too long"),
    ],
)
def test_what_could_run_script_is_only_saved(chat: Any, ada: Page, name: str, content: bytes) -> None:
    message = ada.share(name, content)
    response = fetch(chat, message["id"])
    assert response.data == content
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers


def test_what_is_shared_does_not_change_any_more(chat: Any, ada: Page, bob: Page) -> None:
    id = ada.share("a.bin", b"what Ada has shared")["id"]
    for page in (ada, bob):
        answer = page.client.emit("chunk", id, page.room, 19, b", and more", callback=True)
        assert page.refused(answer) == "shared"
    assert ada.client.emit("chunk", id, ada.room, 0, None, callback=True) == {"have": 19}
    assert fetch(chat, id).data == b"what Ada has shared"


def test_only_shared_files_are_served(chat: Any, ada: Page) -> None:
    id = new_id()
    ada.client.emit("chunk", id, ada.room, 0, b"half of it", callback=True)
    text = ada.say("no file")["message"]["id"]
    for address in (id, text, "..", "..%2Fchat.sqlite3", "x"):
        assert fetch(chat, address).status_code == 404


def test_who_opens_a_room_moderates_it_and_nobody_else(ada: Page, bob: Page) -> None:
    assert bob.refused(bob.ask("moderate", "mute", "Ada")) == "no_moderator"
    assert ada.ask("moderate", "mute", "Bob") == []
    state = bob.hears("people")[-1]
    assert [(each["moderates"], each["muted"]) for each in state["people"]] == [(True, False), (False, True)]
    assert bob.refused(bob.say("But")) == "muted"
    assert bob.refused(bob.client.emit("chunk", new_id(), bob.room, 0, PNG, callback=True)) == "muted"
    ada.ask("moderate", "unmute", "Bob")
    bob.say("Thank you")
    assert ada.heard() == ["Thank you"]


@pytest.mark.parametrize("name", ["Cyd", None, ["Bob"], {}])
def test_nothing_is_decided_about_who_is_not_here(ada: Page, bob: Page, name: Any) -> None:
    assert ada.refused(ada.ask("moderate", "mute", name)) == "gone"


def test_who_is_kicked_out_leaves_with_all_tabs_and_is_not_let_back_under_any_name(
    chat: Any, ada: Page, bob: Page
) -> None:
    tab = Page(chat, "Robert", bob.room, bob.browser)
    ada.ask("moderate", "kick", "Bob")
    assert [person["name"] for person in ada.hears("people")[-1]["people"]] == ["Ada"]
    ada.say("They are gone")
    for page in (bob, tab):
        came = [each["name"] for each in page.client.get_received()]
        assert came.count("kicked") == 1
        assert "message" not in came
        assert page.refused(page.say("Let me in")) == page.refused(page.ask("join")) == "kicked"
    again = Page(chat, "Bobby", bob.room, bob.browser)
    assert again.answer["error"]["message"] == "The moderator has kicked you out. You can come back in 10 min."
    for answer in (again.say("Let me in"), again.ask("history"), again.ask("typing")):
        assert again.refused(answer) == "kicked"
    again.room = f"{bob.room}-too"
    again.ask("join")
    assert again.say("Alone")["message"]["text"] == "Alone"
    again.client.close()


def test_in_slow_mode_a_second_message_waits_and_one_that_comes_again_does_not(ada: Page, bob: Page) -> None:
    ada.ask("moderate", "pace", 30)
    assert bob.hears("people")[-1]["pace"] == 30
    id = new_id()
    first = bob.say("one", id)
    assert bob.refused(bob.say("two")) == "slow_mode"
    assert bob.say("one", id) == first
    ada.say("one")
    ada.say("two")
    assert bob.heard() == ["one", "one", "two"]
