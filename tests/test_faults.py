"""The pieces of `make faults` and `make soak`, for a moment each; what they find out is not judged here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tools.faults import cuts, delivery, network
from tools.faults.attackers import ATTACKS
from tools.faults.honest import beside, fan_out
from tools.faults.plan import runs
from tools.faults.report import Row, page, table
from tools.faults.server import Server
from tools.faults.soak import soak

pytestmark = pytest.mark.unsteady


def run(row: Awaitable[Row]) -> Row:
    async def wait() -> Row:
        return await row

    return asyncio.run(wait())


@pytest.mark.parametrize(
    ("trouble", "recovery"),
    [(delivery.jumps, "memory"), (delivery.restart_set_back, "file")],
)
def test_everything_is_delivered(trouble: delivery.Trouble, recovery: str, tmp_path: Path) -> None:
    path = {"path": str(tmp_path / "recovery")} if recovery == "file" else {}
    server = Server(tmp_path / "log", recovery=path or True)
    row = run(delivery.deliver("x", server, trouble, clients=3, seconds=0.5, whole=True, afterwards=0.5))
    assert row.fine, row


def test_of_a_killed_server_something_is_lost(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", recovery={"path": str(tmp_path / "recovery")})
    row = run(delivery.deliver("x", server, delivery.kill, clients=3, seconds=0.5, whole=False, afterwards=0.5))
    assert row.fine and "3 became new ones" in row.details, row


def test_over_a_bad_network(tmp_path: Path) -> None:
    try:
        with network.bad_network() as within:
            server = Server(tmp_path / "log", host=network.THERE, within=within, recovery=True)
            row = run(delivery.deliver("x", server, delivery.jumps, clients=3, seconds=1.0, whole=True, afterwards=2.0))
    except network.NotPermitted as problem:
        pytest.skip(str(problem))
    assert row.fine, row


@pytest.mark.parametrize("begin", [cuts.websocket_handshake, cuts.polling_handshake, cuts.upgrade])
def test_nothing_is_left_of_handshakes(begin: Callable[[Server], list[cuts.Step]], tmp_path: Path) -> None:
    row = run(cuts.handshake("x", Server(tmp_path / "log", **cuts.NOTICED), begin, every=100))
    assert row.fine, row


def test_who_falls_silent_is_noticed(tmp_path: Path) -> None:
    row = run(cuts.half_open("x", Server(tmp_path / "log", **cuts.NOTICED), silent=2, others=2))
    assert row.result.startswith("all noticed"), row


@pytest.mark.parametrize("attack", ATTACKS)
def test_others_are_answered_beside_an_attack(attack: str, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", websocket_compression=True)
    row = run(beside("x", server, attack, clients=2, seconds=1.0, most=1_000_000_000))
    assert "lost" not in row.result and ", 0 exceptions" in row.details, row


def test_a_fan_out_beside_those_who_do_not_read(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", slow_clients="drop-oldest", max_outbox_size=10_000)
    row = run(fan_out("x", server, stalled=1, others=2, seconds=0.5))
    assert "p99" in row.result, row


def test_soak(tmp_path: Path) -> None:
    row = run(soak(tmp_path / "log", clients=5, minutes=2, minute=1.0))
    assert "nothing left over, 0 exceptions" in row.details, row


@pytest.mark.parametrize("quick", [True, False])
def test_the_page_has_a_line_for_each_run(quick: bool) -> None:
    names = list(runs(quick=quick))
    assert len(names) == len(set(names)) > 10
    rows = [Row("what", "comes", "of it", fine=True)]
    assert table(rows) in page(rows)
