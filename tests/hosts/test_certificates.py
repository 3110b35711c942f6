"""Certificates that are renewed while the server runs."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from flask_socketio.hosts import certificates
from flask_socketio.hosts.certificates import context_of
from flask_socketio.hosts.native import NativeServer, listen
from flask_socketio.transport.options import EngineOptions
from tests.hosts.native_serving import PATIENCE, Service
from tests.hosts.test_uvicorn_protocol import other_routes

AUTHORITY = trustme.CA()


@pytest.fixture(autouse=True)
def _look_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "CHECK_EVERY", 0.0)


class Pair:
    """A certificate and its key, in two files."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"
        self.renew()

    def renew(self) -> None:
        issued = AUTHORITY.issue_cert("localhost")
        self.write(self.cert, b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        self.write(self.key, issued.private_key_pem.bytes())

    def write(self, file: Path, data: bytes) -> None:
        new = file.with_suffix(".new")
        new.write_bytes(data)
        os.replace(new, file)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


@contextmanager
def serving(pair: Pair) -> Iterator[tuple[str, int]]:
    """The native host with this certificate; its address."""
    service = Service(EngineOptions())
    listener = listen("127.0.0.1", 0)
    server = NativeServer(service, other_routes, ssl_context=context_of(str(pair.cert), str(pair.key)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        service.wait_until_started()
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        service.workers.shutdown()


def connect(address: tuple[str, int]) -> ssl.SSLSocket:
    trust = ssl.create_default_context()
    AUTHORITY.configure_trust(trust)
    return trust.wrap_socket(socket.create_connection(address, PATIENCE), server_hostname="localhost")


def serial(connection: ssl.SSLSocket) -> object:
    certificate = connection.getpeercert()
    assert certificate is not None
    return certificate["serialNumber"]


def serial_at(address: tuple[str, int]) -> object:
    """Of the certificate that a new connection sees."""
    with connect(address) as connection:
        return serial(connection)


def ask(connection: ssl.SSLSocket) -> bytes:
    connection.sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection.recv(65536)


def test_who_connects_after_the_renewal_sees_the_new_certificate(pair: Pair) -> None:
    with serving(pair) as address, connect(address) as before:
        old = serial(before)
        assert serial_at(address) == old
        pair.renew()
        assert serial_at(address) != old
        assert ask(before).startswith(b"HTTP/1.1 200")  # a connection outlives its certificate


def test_one_that_is_broken_changes_nothing_and_is_named_once(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    with serving(pair) as address:
        old = serial_at(address)
        key = pair.key.read_bytes()
        pair.renew()
        new_key = pair.key.read_bytes()
        for broken in (key, b"nonsense"):
            pair.write(pair.key, broken)
            assert serial_at(address) == serial_at(address) == old
        pair.key.unlink()
        assert serial_at(address) == serial_at(address) == old
        errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert len(errors) == 3 and all(str(pair.cert) in error and "the old one stays" in error for error in errors)
        pair.write(pair.key, new_key)
        assert serial_at(address) != old


def test_nobody_is_asked_for_the_password_of_a_renewed_key(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    encrypted = load_pem_private_key(pair.key.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    with serving(pair) as address:
        old = serial_at(address)
        pair.write(pair.key, encrypted)
        assert serial_at(address) == old
    assert "nobody is there to be asked for its password" in caplog.text


def test_the_files_are_not_looked_at_with_each_connection(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "CHECK_EVERY", 1_000.0)
    with serving(pair) as address:
        old = serial_at(address)
        shutil.rmtree(pair.cert.parent)
        assert serial_at(address) == old
