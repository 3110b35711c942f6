"""The browser client's files, and how often they are read and compressed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from flask_socketio.hosts import client_files
from flask_socketio.transport.http import Request, Response

SCRIPT = b"export const io = () => {};\n" * 1000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the client, with two files in it and one beside it."""
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / "socket.io.js").write_bytes(SCRIPT)
    (folder / "socket.io.js.map").write_bytes(b"{}")
    (tmp_path / "socket.io.secret.js").write_bytes(b"secret")
    monkeypatch.setattr(client_files, "FOLDER", folder)
    return folder


def ask(name: str, *, method: str = "GET", **headers: str) -> Response | None:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return client_files.find(name, Request(method, f"/socket.io/{name}", b"", lines, "http", None, None))


def test_a_file_is_served_with_its_type_and_taken_again_only_when_it_has_changed() -> None:
    response = ask("socket.io.js")
    assert response is not None and (response.status, response.body) == (200, SCRIPT)
    headers = dict(response.headers)
    assert headers["Content-Type"] == "text/javascript; charset=utf-8" and "Content-Encoding" not in headers
    again = ask("socket.io.js", if_none_match=headers["ETag"])
    assert again is not None and (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_it_is_compressed_once_and_not_for_each_page(encoding: str, folder: Path) -> None:
    first = ask("socket.io.js", accept_encoding=encoding)
    assert first is not None and len(first.body) < 1000
    assert ("Content-Encoding", encoding) in first.headers and ("Vary", "Accept-Encoding") in first.headers
    for number in range(100):  # names that are none of the client's drive nothing out
        ask(f"socket.io.{number}.js", accept_encoding=encoding)
    again = ask("socket.io.js", accept_encoding=encoding)
    assert again is not None and again.body is first.body
    if encoding == "gzip":
        assert gzip.decompress(again.body) == SCRIPT


def test_who_lacks_a_file_is_told_what_to_do() -> None:
    response = ask("socket.io.esm.min.js")
    assert response is not None and response.status == 404
    too_long = ask(f"socket.io{'x' * 300}.js")
    assert too_long is not None and too_long.status == 404
    assert b"Install npm" in response.body


@pytest.mark.parametrize(
    "name", ["", "favicon.js", "socket.io", "socket.io.txt", "socket.io/../../socket.io.secret.js"]
)
def test_other_names_are_not_its_business(name: str) -> None:
    assert ask(name) is None


def test_nothing_is_posted_to_it() -> None:
    assert ask("socket.io.js", method="POST") is None
