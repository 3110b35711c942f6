from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from examples.chat.files import MOST_BYTES, MOST_FILES, add_chunk, finish, size_of
from flask_socketio import EventError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_a_file_comes_in_chunks(path: Path) -> None:
    assert size_of(path) == 0
    assert add_chunk(path, 0, b"one ") == 4
    assert size_of(path) == 4
    assert add_chunk(path, 4, b"two") == 7
    assert not path.exists()
    finish(path, 7)
    assert path.read_bytes() == b"one two"
    assert size_of(path) == 7


def test_a_file_without_a_byte_is_one_too(path: Path) -> None:
    finish(path, 0)
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("at", "data"), [(0, b"one "), (5, b"x"), (-1, b"x"), ("4", b"x"), (None, b"x"), (4, "x"), (4, 7), (4.0, b"x")]
)
def test_what_does_not_belong_at_the_end_changes_nothing(path: Path, at: Any, data: Any) -> None:
    add_chunk(path, 0, b"one ")
    assert add_chunk(path, at, data) == 4
    finish(path, 4)
    assert path.read_bytes() == b"one "


def test_a_file_has_a_largest_size(path: Path) -> None:
    add_chunk(path, 0, bytes(MOST_BYTES - 1))
    with pytest.raises(EventError, match="10 MB at most"):
        add_chunk(path, MOST_BYTES - 1, b"12")
    assert add_chunk(path, MOST_BYTES - 1, b"1") == MOST_BYTES


def test_the_oldest_shared_file_goes_when_too_many_are(tmp_path: Path) -> None:
    for number in range(MOST_FILES):
        finish(tmp_path / f"{number:03}", 0)
        os.utime(tmp_path / f"{number:03}", (number, number))
    os.utime(tmp_path / "000", (500, 500))
    finish(tmp_path / "new", 0)
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"new", *(f"{number:03}" for number in range(MOST_FILES) if number != 1)}


def test_what_is_not_shared_drives_out_nothing_that_is(tmp_path: Path) -> None:
    finish(tmp_path / "shared", 0)
    for number in range(MOST_FILES + 1):
        add_chunk(tmp_path / f"{number:03}", 0, b"x")
        os.utime(tmp_path / f"{number:03}.part", (number, number))
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"shared", *(f"{number:03}.part" for number in range(1, MOST_FILES + 1))}
    assert size_of(tmp_path / "000") == 0  # it begins anew


@pytest.mark.parametrize("size", [4, "3", None, -1, 3.0])
def test_a_file_that_is_not_all_here_is_not_shared(path: Path, size: Any) -> None:
    with pytest.raises(EventError, match="Not all of that file"):
        finish(path, size)
    add_chunk(path, 0, b"one")
    with pytest.raises(EventError, match="Not all of that file"):
        finish(path, size)


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x0a\x0b\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x0a\x0b\x00\x00WAVEfmt ", "application/octet-stream"),
        (b"<svg onload='alert(1)'/>", "application/octet-stream"),
        (b"<!doctype html>", "application/octet-stream"),
        (b" GIF89a", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_what_a_file_is_says_its_beginning_and_not_its_sender(path: Path, begin: bytes, kind: str) -> None:
    add_chunk(path, 0, begin)
    assert finish(path, len(begin)) == kind
