"""The targets of `make fuzz`, without atheris: their first inputs, and some that hypothesis makes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.fuzz.targets import TARGETS


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The targets say nothing, whatever they are given."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", TARGETS)
def test_its_first_inputs(name: str) -> None:
    for seed in [*TARGETS[name].seeds, b""]:
        TARGETS[name].run(seed)


@given(st.data())
def test_something_like_them(data: st.DataObject) -> None:
    target = TARGETS[data.draw(st.sampled_from(sorted(TARGETS)))]
    seed = data.draw(st.sampled_from(target.seeds))
    start, length = data.draw(st.integers(0, len(seed))), data.draw(st.integers(0, 5))
    target.run(seed[:start] + data.draw(st.binary(max_size=5)) + seed[start + length :])
