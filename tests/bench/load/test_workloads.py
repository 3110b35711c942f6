"""Every kind of load, small and for a moment, against the cheapest server that can bear it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from bench.features import Feature
from bench.load import blocking, idle, meter
from bench.load.blocking import Blocking
from bench.load.client import Client, Target, connected
from bench.load.echo import MESSAGES, PICTURE, Echo
from bench.load.idle import Idle, IdleClient
from bench.load.meter import LoadFailed, Meter
from bench.load.polling import PollingEcho
from bench.load.rooms import Rooms
from bench.load.routes import Routes
from bench.load.storm import Storm
from bench.load.workload import Workload
from bench.peers import PEERS
from bench.server import serving


def served(peer: str, folder: pytest.TempPathFactory) -> Iterator[Target]:
    runtime = PEERS[peer].environment.prepare()
    command, core = PEERS[peer].command(runtime.interpreter), max(os.sched_getaffinity(0))
    log = folder.mktemp("bench") / "server.log"
    with serving(command, os.environ | runtime.variables, core=core, log=log) as server:
        yield Target("127.0.0.1", server.port, server.pid)


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    yield from served("picows", tmp_path_factory)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    yield from served("ours", tmp_path_factory)


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "WARM_UP", 0.05)
    monkeypatch.setattr(blocking, "TRIAL", 0.2)
    monkeypatch.setattr(idle, "SETTLE", 0.0)


def run(workload: Workload, target: Target) -> None:
    """Let it run, on a busy machine longer, and check what any sample of messages has to have."""
    for seconds in (0.1, 1.0, 10.0):
        sample = asyncio.run(workload.run(target, seconds))
        if sample.count > 1:
            break
    assert sample.count > 1
    assert sample.p50 is not None
    assert sample.p99 is not None
    assert 0 < sample.p50 <= sample.p99


@pytest.mark.parametrize(
    "workload",
    [
        pytest.param(Echo(clients=2), id="one in flight"),
        pytest.param(Echo(clients=2, in_flight=3, needs=Feature.ASYNC_HANDLERS), id="async"),
        pytest.param(Echo(clients=2, message=MESSAGES), id="2 KiB"),
        pytest.param(Echo(clients=2, message=PICTURE), id="bytes"),
        pytest.param(Rooms(clients=4, sizes=(4,), speakers=1, in_flight=2), id="fan-out"),
        pytest.param(Rooms(clients=8, sizes=(2,), speakers=4), id="rooms"),
        pytest.param(Rooms(clients=12, sizes=(2, 3, 6), speakers=3), id="mixed"),
        pytest.param(Storm(clients=4), id="storm"),
    ],
)
def test_a_load_over_websocket_counts_and_times(floor: Target, workload: Workload) -> None:
    run(workload, floor)


@pytest.mark.parametrize(
    "workload",
    [
        pytest.param(Echo(clients=2, message=PICTURE), id="bytes"),
        pytest.param(PollingEcho(clients=2), id="polling"),
        pytest.param(Storm(clients=4, upgrade=True), id="upgrades"),
        pytest.param(Routes(clients=2), id="routes"),
        pytest.param(Blocking(clients=10, one_in=5), id="blocking"),
    ],
)
def test_a_load_that_needs_a_whole_server_counts_and_times(ours: Target, workload: Workload) -> None:
    run(workload, ours)


def test_idle_clients_have_a_size(floor: Target) -> None:
    sample = asyncio.run(Idle(clients=200).run(floor, 0.05))
    assert sample.count == 200
    assert sample.kib_per_client is not None
    assert sample.heartbeats is None


def test_heartbeats_that_do_not_come_are_late(floor: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened_with_a_short_interval(client: IdleClient, packet: bytes) -> None:
        Client.on_opened(client, packet)
        client.interval = 0.01

    monkeypatch.setattr(IdleClient, "on_opened", opened_with_a_short_interval)
    sample = asyncio.run(Idle(clients=10, heartbeats=True).run(floor, 0.1))
    assert sample.heartbeats == 0
    assert sample.latest_heartbeat is not None
    assert sample.latest_heartbeat > 90


def test_a_fan_out_window_holds_whole_messages_only(floor: Target) -> None:
    assert asyncio.run(Rooms(clients=7, sizes=(7,), speakers=1).run(floor, 0.05)).count % 7 == 0


def test_a_wrong_answer_fails_the_measurement(floor: Target) -> None:
    async def expect_nothing() -> None:
        counter = Meter(floor.pid)
        client = Client(counter)
        async with connected(floor, [client]):
            client.send(b'42["echo",1]')
            await counter.measure(5.0)

    with pytest.raises(LoadFailed, match=r'nobody waits for: b\'42\["echo",1\]\''):
        asyncio.run(expect_nothing())


def test_a_view_that_is_not_there_fails_the_measurement(floor: Target) -> None:
    with pytest.raises(LoadFailed, match="the server"):
        asyncio.run(Routes(clients=1).run(floor, 5.0))
