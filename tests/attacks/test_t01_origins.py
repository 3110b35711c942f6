"""T1: a page of another site uses its visitor's cookies: every way in, every request, and what a proxy may say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from tests.attacks.target import POLLING, WEBSOCKET, Wire, attacked
from tests.hosts.native_serving import HANDSHAKE

EVIL = "Origin: http://evil.org\r\n"


def by_polling(wire: Wire, headers: str) -> int:
    return wire.ask("GET", POLLING, headers=headers).status


def by_jsonp(wire: Wire, headers: str) -> int:
    return wire.ask("GET", POLLING + "&j=0", headers=headers).status


def by_websocket(wire: Wire, headers: str) -> int:
    return wire.ask_websocket(WEBSOCKET, HANDSHAKE + headers).status


def by_post(wire: Wire, headers: str) -> int:
    return wire.post(wire.open_polling(), b"40", headers).status


def by_poll(wire: Wire, headers: str) -> int:
    sid = wire.open_polling()
    wire.post(sid, b"40")
    return wire.ask("GET", f"{POLLING}&sid={sid}", headers=headers).status


def by_upgrade(wire: Wire, headers: str) -> int:
    sid = wire.open_polling()
    return wire.ask_websocket(f"{WEBSOCKET}&sid={sid}", HANDSHAKE + headers).status


def by_preflight(wire: Wire, headers: str) -> int:
    return wire.ask("OPTIONS", POLLING, headers=headers).status


WAYS = [by_polling, by_jsonp, by_websocket, by_post, by_poll, by_upgrade, by_preflight]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        "Origin: null\r\n",
        "Origin: \r\n",
        "Origin: https://localhost.evil.org\r\n",
        "Origin: http://localhost:1\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        EVIL + "X-Forwarded-Host: evil.org\r\n",
        EVIL + "Forwarded: host=evil.org\r\n",
        EVIL + "Origin: http://localhost\r\n",
    ],
)
def test_no_way_in(wire: Wire, way: Callable[[Wire, str], int], headers: str) -> None:
    assert way(wire, headers) == 403


@pytest.mark.parametrize("way", WAYS)
def test_our_own_pages_come_in(wire: Wire, way: Callable[[Wire, str], int]) -> None:
    assert way(wire, "Origin: http://localhost\r\n") in (101, 200, 204)


def test_a_refusal_cannot_be_read_by_the_page(wire: Wire) -> None:
    answer = wire.ask("GET", POLLING, headers=EVIL)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_proxy_is_believed_where_the_app_says_so_and_only_the_last_one() -> None:
    with attacked() as target:
        target.app.wsgi_app = ProxyFix(target.app.wsgi_app, x_host=1, x_proto=1)  # type: ignore[method-assign]
        forwarded = "X-Forwarded-Host: evil.org, chat.org\r\nX-Forwarded-Proto: https\r\n"
        for way in (by_polling, by_jsonp, by_websocket, by_preflight):
            with Wire(target) as wire:
                assert way(wire, "Origin: https://chat.org\r\n" + forwarded) in (101, 200, 204)
        for way in WAYS:
            with Wire(target) as wire:
                assert way(wire, EVIL + forwarded) == 403
