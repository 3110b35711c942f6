"""Which web pages may connect, and what their browsers are told (CORS)."""

from __future__ import annotations

from ..protocol.errors import excerpt
from .http import Request
from .options import AllowedOrigins

#: What browsers call an origin that they do not tell: a sandboxed page, a local file.
_UNTOLD = "null"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}  # some proxies forward the scheme of a WebSocket


class OriginPolicy:
    """Decides by the `Origin` header, which browsers send and pages cannot forge; clients without one may always come.

    Without this check a page of any site could open a WebSocket here with its visitor's cookies (CVE-2019-13611).
    """

    def __init__(self, allowed: AllowedOrigins, credentials: bool) -> None:
        if isinstance(allowed, str):
            allowed = [allowed]
        self._allowed = allowed
        self._credentials = credentials
        self._off = not callable(allowed) and allowed is not None and len(allowed) == 0

    def problem(self, request: Request) -> str | None:
        """Why the page that this request comes from may not connect, and what to change; None if it may."""
        origin = _origin(request)
        if origin is None or self._off:
            return None
        allowed = self._allowed
        if callable(allowed):
            return None if allowed(origin, request) else f"cors_allowed_origins() does not accept {excerpt(origin)}"
        accepted = _own(request) if allowed is None else allowed
        if origin in accepted or "*" in accepted:
            return None
        listed = ", ".join(map(excerpt, accepted))
        return (
            f"got the origin {excerpt(origin)}, expected {listed}; "
            f"if it is yours: SocketIO(app, cors_allowed_origins=[{excerpt(origin)}])"
        )

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


def _origin(request: Request) -> str | None:
    """The origin of the page that a request comes from; None where no page of another site has a hand in it.

    A page can load a script from anywhere, with its visitor's cookies and without an `Origin`, and so read answers
    to JSONP clients. Browsers tell of it in `Sec-Fetch-Site`.
    """
    origin = request.header("origin")
    if origin is None and request.header("sec-fetch-site") in ("cross-site", "same-site"):
        return _UNTOLD
    return origin


def _own(request: Request) -> list[str]:
    """The server's own origins, as this request reached it.

    Behind a proxy that ends TLS, the address that the browser sees stands in X-Forwarded-Proto and -Host. Pages can
    set neither on a WebSocket nor, without a preflight, on a request, so believing them here opens nothing.
    """
    host = request.header("host") or ""
    own = [_address(request.scheme, host)]
    proto, proxy_host = _first(request, "x-forwarded-proto"), _first(request, "x-forwarded-host")
    if proto is not None or proxy_host is not None:
        own.append(_address(proto or request.scheme, proxy_host or host))
    return own


def _address(scheme: str, host: str) -> str:
    """An origin as browsers write it: without the port that goes without saying."""
    scheme = _HTTP_SCHEMES.get(scheme, scheme)
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS.get(scheme, ''))}"


def _first(request: Request, name: str) -> str | None:
    value = request.header(name)
    return None if value is None else value.split(",")[0].strip()
