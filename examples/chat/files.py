"""What was shared. A file comes in chunks, and goes on where it was when its connection or the server has broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from examples.chat.rules import check

MOST_BYTES, MOST_FILES = 10_000_000, 100  # of one file; that are shared, and that are not: then the oldest goes
PART = ".part"  # so the names of those end that are not shared yet
# How those files begin that browsers may show in a page. All others, such as HTML and SVG, they may only save.
PICTURE = re.compile(rb"(?s)(?P<png>\x89PNG\r\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8)|(?P<webp>RIFF....WEBP)")


def size_of(path: Path) -> int:
    """How many bytes of a file are here."""
    return next((file.stat().st_size for file in (path, path.with_suffix(PART)) if file.exists()), 0)


def add_chunk(path: Path, at: Any, data: Any) -> int:
    """Add a chunk to a file, if it belongs at its end. Returns how many bytes of the file are here then."""
    have = size_of(path)
    if type(at) is not int or at != have or not isinstance(data, bytes):
        return have
    check(have + len(data) <= MOST_BYTES, "too_large", f"A file may have {MOST_BYTES // 10**6} MB at most.")
    if not have:
        make_room(path.parent, PART)
    with path.with_suffix(PART).open("ab") as file:
        file.write(data)
    return have + len(data)


def finish(path: Path, size: Any) -> str:
    """All of a file is here, and is shared. Returns its media type: that of a picture, or simply bytes."""
    check(type(size) is int and size == size_of(path), "incomplete", "Not all of that file has arrived.")
    part = path.with_suffix(PART)
    if not path.exists():
        part.touch()  # one without a single byte has come in no chunk
        make_room(path.parent, "")
        part.replace(path)
    with path.open("rb") as file:
        picture = PICTURE.match(file.read(16))
    return f"image/{picture.lastgroup}" if picture else "application/octet-stream"


def make_room(folder: Path, suffix: str) -> None:
    """Make room for one more: of the files whose names end so, the oldest goes."""
    files = [file for file in folder.iterdir() if file.suffix == suffix]
    for oldest in sorted(files, key=lambda file: file.stat().st_mtime)[: 1 - MOST_FILES]:
        oldest.unlink()
