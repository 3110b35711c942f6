from __future__ import annotations

from bench.load.workloads import WORKLOADS
from bench.peers import PEERS
from bench.plan import Plan


def test_peers_take_turns_and_who_begins_changes() -> None:
    plan = Plan(["echo-1", "echo-16"], ["ours", "node"], rounds=2, seconds=1.0)
    assert list(plan.order()) == [
        (0, "echo-1", "ours"), (0, "echo-1", "node"), (0, "echo-16", "ours"), (0, "echo-16", "node"),
        (1, "echo-1", "node"), (1, "echo-1", "ours"), (1, "echo-16", "node"), (1, "echo-16", "ours"),
    ]  # fmt: skip


def test_a_peer_is_asked_for_what_it_offers_and_can_hold() -> None:
    plan = Plan(["echo-async-1", "routes", "idle-15000"], list(PEERS), rounds=1, seconds=1.0)
    asked = {workload: {peer for _, name, peer in plan.order() if name == workload} for workload in plan.workloads}
    assert asked["echo-async-1"] == {"ours", "python-socketio", "node", "bun", "picows"}
    assert asked["routes"] == {"ours", "upstream-threading", "upstream-gevent", "gunicorn"}
    assert asked["idle-15000"] == {"ours", "upstream-gevent", "python-socketio", "node", "bun"}


def test_a_long_workload_is_repeated_less_often() -> None:
    rounds = [number for number, _, _ in Plan(["idle-5000"], ["ours"], rounds=5, seconds=1.0).order()]
    assert len(rounds) == WORKLOADS["idle-5000"].most_rounds == 2


def test_how_long_it_takes_is_known_before() -> None:
    once = Plan(["echo-1"], ["ours"], rounds=1, seconds=1.0)
    twice = Plan(["echo-1"], ["ours"], rounds=2, seconds=1.0)
    assert 2 < once.expected < 10
    assert twice.expected == 2 * once.expected
    assert once.bound > once.expected
    assert Plan(["idle-15000"], ["ours"], rounds=1, seconds=1.0).expected > 25, "a heartbeat of every client"


def test_what_needs_more_files_than_there_may_be_is_left_out() -> None:
    plan = Plan(["echo-1", "idle-15000"], ["ours"], rounds=1, seconds=1.0)
    smaller, left_out = plan.without_more_clients_than(1000)
    assert (smaller.workloads, left_out) == (["echo-1"], ["idle-15000"])
    assert plan.without_more_clients_than(20_000) == (plan, [])
