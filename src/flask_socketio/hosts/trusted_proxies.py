"""What gunicorn's own workers believe of a proxy, by gunicorn's own settings, for the worker that is ours.

`--forwarded-allow-ips` names the proxies (this machine and Unix domain sockets, unless it is set): their
X-Forwarded-Proto tells the scheme (`secure_scheme_headers`), and a header SCRIPT_NAME the prefix, as the environment
variable of that name does. Neither the address of a client nor the host is believed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any


class TrustedProxies:
    """The proxies that are believed.

    Args:
        addresses: theirs, or networks; `*` for everybody.
        schemes: headers, in upper case, and the value of each that stands for TLS.
        headers: which of those that name parts of the environ they may send.
        prefix: where the app is mounted if they do not say.

    Raises:
        ValueError: one of `addresses` is none.
    """

    def __init__(
        self, addresses: Collection[str], schemes: Mapping[str, str], headers: Collection[str], prefix: str
    ) -> None:
        self._everybody = "*" in addresses
        self._networks = [ipaddress.ip_network(address, strict=False) for address in addresses if address != "*"]
        self._schemes = {name.lower().encode(): value.encode() for name, value in schemes.items()}
        self._says_prefix = "SCRIPT_NAME" in headers or "*" in headers
        self._prefix = prefix

    def amend(self, scope: MutableMapping[str, Any]) -> None:
        """Put what is believed into the scope of a request."""
        scope["root_path"] = self._prefix
        if not self._believes(scope.get("client")):
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        told = [value == self._schemes[name] for name, value in headers if name in self._schemes]
        if told:
            scope["scheme"] = "https" if all(told) else "http"
        for name, value in headers:
            if name == b"script_name" and self._says_prefix:
                scope["root_path"] = value.decode("latin-1")

    def _believes(self, client: tuple[str, int] | None) -> bool:
        if client is None or self._everybody:  # a Unix domain socket has no address: who may open it is trusted
            return True
        address = ipaddress.ip_address(client[0])
        return any(address in network for network in self._networks)
