"""Who is here, and what may be said. What comes from a browser can be anything, so each part is looked at here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import Any

import msgspec

from examples.shared import bare
from flask_socketio import EventError

NAME_MAX, TEXT_MAX = 24, 2000  # characters
PACES, KICK = (0, 10, 30, 60, 300), 600  # seconds: from one message of somebody to their next; to stay out if kicked


def check(right: object, code: str, words: str) -> None:
    """Refuse what is not right: the code is for the page's program, the words are for the person who looks at it."""
    if not right:
        raise EventError(code, words)


def tidy_name(name: Any) -> str:
    """A person's name with single spaces."""
    tidy = " ".join(name.split()) if isinstance(name, str) else ""
    seen = bare(tidy)
    check(seen, "bad_name", "Please choose a name.")
    check(len(tidy) <= NAME_MAX, "bad_name", f"That name has {len(tidy)} characters; at most {NAME_MAX} fit.")
    check(seen.isprintable(), "bad_name", "That name holds characters that nobody can see. Please leave them out.")
    return tidy


def tidy_room(room: Any) -> str:
    """A room's name in small letters, as it stands in an invite link."""
    tidy = room.strip().lower() if isinstance(room, str) else ""
    check(re.fullmatch(r"[\w-]{1,30}", tidy), "bad_room", "The name of a room is 1 to 30 letters, digits, - or _.")
    return tidy


def tidy_text(text: Any) -> str:
    """A message without empty lines around it."""
    tidy = text.strip() if isinstance(text, str) else ""
    check(tidy, "bad_text", "There is nothing in that message.")
    check(len(tidy) <= TEXT_MAX, "bad_text", f"That message has {len(tidy):,} characters; at most {TEXT_MAX:,} fit.")
    # A browser that cuts an emoji in two sends half a character, which no database takes: it becomes a '?'.
    return tidy.encode(errors="replace").decode()


def tidy_place(place: Any) -> int | None:
    """A place in the history, as `History.add` gives it; or none."""
    check(place is None or (type(place) is int and 0 <= place < 2**53), "bad_place", "Please reload the page.")
    return None if place is None else int(place)


def tidy_id(id: Any) -> str:
    """The id that a page made for a message, a file or its browser."""
    check(isinstance(id, str) and re.fullmatch(r"[0-9a-f]{32}", id), "bad_id", "No proper id. Please reload the page.")
    return str(id)


@dataclass
class Person:
    """Somebody in one tab. `browser` is a secret of theirs: it tells who they are, whatever they call themselves."""

    name: str
    browser: str
    room: str  # at first the one that every connection has for itself


class People(dict[str, Person]):
    """Everybody with an open connection, by its sid. After a restart the pages come back and say who they are."""

    def enter(self, sid: str, name: str, browser: str) -> None:
        """Let somebody in. A browser keeps its name: in a second tab, or back before its old connection has ended."""
        for other in self.values():
            is_free = bare(other.name) != bare(name) or other.browser == browser
            check(is_free, "name_taken", f"Somebody called {other.name} is here already. Please choose another name.")
        self[sid] = Person(name, browser, room=sid)

    def within(self, room: str) -> list[tuple[str, str]]:
        """Names and browsers of those in a room, sorted; somebody with two tabs open is there once."""
        here = {(person.name, person.browser) for person in self.values() if person.room == room}
        return sorted(here, key=lambda each: each[0].casefold())


class Room(msgspec.Struct):
    """What was decided about a room. Browsers are meant by it: another name makes nobody somebody else."""

    moderator: str = ""  # who has opened the room
    pace: int = 0
    muted: set[str] = set()
    kicked: dict[str, float] = {}  # until when, in seconds since 1970

    def admit(self, browser: str, now: float) -> None:
        """Somebody wants to be here."""
        minutes = ceil((self.kicked.get(browser, 0) - now) / 60)
        check(minutes <= 0, "kicked", f"The moderator has kicked you out. You can come back in {minutes} min.")

    def hear(self, browser: str, now: float, before: float) -> None:
        """Somebody wants to say something, and has said something before."""
        check(browser not in self.muted, "muted", "The moderator has muted you: you can read here, but not write.")
        wait = 0 if browser == self.moderator else ceil(before + self.pace - now)
        check(wait <= 0, "slow_mode", f"Slow mode: one message every {self.pace} s. Yours can go in {wait} s.")

    def decide(self, verdict: Any, about: Any, now: float) -> None:
        """The moderator says "pace", about seconds, or "mute", "unmute" or "kick", about a browser."""
        check(about != self.moderator, "yourself", "That would be yourself.")
        if verdict == "pace":
            self.pace = next((pace for pace in PACES if pace == about), 0)  # our number: False is 0 too, and no pace
        elif verdict == "kick":
            self.kicked = {who: until for who, until in self.kicked.items() if until > now} | {about: now + KICK}
        else:
            self.muted = self.muted | {about} if verdict == "mute" else self.muted - {about}
