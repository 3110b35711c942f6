"""The pieces of `make faults` and `make soak`, for a moment each. How soon anything happens is not judged here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from tests.loop import settle
from tools.faults import cuts, delivery, network
from tools.faults.attackers import ATTACKS
from tools.faults.honest import Honest, attacked, beside
from tools.faults.plan import runs, soaks, titles
from tools.faults.report import Row, publish, read, table
from tools.faults.server import Server
from tools.faults.soak import soak
from tools.faults.stalled import fan_out


def run(row: Awaitable[Row]) -> Row:
    async def wait() -> Row:
        result = await row
        await settle()  # what has been cut is closed
        return result

    return asyncio.run(wait())


@pytest.mark.parametrize(
    ("trouble", "recovery"), [(delivery.jumps, "memory"), (delivery.restart_set_back, "file")], ids=["cuts", "restart"]
)
def test_everything_is_delivered(trouble: delivery.Trouble, recovery: str, tmp_path: Path) -> None:
    path = {"path": str(tmp_path / "recovery")} if recovery == "file" else {}
    server = Server(tmp_path / "log", recovery=path or True)
    row = run(delivery.deliver(server, trouble, clients=3, seconds=0.4, whole=True, rate=100))
    assert row.fine, row


def test_of_a_killed_server_something_is_lost(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", recovery={"path": str(tmp_path / "recovery")})
    row = run(delivery.deliver(server, delivery.kill, clients=3, seconds=0.4, whole=False, rate=100))
    assert row.fine and "3 became new ones" in row.details, row


def test_over_a_bad_network(tmp_path: Path) -> None:
    try:
        with network.bad_network() as within:
            server = Server(tmp_path / "log", host=network.THERE, within=within, recovery=True)
            row = run(delivery.deliver(server, delivery.jumps, clients=3, seconds=0.4, whole=True, rate=100))
    except network.NotPermitted as problem:
        pytest.skip(str(problem))
    assert row.fine, row


def test_nothing_is_left_of_handshakes(tmp_path: Path) -> None:
    clients = [cuts.websocket, cuts.polling, cuts.upgrade]
    row = run(cuts.handshake(Server(tmp_path / "log", **cuts.NOTICED), clients, every=60))
    assert row.fine, row


def test_who_falls_silent_is_noticed(tmp_path: Path) -> None:
    row = run(cuts.half_open(Server(tmp_path / "log", **cuts.NOTICED), silent=2, others=2))
    assert row.result.startswith("all noticed"), row


def test_others_are_answered_beside_each_attack(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", websocket_compression=True)

    async def attack(name: str, honest: Honest) -> None:
        before = (await asyncio.to_thread(server.ask, "/state"))["connections"]
        with attacked(server, name, scale=0.01):
            state = await asyncio.to_thread(server.when, lambda state: state["connections"] > before, 20.0)
            assert state["connections"] > before, name
            echoes = await honest.measure(0.5)
        assert echoes.times and not echoes.lost, name

    async def attack_in_all_ways() -> None:
        honest = Honest(server, 2)
        await honest.connect()
        for name in ATTACKS:
            await attack(name, honest)
        honest.leave()
        await settle()

    server.start()
    try:
        asyncio.run(attack_in_all_ways())
        assert not server.errors()
    finally:
        server.stop()


def test_what_an_attack_costs(tmp_path: Path) -> None:
    server = Server(tmp_path / "log")
    row = run(beside(server, "pong", clients=2, seconds=0.4, most=1_000_000_000, scale=0.01))
    assert "echoes" in row.result and ", 0 exceptions" in row.details, row


def test_a_fan_out_beside_those_who_do_not_read(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", slow_clients="drop-oldest", max_outbox_size=300_000)
    row = run(fan_out(server, stalled=1, others=2, seconds=0.3, outbox=300_000, rate=200))
    assert row.details.startswith("1 outboxes of 300,000 bytes full"), row


def test_soak(tmp_path: Path) -> None:
    row = run(soak(tmp_path / "log", clients=5, minutes=2, minute=0.5, away=0.5))
    assert "nothing left over, 0 exceptions" in row.details, row


def test_every_run_has_its_place_on_the_page() -> None:
    whole = {**runs(quick=False), **soaks()}
    assert {name: list(parts) for name, parts in runs(quick=True).items()} == {
        name: list(parts) for name, parts in runs(quick=False).items()
    }
    assert titles() == {name: [run.title for run in parts.values()] for name, parts in whole.items()}
    names = [name for parts in whole.values() for name in parts]
    assert len(names) == len(set(names)) > 15


def test_the_page_keeps_what_was_not_run_again(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    places = {"First": ["one", "two"], "Second": ["three"]}
    publish({"two": Row("2", "b", fine=True), "three": Row("3", "c", fine=False)}, places, page)
    publish({"one": Row("1", "a", fine=True), "two": Row("22", "b", fine=True)}, places, page)
    text = page.read_text("utf-8")
    rows = read(text)
    assert list(rows) == ["one", "two", "three"]
    assert [row.result for row in rows.values()] == ["1", "22", "3"] and [row.fine for row in rows.values()][2] is False
    assert text.index("## First") < text.index(table({"two": rows["two"]}).splitlines()[-1]) < text.index("## Second")
