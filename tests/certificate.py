"""A certificate for localhost with its key and its authority, all in one file, made anew for every run of the tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Final

import trustme


def _make() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="flask-socketio-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "localhost.pem"
    authority = trustme.CA()
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    authority.cert_pem.write_to_path(file, append=True)
    return file


CERTIFICATE: Final = _make()
