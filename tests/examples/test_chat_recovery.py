"""What the chat's server remembers of pages, as the official client sees it, without a browser."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.clients import Client, Node
from tests.examples.chat_driver import ChatServer

Enter = Callable[..., Client]


@pytest.fixture
def enter(server: ChatServer) -> Iterator[Enter]:
    """Lets somebody into the lobby."""
    node = Node()

    def enter(name: str, browser: str) -> Client:
        auth = {"name": name, "browser": browser * 32}
        client = node.connect(server.url, "/", auth, transports=["websocket"], reconnection=False).expect_connect()
        client.ask("join", "lobby")
        return client

    yield enter
    node.stop()


def hears(client: Client, what: str) -> list[Any]:
    """Wait until something happens to a client: an event of that name, or a refusal in these words."""
    while (happened := client.expect())[0] != what:
        pass
    return happened[1:]


def hears_message(client: Client) -> str:
    text: str = hears(client, "message")[0][0]["text"]
    return text


def hears_who_is_here(client: Client) -> list[str]:
    return [person["name"] for person in hears(client, "people")[0][0]["people"]]


def say(client: Client, number: int, text: str) -> dict[str, Any]:
    [answer] = client.ask("post", f"{number:032x}", "lobby", text)
    return dict(answer)


def test_who_comes_back_gets_what_was_said_meanwhile_and_is_still_in_the_room(server: ChatServer, enter: Enter) -> None:
    ada, bob = enter("Ada", "a"), enter("Bob", "b")
    say(ada, 1, "before")
    assert hears_message(bob) == "before"
    bob.close()
    say(ada, 2, "meanwhile")
    server.stop(signal.SIGTERM)
    server.start()
    bob.reconnect({"name": "Bob", "browser": "b" * 32})
    assert hears_message(bob) == "meanwhile"
    ada.reconnect({"name": "Ada", "browser": "a" * 32})
    ada.ask("join", "lobby")
    say(ada, 3, "after")
    assert hears_message(bob) == "after"


def test_who_was_kicked_out_meanwhile_does_not_come_back_into_the_room(enter: Enter) -> None:
    ada, _, tab = enter("Ada", "a"), enter("Bob", "b"), enter("Robert", "b")  # Bob has two tabs
    while "Robert" not in hears_who_is_here(ada):
        pass
    tab.close()
    while "Robert" in hears_who_is_here(ada):
        pass
    assert ada.ask("moderate", "lobby", "kick", "Bob") == []
    say(ada, 1, "not for Bob")
    tab.reconnect({"name": "Robert", "browser": "b" * 32})
    assert hears(tab, "The moderator has kicked you out. You can come back in 10 min.") == [{"code": "kicked"}]
    tab.reconnect({"name": "Robert", "browser": "b" * 32})
    assert tab.ask("join", "kitchen") == []
