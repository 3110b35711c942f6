"""Which web pages may connect, and what their browsers are told (CORS)."""

from __future__ import annotations

from .http import Request
from .options import AllowedOrigins


class OriginPolicy:
    """Decides by the `Origin` header, which browsers send and pages cannot forge; clients without one may always come.

    Without this check a page of any site could open a WebSocket here with its visitor's cookies (CVE-2019-13611).
    """

    def __init__(self, allowed: AllowedOrigins, credentials: bool) -> None:
        if isinstance(allowed, str):
            allowed = [allowed]
        if not callable(allowed) and allowed is not None and "*" in allowed:
            allowed = ["*"]
        self._allowed = allowed
        self._credentials = credentials
        self._off = not callable(allowed) and allowed is not None and len(allowed) == 0

    def allows(self, request: Request) -> bool:
        """Whether the origin of this request may connect."""
        origin = request.header("origin")
        if origin is None or self._off:
            return True
        if callable(self._allowed):
            return self._allowed(origin, request)
        accepted = self.accepted(request)
        return "*" in accepted or origin in accepted

    def accepted(self, request: Request) -> list[str]:
        """The origins accepted for a request: those listed, else the server's own as this request reached it.

        Behind a proxy that ends TLS, the address the browser sees stands in X-Forwarded-Proto and -Host. Pages can
        set neither on a WebSocket nor, without a preflight, on a request, so believing them here opens nothing.
        """
        if self._allowed is not None and not callable(self._allowed):
            return list(self._allowed)
        host = request.header("host") or ""
        proto, proxy_host = _first(request, "x-forwarded-proto"), _first(request, "x-forwarded-host")
        own = [f"{request.scheme}://{host}"]
        if proto is not None or proxy_host is not None:
            own.append(f"{proto or request.scheme}://{proxy_host or host}")
        return own

    def headers(self, request: Request) -> list[tuple[str, str]]:
        """The headers that let the page of an allowed origin read the answer."""
        origin = request.header("origin")
        if origin is None or self._off:
            return []
        headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        if self._credentials:
            headers.append(("Access-Control-Allow-Credentials", "true"))
        if request.method == "OPTIONS":
            headers.append(("Access-Control-Allow-Methods", "OPTIONS, GET, POST"))
            wanted = request.header("access-control-request-headers")
            if wanted is not None:
                headers.append(("Access-Control-Allow-Headers", wanted))
        return headers


def _first(request: Request, name: str) -> str | None:
    value = request.header(name)
    return None if value is None else value.split(",")[0].strip()
