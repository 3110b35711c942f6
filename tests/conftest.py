"""What holds for every test."""

from __future__ import annotations

import signal
from typing import Any, Final

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from flask_socketio import SocketIO

pytest_plugins = ["tests.hosts_table"]

# The same examples in every run, so that a failure is the change's and not the day's; no deadline on busy machines.
settings.register_profile(
    "project", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")

# A background job of a shell ignores Ctrl-C, and so would servers that tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def app() -> Flask:
    """An app with nothing but sessions."""
    app = Flask("app")
    app.secret_key = "secret"
    return app


@pytest.fixture
def socketio(app: Flask) -> SocketIO:
    """The Socket.IO of the app."""
    return SocketIO(app)


# A second attempt -----------------------------------------------------------------------------------------------------

#: Where tests have real programs, or real sockets with timers on both sides, and the fixtures that are one.
REAL: Final = (
    "tests/attacks/",
    "tests/bench/",
    "tests/e2e/",
    "tests/examples/test_game_load.py",
    "tests/examples/test_trading_load.py",
    "tests/hosts/test_adoption.py",
    "tests/hosts/test_asgi_host.py",
    "tests/hosts/test_certificates.py",
    "tests/hosts/test_green_threads.py",
    "tests/hosts/test_middlewares.py",
    "tests/hosts/test_native",
    "tests/hosts/test_sibling_processes.py",
    "tests/hosts/test_tls_transport.py",
    "tests/hosts/test_uvicorn",
    "tests/hosts/test_wsgi.py",
    "tests/hosts/test_wsgi_bridge",
    "tests/test_cli.py",
    "tests/test_comparison.py",
    "tests/test_faults.py",
    "tests/transport/test_frame_cutter.py",
    "tests/transport/test_picows_link",
)
FIXTURES: Final = {"browser", "redis_server"}

CLOCK: Final = pytest.StashKey[Any]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of real programs and sockets a second attempt.

    Servers, Node, Chromium and Redis share the machine with whatever else runs on it, and so do the two ends of a
    socket, each with its timers: of some thousand tests one is late then though nothing is wrong; what is wrong fails
    twice. The summary tells which were run again, and why. No other test is: those that stay in memory have no such
    excuse, also where they have threads, as none of them depends on how long anything takes.
    """
    for item in items:
        if item.nodeid.startswith(REAL) or not FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> None:
    """Remember what the clock of a test was set to."""
    item.stash[CLOCK] = settings


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the clock for a second attempt too: pytest-timeout does so ahead of the first, and stops it at a failure."""
    if getattr(item, "execution_count", 1) > 1 and CLOCK in item.stash:
        item.config.hook.pytest_timeout_set_timer(item=item, settings=item.stash[CLOCK])
