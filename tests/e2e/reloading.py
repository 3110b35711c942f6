"""An app whose source is changed while it is served."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.clients import Client

APP = """
from flask import Flask
from flask_socketio import SocketIO

app = Flask("reloaded")
socketio = SocketIO(app)

@socketio.on("version")
def version():
    return {version}

if __name__ == "__main__":
    socketio.run(app, port=0, debug=True, reloader_options={{"reloader_type": "stat", "interval": 0.1}})
"""


class Source:
    """The app's source, `app.py` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "app.py"
        self._time = 0
        self.write(1)

    def write(self, version: int) -> None:
        """Write another version."""
        self.write_text(APP.format(version=version))

    def write_text(self, text: str) -> None:
        """Write something else, which is surely newer.

        It appears with its own time: a reloader that looked between the writing and the setting of the time would
        remember the time of day, and take every later version for an older one.
        """
        self._time += 10
        written = self.path.with_suffix(".new")
        written.write_text(text)
        os.utime(written, (self._time, self._time))
        written.replace(self.path)

    @contextmanager
    def changing(self, version: int) -> Iterator[None]:
        """Write another version until the change has been seen, which is when the block ends.

        gunicorn's reloader looks at its files for the first time when the app is served already, and takes what it
        finds then for what the app was made from.
        """
        seen = threading.Event()

        def write() -> None:
            self.write(version)
            while not seen.wait(3.0):
                self.write(version)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            yield
        finally:
            seen.set()
            writer.join()


def comes_back(client: Client, source: Source) -> None:
    """See that a client is told of each change, and meets the new version when it comes back."""
    for version in (1, 2):
        assert client.ask("version") == [version]
        with source.changing(version + 1):
            client.expect_disconnect("transport close")
        client.expect_reconnect()
    assert client.ask("version") == [3]
