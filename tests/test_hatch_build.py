"""The build hook that puts the browser client into the package, without npm and without a network."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import hatch_build

ROOT = Path(__file__).parent.parent


def npm_archive() -> bytes:
    """An archive as npm makes it, in which each file holds its own name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in [*hatch_build.FILES, "package/package.json"]:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return packed.getvalue()


ARCHIVE = npm_archive()
CONFIG = {"version": "1.2.3", "sha256": hashlib.sha256(ARCHIVE).hexdigest()}


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """Where the hook puts the client, not there yet."""
    folder = tmp_path / "src" / "flask_socketio" / "client"
    folder.parent.mkdir(parents=True)
    return folder


def build(client: Path, **config: str) -> list[str]:
    """Run the hook for a package around this folder. Returns its warnings."""
    root = client.parent.parent.parent
    app: Any = Mock()
    hook = hatch_build.BrowserClientHook(str(root), CONFIG | config, Mock(), Mock(), str(root / "dist"), "wheel", app)
    hook.initialize("standard", {})
    return [call.args[0] for call in app.display_warning.call_args_list]


def test_the_client_and_its_licence_land_in_the_package(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build, "download", lambda version: ARCHIVE)
    assert build(client) == []
    assert sorted(file.name for file in client.iterdir()) == sorted([*hatch_build.FILES.values(), "VERSION"])
    assert (client / "socket.io.min.js").read_text() == "package/dist/socket.io.min.js"


def test_a_client_that_is_there_is_not_fetched_again(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    download = Mock(return_value=ARCHIVE)
    monkeypatch.setattr(hatch_build, "download", download)
    build(client)
    build(client)
    build(client, version="1.2.4")
    assert [call.args for call in download.call_args_list] == [("1.2.3",), ("1.2.4",)]
    assert (client / "VERSION").read_text() == "1.2.4\n"


def test_another_archive_than_the_pinned_one_stops_the_build(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build, "download", lambda version: ARCHIVE)
    with pytest.raises(ValueError, match=r"pyproject\.toml expects 0000"):
        build(client, sha256="0000")
    assert not client.exists()


def test_without_npm_the_build_goes_on_with_one_warning(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert build(client) == [
        "flask-socketio is built without the browser client socket.io-client: npm is not installed"
    ]
    assert not client.exists()


def test_without_a_registry_the_build_goes_on_with_one_warning(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda command: "/bin/false")
    [warning] = build(client)
    assert "npm could not fetch it" in warning


def test_the_tests_run_the_client_that_is_shipped() -> None:
    version = json.loads((ROOT / "tests/js/package.json").read_text())["dependencies"]["socket.io-client"]
    assert f'\nversion = "{version}"\nsha256 = ' in (ROOT / "pyproject.toml").read_text()
