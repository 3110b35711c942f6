"""Fixtures of the transports' tests."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from flask_socketio.transport import picows_link
from tests.transport.websocket_peer import PATIENCE, Run


@pytest.fixture(autouse=True)
def patient_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer on a busy machine gets the time that it needs to answer a Close; a test of less sets it itself."""
    monkeypatch.setattr(picows_link, "_GOODBYE", PATIENCE)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine, on one event loop and on the other."""
    runner: Run = request.param
    return runner
