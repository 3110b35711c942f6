"""Whom gunicorn's settings let say with which scheme and below which prefix a request came."""

from __future__ import annotations

import pytest

from flask_socketio.hosts.trusted_proxies import TrustedProxies

SCHEMES = {"X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"}
PROXY = ("127.0.0.1", 1234)


def amended(
    client: tuple[str, int] | None,
    *headers: tuple[bytes, bytes],
    addresses: tuple[str, ...] = ("127.0.0.1", "10.0.0.0/8"),
    names: tuple[str, ...] = ("SCRIPT_NAME",),
    prefix: str = "",
) -> tuple[str, str]:
    """Scheme and prefix of a request."""
    scope = {"client": client, "scheme": "http", "root_path": "", "headers": list(headers)}
    TrustedProxies(addresses, SCHEMES, names, prefix).amend(scope)
    return str(scope["scheme"]), str(scope["root_path"])


TLS = (b"x-forwarded-proto", b"https")
SHOP = (b"script_name", b"/shop")


@pytest.mark.parametrize("client", [PROXY, ("10.1.2.3", 1), None])
def test_a_proxy_is_believed(client: tuple[str, int] | None) -> None:
    assert amended(client, TLS, SHOP) == ("https", "/shop")


@pytest.mark.parametrize("client", [("11.1.2.3", 1), ("::1", 1)])
def test_others_are_not(client: tuple[str, int]) -> None:
    assert amended(client, TLS, SHOP) == ("http", "")
    assert amended(client, TLS, SHOP, addresses=("*",)) == ("https", "/shop")


def test_nobody_may_be_believed() -> None:
    assert amended(PROXY, TLS, SHOP, addresses=()) == ("http", "")


@pytest.mark.parametrize("value", [b"http", b"wss", b"", b"https, http"])
def test_only_the_value_that_is_set_stands_for_tls(value: bytes) -> None:
    assert amended(PROXY, (b"x-forwarded-proto", value))[0] == "http"


def test_headers_that_contradict_each_other_are_no_tls() -> None:
    assert amended(PROXY, TLS, (b"x-forwarded-ssl", b"off"))[0] == "http"
    assert amended(PROXY, TLS, (b"x-forwarded-ssl", b"on"))[0] == "https"


def test_the_prefix_of_the_environment_stands_unless_a_proxy_names_another() -> None:
    assert amended(PROXY, prefix="/app") == ("http", "/app")
    assert amended(PROXY, SHOP, prefix="/app") == ("http", "/shop")
    assert amended(PROXY, SHOP, prefix="/app", names=()) == ("http", "/app")
    assert amended(("11.1.2.3", 1), SHOP, prefix="/app") == ("http", "/app")


def test_what_is_no_address_is_said_so() -> None:
    with pytest.raises(ValueError, match="proxy"):
        TrustedProxies(["proxy.example"], SCHEMES, (), "")
