"""The workloads by name. A further one is a subclass of Workload, and a line here."""

from __future__ import annotations

from bench.features import Feature
from bench.load.blocking import Blocking
from bench.load.echo import MESSAGES, PICTURE, Echo
from bench.load.idle import Idle
from bench.load.polling import PollingEcho
from bench.load.rooms import Rooms
from bench.load.routes import Routes
from bench.load.storm import Storm
from bench.load.workload import Workload

WORKLOADS: dict[str, Workload] = {
    "echo-1": Echo(),
    "echo-16": Echo(in_flight=16),
    "echo-async-1": Echo(needs=Feature.ASYNC_HANDLERS),
    "echo-async-16": Echo(needs=Feature.ASYNC_HANDLERS, in_flight=16),
    "echo-2k": Echo(message=MESSAGES),
    "echo-bytes": Echo(message=PICTURE),
    "echo-polling": PollingEcho(),
    "fan-out": Rooms(clients=1000, sizes=(1000,), speakers=1, in_flight=2),
    "rooms": Rooms(clients=1000, sizes=(10,), speakers=100),
    "mixed": Rooms(clients=1000, sizes=(10, 50, 250), speakers=50),
    "blocking": Blocking(),
    "storm": Storm(),
    "storm-polling": Storm(upgrade=True, needs=Feature.POLLING),
    "routes": Routes(),
    "idle-1000": Idle(clients=1000),
    "idle-5000": Idle(clients=5000),
    "idle-15000": Idle(clients=15000, heartbeats=True, needs=Feature.HEARTBEATS),
}
