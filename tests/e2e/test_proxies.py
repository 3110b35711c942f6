"""Behind a proxy: routes, polls and WebSockets see the same client, scheme, host and prefix, on every host."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.conftest import Connect, any_transport
from tests.e2e.programs import Program
from tests.e2e.proxying import HOSTS, POLLING_HOSTS, facts_of_route
from tests.hosts_table import on_each

#: What a proxy says; or who would like to be taken for one.
FORWARDED = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example",
    "X-Forwarded-Prefix": "/shop",
}

#: What is seen by those who believe it.
BELIEVED = {
    "address": "203.0.113.9",
    "scheme": "https",
    "host": "shop.example",
    "root": "/shop",
    "url": "https://shop.example/shop/facts",
}


@pytest.fixture(scope="module", params=on_each(HOSTS))
def host(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=[pytest.param("with ProxyFix", marks=pytest.mark.shows("ProxyFix")), "without"])
def server(host: str, request: pytest.FixtureRequest) -> Iterator[Program]:
    server = HOSTS[host](request.param == "with ProxyFix")
    server.start()
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
def fixed(request: pytest.FixtureRequest) -> bool:
    return "without" not in request.node.callspec.params.values()


@pytest.fixture
def expected(server: Program, fixed: bool) -> dict[str, str]:
    return BELIEVED if fixed else plain(server)


def plain(server: Program, scheme: str = "http") -> dict[str, str]:
    """What is seen by those who believe nothing."""
    host = server.url.removeprefix("http://")
    return {"address": "127.0.0.1", "scheme": scheme, "host": host, "root": "", "url": f"{scheme}://{host}/facts"}


def test_everybody_sees_the_same(connect: Connect, expected: dict[str, str]) -> None:
    assert facts_of_route(connect.server, **FORWARDED) == expected
    client = connect(extraHeaders=FORWARDED)
    assert client.ask("facts") == [expected]
    client.wait_for_transport()
    assert client.ask("facts") == [expected]
    connect.server.ask("/news/today", "POST")
    client.expect_event("news", "today")


def test_pages_of_the_address_that_is_believed_may_connect(connect: Connect, expected: dict[str, str]) -> None:
    origin = f"{expected['scheme']}://{expected['host']}"
    client = connect(extraHeaders={**FORWARDED, "Origin": origin})
    client.wait_for_transport()
    assert client.ask("facts") == [expected]


def test_others_may_not(connect: Connect, fixed: bool, transports: list[str]) -> None:
    elsewhere = "https://evil.example" if fixed else "https://shop.example"
    client = connect.attempt(extraHeaders={**FORWARDED, "Origin": elsewhere})
    kind = "websocket" if transports == ["websocket"] else "xhr poll"
    client.expect_refusal(f"{kind} error")


@any_transport
@pytest.mark.shows("ProxyFix")
@pytest.mark.parametrize("name", on_each(POLLING_HOSTS))
def test_so_they_do_where_there_is_no_websocket(serve: Callable[[Program], Connect], name: str) -> None:
    for fix in (True, False):
        connect = serve(POLLING_HOSTS[name](fix))
        own_scheme = "https" if name == "uwsgi" else "http"  # which it takes from X-Forwarded-Proto by itself
        expected = BELIEVED if fix else plain(connect.server, own_scheme)
        assert facts_of_route(connect.server, **FORWARDED) == expected
        own_page = f"{expected['scheme']}://{expected['host']}"
        client = connect(transports=["polling"], extraHeaders={**FORWARDED, "Origin": own_page})
        assert client.ask("facts") == [expected]
        attempt = connect.attempt(transports=["polling"], extraHeaders={**FORWARDED, "Origin": "https://evil.example"})
        attempt.expect_refusal("xhr poll error")
