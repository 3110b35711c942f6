"""uvicorn is found by its signal handler, and seen to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from flask_socketio.hosts.uvicorn_stop import serving_uvicorn, until_it_stops

SOON = 20


@pytest.fixture
def handle() -> Iterator[Callable[[Any], object]]:
    """Sets the handler of SIGTERM, for this test."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda handler: signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGTERM, before)


def make_server() -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config("nothing:app", log_config=None))


def test_the_owner_of_the_handler_is_found(handle: Callable[[Any], object]) -> None:
    server = make_server()
    handle(server.handle_exit)
    assert serving_uvicorn() is server


class Other:
    def handle_exit(self, *args: object) -> None: ...


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN, lambda *args: None, Other().handle_exit])
def test_another_handler_is_nobodys(handle: Callable[[Any], object], handler: Any) -> None:
    handle(handler)
    assert serving_uvicorn() is None


def test_its_signal_is_seen() -> None:
    async def stop() -> None:
        server = make_server()
        watching = asyncio.ensure_future(until_it_stops(server))
        await asyncio.sleep(0)
        assert not watching.done()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(watching, SOON)

    asyncio.run(stop())
