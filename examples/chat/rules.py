"""What a name, a room and a message may be. What comes from a browser can be anything, so each is looked at here."""

from __future__ import annotations

import re

NAME_LENGTH = 24
ROOM_LENGTH = 30
TEXT_LENGTH = 2000


class Refused(Exception):
    """The chat does not do this; `str()` of it is shown to the user as it is."""


def tidy_name(name: object) -> str:
    """A person's name with single spaces. Refused if it is empty, too long or holds characters nobody can see."""
    tidy = " ".join(name.split()) if isinstance(name, str) else ""
    if not tidy:
        raise Refused("Please choose a name.")
    if len(tidy) > NAME_LENGTH:
        raise Refused(f"That name has {len(tidy)} characters; at most {NAME_LENGTH} fit.")
    if not tidy.isprintable():
        raise Refused("That name holds characters that nobody can see. Please leave them out.")
    return tidy


def tidy_room(room: object) -> str:
    """A room's name in small letters, as it stands in an invite link. Refused if it is no such name."""
    tidy = room.strip().lower() if isinstance(room, str) else ""
    if not re.fullmatch(rf"[\w-]{{1,{ROOM_LENGTH}}}", tidy):
        raise Refused(f"The name of a room is 1 to {ROOM_LENGTH} letters, digits, - or _, without spaces.")
    return tidy


def tidy_text(text: object) -> str:
    """A message without empty lines around it. Refused if nothing is left or it is too long."""
    tidy = text.strip() if isinstance(text, str) else ""
    if not tidy:
        raise Refused("There is nothing in that message.")
    if len(tidy) > TEXT_LENGTH:
        raise Refused(f"That message has {len(tidy):,} characters; at most {TEXT_LENGTH:,} fit.")
    # A browser that cuts an emoji in two sends half a character, which no database takes: it becomes a '?'.
    return tidy.encode(errors="replace").decode()


def tidy_id(id: object) -> str:
    """The id that a browser gave its message. Refused if it is not one that our page makes."""
    if not (isinstance(id, str) and re.fullmatch(r"[0-9a-f]{32}", id)):
        raise Refused("That message has no proper id. Please reload the page.")
    return id
