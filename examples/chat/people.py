"""Who is here, and in which room. Kept in memory: after a restart the browsers come back and say who they are."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from examples.chat.rules import Refused


@dataclass
class Person:
    """Somebody at the other end of one connection."""

    name: str
    browser: str
    room: str | None = None


class People:
    """Everybody with an open connection, by its sid. May be used from any thread."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._lock = threading.Lock()

    def enter(self, sid: str, name: str, browser: str) -> None:
        """Let somebody in. Refused if the name is in use in another browser.

        A browser keeps its name: in a second tab, or when it comes back before the server noticed that it was gone.
        """
        with self._lock:
            for other in self._people.values():
                if other.name.casefold() == name.casefold() and other.browser != browser:
                    raise Refused(f"Somebody called {other.name} is here already. Please choose another name.")
            self._people[sid] = Person(name, browser)

    def move(self, sid: str, room: str) -> str | None:
        """Put somebody into a room; returns the one that was left, if any."""
        with self._lock:
            person = self._find(sid)
            left, person.room = person.room, room
            return left

    def leave(self, sid: str) -> str | None:
        """Let somebody go; returns the room that was left, if any."""
        with self._lock:
            person = self._people.pop(sid, None)
            return person.room if person else None

    def name(self, sid: str) -> str:
        """The name of somebody who is here."""
        with self._lock:
            return self._find(sid).name

    def names(self, room: str) -> list[str]:
        """The names of those in the room, sorted; somebody with two tabs open is named once."""
        with self._lock:
            names = {person.name for person in self._people.values() if person.room == room}
            return sorted(names, key=str.casefold)

    def _find(self, sid: str) -> Person:
        try:
            return self._people[sid]
        except KeyError:
            # An event that was still waiting when its connection ended.
            raise Refused("You have left already.") from None
