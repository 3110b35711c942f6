"""An app below a prefix, as gunicorn's settings or another app have it, under each of gunicorn's workers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Connect, any_transport
from tests.e2e.hosting import WORKERS
from tests.e2e.programs import Program
from tests.e2e.proxying import facts_of_route, gunicorn


@pytest.fixture(scope="module", params=WORKERS)
def worker(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return WORKERS[request.param]


@pytest.fixture(scope="module", params=["SCRIPT_NAME", "mounted"])
def server(worker: tuple[str, ...], request: pytest.FixtureRequest) -> Iterator[Program]:
    if request.param == "mounted":
        server = gunicorn(*worker, app="mounted")
    else:
        server = gunicorn(*worker, trusted="127.0.0.1", SCRIPT_NAME="/shop")
    server.start()
    yield server
    server.stop(signal.SIGKILL)


def facts(server: Program, prefix: str, scheme: str = "http") -> dict[str, Any]:
    host = server.url.removeprefix("http://")
    url = f"{scheme}://{host}{prefix}/facts"
    return {"address": "127.0.0.1", "scheme": scheme, "host": host, "root": prefix, "url": url}


@any_transport
def test_everybody_sees_the_prefix(connect: Connect) -> None:
    expected = facts(connect.server, "/shop")
    assert facts_of_route(connect.server, "/shop/facts") == expected
    client = connect(path="/shop/socket.io")
    assert client.ask("facts") == [expected]
    client.wait_for_transport()
    assert client.ask("facts") == [expected]


def test_the_browser_client_lies_below_it(server: Program) -> None:
    assert "Socket.IO" in server.ask("/shop/socket.io/socket.io.js").body


@any_transport
@pytest.mark.parametrize("server", ["SCRIPT_NAME"], indirect=True)
def test_a_trusted_proxy_may_say_prefix_and_scheme(connect: Connect) -> None:
    told = {"SCRIPT_NAME": "/store", "X-Forwarded-Proto": "https"}
    expected = facts(connect.server, "/store", "https")
    assert facts_of_route(connect.server, "/store/facts", **told) == expected
    client = connect(path="/store/socket.io", extraHeaders=told)
    assert client.ask("facts") == [expected]
    client.wait_for_transport()
    assert client.ask("facts") == [expected]
