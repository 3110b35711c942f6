"""Every kind of load against the cheapest server, picows alone, for a moment."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest

from bench.load import idle, meter
from bench.load.client import Client, Target, connected
from bench.load.echo import Echo
from bench.load.fanout import FanOut
from bench.load.idle import Idle
from bench.load.meter import LoadFailed, Meter
from bench.load.workloads import Workload
from bench.peers import PEERS
from bench.server import serving


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    log = tmp_path_factory.mktemp("bench") / "server.log"
    core = max(os.sched_getaffinity(0))
    with serving(PEERS["picows"].command(sys.executable), dict(os.environ), core=core, log=log) as server:
        yield Target("127.0.0.1", server.port, server.pid)


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "WARM_UP", 0.0)
    monkeypatch.setattr(idle, "SETTLE", 0.0)


@pytest.mark.parametrize("workload", [Echo(in_flight=1, clients=2), Echo(in_flight=3, clients=2), FanOut(members=4)])
def test_messages_are_counted_and_timed(target: Target, workload: Workload) -> None:
    sample = asyncio.run(workload.run(target, 0.1))
    assert sample.count > 10
    assert sample.seconds >= 0.1
    assert sample.p50 is not None
    assert sample.p99 is not None
    assert 0 < sample.p50 <= sample.p99


def test_idle_clients_have_a_size(target: Target) -> None:
    sample = asyncio.run(Idle(clients=200).run(target, 0.05))
    assert sample.count == 200
    assert sample.kib_per_client is not None


def test_a_fan_out_window_holds_whole_messages_only(target: Target) -> None:
    assert asyncio.run(FanOut(members=7).run(target, 0.05)).count % 7 == 0


def test_a_wrong_answer_fails_the_measurement(target: Target) -> None:
    async def expect_nothing() -> None:
        counter = Meter(target.pid)
        client = Client(counter)
        async with connected(target, [client]):
            client.send(b'42["echo",1]')
            await counter.measure(5.0)

    with pytest.raises(LoadFailed, match=r'nobody waits for: b\'42\["echo",1\]\''):
        asyncio.run(expect_nothing())
