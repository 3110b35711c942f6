"""TLS with a certificate from files, which may be renewed while the server runs.

Certificates of today live for weeks, and what renews them just writes the files. So with each new connection, but not
more often than every few seconds, the server looks whether the files have changed; who connects from then on sees the
new certificate, who is connected keeps the connection. A pair that cannot be loaded changes nothing, and the log names
it once: half of it may be written yet.

How: the context that the listening sockets have been given stays; OpenSSL asks it, in the middle of each handshake,
whether to go on with another one. Refused: to load the new files into the context in use. A pair of which the second
file is bad would leave it with the first.
"""

from __future__ import annotations

import logging
import os
import ssl
import time
from typing import TypeAlias

logger = logging.getLogger("flask_socketio")

#: Seconds for which the files are taken to be as they were.
CHECK_EVERY = 3.0

#: What tells whether a file is another one than before.
_Stamp: TypeAlias = "list[tuple[int, int, int]]"


def context_of(certfile: str, keyfile: str | None) -> ssl.SSLContext:
    """A context for a server, which sees to it that the files may be renewed.

    Raises:
        OSError: a file cannot be read; ssl.SSLError is one, for files that are no pair.
    """
    return _Renewed(certfile, keyfile).context


class _Renewed:
    def __init__(self, certfile: str, keyfile: str | None) -> None:
        self._certfile = certfile
        self._keyfile = keyfile
        self._stamp = self._look()
        self._looked = time.monotonic()
        self.context = self._current = _load(certfile, keyfile, None)
        self.context.sni_callback = self._choose

    def _look(self) -> _Stamp:
        try:
            files = [os.stat(file) for file in (self._certfile, self._keyfile) if file]
        except OSError:
            return []  # one is missing; to load them will say which
        return [(file.st_mtime_ns, file.st_size, file.st_ino) for file in files]

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if time.monotonic() - self._looked >= CHECK_EVERY:
            self._looked = time.monotonic()
            self._renew()
        connection.context = self._current

    def _renew(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._current = _load(self._certfile, self._keyfile, _ask_nobody)
        except OSError as error:
            logger.error("the new certificate in %s cannot be used, the old one stays: %s", self._certfile, error)
        else:
            logger.info("the new certificate in %s is used from now on", self._certfile)


def _load(certfile: str, keyfile: str | None, password: object) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certfile, keyfile, password)  # type: ignore[arg-type]
    return context


def _ask_nobody() -> str:
    raise OSError("the key is encrypted, and nobody is there to be asked for its password")
