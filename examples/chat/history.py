"""What was said, kept in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import TypedDict

PAGE = 50

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    at INTEGER PRIMARY KEY,    -- its place in the history, see History.add
    id TEXT NOT NULL UNIQUE,   -- made by the browser: the same message sent twice is kept once
    room TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_room ON message (room, at);
"""


class Message(TypedDict):
    """One message, as it stands in the file and as it goes to the browsers."""

    at: int
    id: str
    room: str
    name: str
    text: str


class History:
    """The messages of all rooms, in the order in which they were added. May be used from any thread."""

    def __init__(self, path: str | Path) -> None:
        # One connection for all threads, behind a lock: none of its queries takes long.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(SCHEMA)

    def add(self, id: str, room: str, name: str, text: str) -> tuple[Message, bool]:
        """Keep a message. Returns it as it is kept, and whether it is new: an id that is there already stays as it is.

        A message's place, `at`, is the time in milliseconds since 1970, moved on where needed so that it is greater
        than that of every message before. So a browser that has seen a message asks for all "after" its `at`, and
        even a new, empty file only ever gives out places that lie after those of the old one.
        """
        with self._lock:
            added = self._database.execute(
                "INSERT OR IGNORE INTO message SELECT max(?, coalesce(max(at), 0) + 1), ?, ?, ?, ? FROM message",
                (time.time_ns() // 1_000_000, id, room, name, text),
            )
            (row,) = self._database.execute("SELECT * FROM message WHERE id = ?", (id,))
            return _message(row), added.rowcount == 1

    def after(self, room: str, at: int) -> list[Message]:
        """The first messages of the room after that place, oldest first; fewer than PAGE if there are no more."""
        return self._page("at > ? ORDER BY at ASC", room, at)

    def before(self, room: str, at: int | None = None) -> list[Message]:
        """The last messages of the room (before that place), oldest first; fewer than PAGE if there are no more."""
        return self._page("at < ? ORDER BY at DESC", room, 2**63 - 1 if at is None else at)[::-1]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _page(self, condition: str, room: str, at: int) -> list[Message]:
        with self._lock:
            rows = self._database.execute(
                f"SELECT * FROM message WHERE room = ? AND {condition} LIMIT {PAGE}", (room, at)
            )
            return [_message(row) for row in rows]


def _message(row: sqlite3.Row) -> Message:
    return Message(at=row["at"], id=row["id"], room=row["room"], name=row["name"], text=row["text"])
