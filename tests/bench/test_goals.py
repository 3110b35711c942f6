from __future__ import annotations

import pytest

from bench.figures import COST, RATE
from bench.goals import GOALS, Goal
from bench.load.workloads import WORKLOADS
from bench.peers import PEERS
from bench.plots import PLOTS
from tests.bench.samples import some_results


def test_goals_and_plots_are_about_what_is_measured() -> None:
    for goal in GOALS:
        assert goal.figure in WORKLOADS[goal.workload].figures
        assert goal.peer is None or not PEERS[goal.peer].refuses(WORKLOADS[goal.workload])
    for plot in PLOTS:
        assert all(plot.figure in WORKLOADS[name].figures for name in plot.workloads), plot.name


@pytest.mark.parametrize(
    ("goal", "measured"),
    [
        pytest.param(Goal("echo-1", RATE, 25, "upstream-threading"), 40.0, id="more is better"),
        pytest.param(Goal("echo-1", COST, 25, "upstream-threading"), 40.0, id="less is better"),
        pytest.param(Goal("echo-1", COST, 30), 25.0, id="of its own"),
        pytest.param(Goal("echo-1", RATE, 1, "picows"), None, id="the other one cannot be told"),
        pytest.param(Goal("mixed", RATE, 1, "node"), None, id="not measured"),
    ],
)
def test_what_is_compared_with_the_bound(goal: Goal, measured: float | None) -> None:
    assert goal.measure(some_results()) == measured


def test_a_goal_is_reached_at_its_bound() -> None:
    assert Goal("echo-1", RATE, 2, "node").is_reached(2.0)
    assert not Goal("echo-1", RATE, 2, "node").is_reached(1.99)
    assert Goal("echo-1", COST, 30).is_reached(30.0)
    assert not Goal("echo-1", COST, 30).is_reached(30.1)
