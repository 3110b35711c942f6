from __future__ import annotations

import pytest

from bench.sample import Sample, percentile


def sample(*, server_cpu: float, load_cpu: float, load_waited: float = 0.0) -> Sample:
    return Sample(count=4000, seconds=2.0, server_cpu=server_cpu, load_cpu=load_cpu, load_waited=load_waited)


def test_rate_and_cost_of_one_message() -> None:
    taken = sample(server_cpu=1.6, load_cpu=0.4)
    assert taken.rate == 2000
    assert taken.server_us == pytest.approx(400)
    assert (taken.server_share, taken.load_share) == (0.8, 0.2)


def test_a_message_that_never_came_is_infinitely_expensive() -> None:
    assert Sample(count=0, seconds=2.0, server_cpu=1.0, load_cpu=0.0).server_us == float("inf")


@pytest.mark.parametrize(
    ("server_cpu", "load_cpu", "load_waited", "load_was_bottleneck", "core_was_shared"),
    [
        pytest.param(1.98, 0.5, 0.0, False, False, id="the server is full"),
        pytest.param(1.98, 1.98, 0.0, False, False, id="both are full: the rate is the server's too"),
        pytest.param(1.2, 1.98, 0.0, True, False, id="only the load is full"),
        pytest.param(1.2, 0.5, 0.0, False, True, id="neither is full"),
        pytest.param(1.2, 0.9, 1.08, True, True, id="the load is full, of what another program leaves to it"),
        pytest.param(1.98, 0.9, 0.4, False, True, id="the server is full, and the load was disturbed"),
    ],
)
def test_who_was_the_bottleneck(
    server_cpu: float, load_cpu: float, load_waited: float, load_was_bottleneck: bool, core_was_shared: bool
) -> None:
    taken = sample(server_cpu=server_cpu, load_cpu=load_cpu, load_waited=load_waited)
    assert (taken.load_was_bottleneck, taken.core_was_shared) == (load_was_bottleneck, core_was_shared)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_percentile(share: float, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == value


def test_no_value_has_no_percentile() -> None:
    assert percentile([], 0.5) is None
