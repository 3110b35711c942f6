from __future__ import annotations

import asyncio

import pytest

from bench.load import idle
from bench.load.idle import IdleClient
from bench.load.meter import Meter


class Clock:
    now = 100.0

    def perf_counter(self) -> float:
        return self.now


def test_a_heartbeat_is_late_by_what_is_more_than_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(idle, "time", clock)
    monkeypatch.setattr(IdleClient, "send", lambda client, packet: None)

    async def live() -> IdleClient:
        client = IdleClient(Meter(0))
        client.on_opened(b'0{"pingInterval":5000}')
        for waited in (5.0, 7.0, 5.5):
            clock.now += waited
            client.on_heartbeat()
        return client

    client = asyncio.run(live())
    assert client.seen == 3
    assert client.lateness(clock.now) == 2.0
    assert client.lateness(clock.now + 8.0) == 3.0, "one that is due and did not come counts too"
