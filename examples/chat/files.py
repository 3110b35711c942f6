"""What was shared. A file comes in chunks, and goes on where it was when its connection or the server has broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from examples.chat.rules import check

MOST_BYTES, MOST_FILES = 10_000_000, 100  # of one file; of all together, then the oldest goes
# How those files begin that browsers may show in a page. All others, such as HTML and SVG, they may only save.
PICTURE = re.compile(rb"(?s)(?P<png>\x89PNG\r\n)|(?P<jpeg>\xff\xd8\xff)|(?P<gif>GIF8)|(?P<webp>RIFF....WEBP)")


def add_chunk(path: Path, at: Any, data: Any) -> int:
    """Add a chunk to a file, if it belongs at its end. Returns how many bytes of the file are here."""
    if not path.exists():
        for oldest in sorted(path.parent.iterdir(), key=lambda file: file.stat().st_mtime)[: 1 - MOST_FILES]:
            oldest.unlink()
    with path.open("ab") as file:
        if at == file.tell() and isinstance(data, bytes):
            check(at + len(data) <= MOST_BYTES, "too_large", f"A file may have {MOST_BYTES // 10**6} MB at most.")
            file.write(data)
        return file.tell()


def finish(path: Path, size: Any) -> str:
    """All of a file is here. Returns its media type: that of a picture, or simply bytes."""
    check(path.exists() and path.stat().st_size == size, "incomplete", "Not all of that file has arrived.")
    with path.open("rb") as file:
        picture = PICTURE.match(file.read(16))
    return f"image/{picture.lastgroup}" if picture else "application/octet-stream"
