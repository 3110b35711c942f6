"""Fixtures of the transports' tests."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tests.transport.websocket_peer import Run


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine, on one event loop and on the other."""
    runner: Run = request.param
    return runner
