"""What was said, and what was decided about rooms, in one SQLite file, which lets in one thread after the other."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from examples.chat.rules import Room

PAGE = 50  # messages that are read at once

SCHEMA = """
PRAGMA journal_mode = WAL;    -- What is committed is safe from kill -9,
PRAGMA synchronous = NORMAL;  -- but the last moment is not from a power cut: FULL would wait for the disk each time.
CREATE TABLE IF NOT EXISTS room (name TEXT PRIMARY KEY, state TEXT);
CREATE TABLE IF NOT EXISTS message (
    at INTEGER PRIMARY KEY,  -- its place in the history, see History.add
    id TEXT UNIQUE,          -- made by the page: a message that is sent again is found by it
    room TEXT, name TEXT, text TEXT, size INTEGER, type TEXT  -- these two are those of a file, whose name is the text
);
CREATE INDEX IF NOT EXISTS message_by_room ON message (room, at);
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5 (text, content = message, content_rowid = at);
CREATE TRIGGER IF NOT EXISTS message_words AFTER INSERT ON message
    BEGIN INSERT INTO word (rowid, text) VALUES (new.at, new.text); END;
"""


class History:
    """All rooms, and their messages in the order in which they were added. A message is a dict of its columns."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(SCHEMA)

    def add(self, *message: Any) -> dict[str, Any]:
        """Keep a message, given as its id, room, name, text, size and type. Returns it as it is kept.

        `at` is its time in milliseconds since 1970, or later: always after that of every message before.
        """
        place = "SELECT max(?, coalesce(max(at), 0) + 1), ?, ?, ?, ?, ?, ? FROM message"
        return self._ask(f"INSERT INTO message {place} RETURNING *", time.time_ns() // 1_000_000, *message)[0]

    def find(self, id: str) -> dict[str, Any] | None:
        """The message with that id, if there is one."""
        return next(iter(self._ask("SELECT * FROM message WHERE id = ?", id)), None)

    def last(self, room: str, name: str) -> float:
        """When somebody last said something in a room, in seconds since 1970."""
        [found] = self._ask("SELECT max(at) AS at FROM message WHERE room = ? AND name = ?", room, name)
        return (found["at"] or 0) / 1000

    def read(self, room: str, after: int | None = None, before: int | None = None) -> list[dict[str, Any]]:
        """The first messages of a room after a place, or the last before one, or simply the last; the oldest first."""
        if after is not None:
            return self._ask(f"SELECT * FROM message WHERE room = ? AND at > ? ORDER BY at LIMIT {PAGE}", room, after)
        sql = f"SELECT * FROM message WHERE room = ? AND at < ? ORDER BY at DESC LIMIT {PAGE}"
        return self._ask(sql, room, 2**63 - 1 if before is None else before)[::-1]

    def search(self, room: str, text: str) -> list[dict[str, Any]]:
        """The last messages of a room in which, for each word of the text, one begins so; the newest first."""
        words = " ".join(f'"{word}"*' for word in re.findall(r"\w+", text)[:8])
        sql = "SELECT message.* FROM word JOIN message ON at = word.rowid WHERE word MATCH ? AND room = ?"
        return self._ask(f"{sql} ORDER BY at DESC LIMIT {PAGE}", words or '""', room)

    def room(self, name: str) -> Room:
        """What was decided about a room."""
        found = self._ask("SELECT state FROM room WHERE name = ?", name)
        return msgspec.json.decode(found[0]["state"], type=Room) if found else Room()

    def keep_room(self, name: str, room: Room) -> None:
        """Keep what was decided about a room."""
        self._ask("INSERT OR REPLACE INTO room VALUES (?, ?)", name, msgspec.json.encode(room).decode())

    def _ask(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._database.execute(sql, values)]
