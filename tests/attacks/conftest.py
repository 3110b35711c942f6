"""A server for the tests of a module, which has to have survived each of them: no error, no thread, no task left."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.attacks.target import Target, Watch, Wire


@pytest.fixture(scope="module")
def shared_target() -> Iterator[Target]:
    with Target(namespaces=["/", "/other"]).running() as target:
        assert target.is_well()  # and what it needs once is there
        yield target


@pytest.fixture
def target(shared_target: Target, log: Watch) -> Iterator[Target]:
    """A server with the default options."""
    shared_target.calls.clear()
    tasks = shared_target.tasks
    yield shared_target
    assert shared_target.is_well()
    shared_target.end_sessions()
    shared_target.until(lambda: shared_target.tasks <= tasks)


@pytest.fixture
def wire(target: Target) -> Iterator[Wire]:
    with Wire(target) as wire:
        yield wire


@pytest.fixture(autouse=True)
def log() -> Iterator[Watch]:
    """What is logged; an error fails the test."""
    root, watch = logging.getLogger(), Watch()
    package = logging.getLogger("flask_socketio")
    level = package.level
    root.addHandler(watch)
    package.setLevel(logging.INFO)
    yield watch
    root.removeHandler(watch)
    package.setLevel(level)
    assert watch.errors == []
