"""Puts the official browser client into the package while it is built.

The client is Socket.IO's own `socket.io-client`, taken from npm at the version and digest that `pyproject.toml`
pins, and is never committed. It lands in `src/flask_socketio/client/`, from where it goes into the wheel and where an
editable install finds it. Without npm or without a network the build goes on: the server then answers the
address of the client with a text that says what to do.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLES = ("socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js")
# Where each file lies in npm's archive, and what it is called in ours.
FILES = {f"package/dist/{name}{suffix}": name + suffix for name in BUNDLES for suffix in ("", ".map")}
FILES["package/LICENSE"] = "LICENSE"


class ClientUnavailableError(Exception):
    """The client cannot be had here: no npm, or npm reaches no registry."""


class BrowserClientHook(BuildHookInterface[Any]):
    """Runs before a wheel is built, editable ones too. `version` and `sha256` come from `pyproject.toml`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the client unless this very one is there already."""
        folder = Path(self.root, "src", "flask_socketio", "client")
        wanted: str = self.config["version"]
        marker = folder / "VERSION"
        if marker.exists() and marker.read_text().strip() == wanted:
            return
        try:
            archive = download(wanted)
        except ClientUnavailableError as reason:
            self.app.display_warning(f"flask-socketio is built without the browser client socket.io-client: {reason}")
            return
        unpack(archive, folder, sha256=self.config["sha256"])
        marker.write_text(wanted + "\n")


def download(version: str) -> bytes:
    """Return npm's archive of the client, as npm hands it out."""
    npm = shutil.which("npm")
    if npm is None:
        raise ClientUnavailableError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--fetch-retries=1", f"socket.io-client@{version}"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            raise ClientUnavailableError(f"npm could not fetch it ({error})") from error
        return Path(folder, f"socket.io-client-{version}.tgz").read_bytes()


def unpack(archive: bytes, folder: Path, *, sha256: str) -> None:
    """Write the client's files into `folder`. Raises ValueError when the archive is not the pinned one."""
    digest = hashlib.sha256(archive).hexdigest()
    if digest != sha256:
        raise ValueError(f"npm's archive of socket.io-client has sha256 {digest}, pyproject.toml expects {sha256}")
    folder.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for source, name in FILES.items():
            member = tar.extractfile(source)
            assert member is not None, f"{source} is not a file"
            (folder / name).write_bytes(member.read())
