"""Origins for each namespace: who is let into which, on one connection."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask

from flask_socketio import SocketIO
from flask_socketio.transport.refusal import Refused
from tests.memory import Running, running

OFFICE, SHOP, OWN, EVIL = "https://office.org", "https://shop.org", "http://testserver", "https://evil.org"


def answer(server: Running, origin: str | None, namespace: str) -> str:
    """What a page of this origin gets when it asks for a namespace."""
    client = server.client(headers={} if origin is None else {"Origin": origin})
    told = client.join(namespace)
    return "in" if told.startswith("40") else json.loads(told[told.index("{") :])["message"]


NO = "Pages of this origin may not join this namespace"


def test_each_namespace_has_its_own(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    socketio = SocketIO(app, cors_allowed_origins={"/admin": [OFFICE], "*": [SHOP, OFFICE]}, namespaces="*")
    with running(socketio) as server:
        assert answer(server, OFFICE, "/admin") == "in"
        assert answer(server, SHOP, "/admin") == NO
        assert answer(server, SHOP, "/") == answer(server, SHOP, "/chat") == "in"
        assert answer(server, None, "/admin") == "in"  # no browser
        with pytest.raises(Refused):
            server.client(headers={"Origin": EVIL})
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "refused a client that asked for '/admin': got the origin 'https://shop.org', expected 'https://office.org'; "
        "if it is yours: SocketIO(app, cors_allowed_origins={'/admin': ['https://shop.org']})"
    ]


def test_those_that_are_not_named_are_for_our_own_pages(app: Flask) -> None:
    with running(SocketIO(app, cors_allowed_origins={"/public": "*"}, namespaces="*")) as server:
        assert answer(server, EVIL, "/public") == answer(server, OWN, "/") == "in"
        assert answer(server, EVIL, "/") == NO


def test_a_refusal_costs_the_other_namespaces_nothing(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with running(SocketIO(app, cors_allowed_origins={"/admin": OFFICE, "*": SHOP}, namespaces="*")) as server:
        client = server.client(headers={"Origin": SHOP})
        assert client.join("/").startswith("40{")
        assert client.join("/admin").startswith("44/admin,")
        assert client.join("/admin").startswith("44/admin,")
        assert len(caplog.messages) == 1
        client.send('42/admin,["delete all"]')  # as if it were in
        assert client.next() == "closed 1008 parse error"
