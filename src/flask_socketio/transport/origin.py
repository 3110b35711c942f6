"""Which web pages may connect, and what their browsers are told (CORS)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..protocol.errors import excerpt
from .http import Request
from .options import AllowedByPart, AllowedOrigins

#: What browsers call an origin that they do not tell: a sandboxed page, a local file.
_UNTOLD = "null"

_ABOUT_PROXIES = (
    "; if it came through a proxy of yours: app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)"
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class OriginPolicy:
    """Decides by the `Origin` header, which browsers send and pages cannot forge; clients without one may always come.

    Without this check a page of any site could open a WebSocket here with its visitor's cookies (CVE-2019-13611).

    Args:
        allowed: who may; of a mapping, whoever may by one of its values.
        credentials: whether pages of other origins may send cookies.
        part: the key under which `allowed` is to be found in the option, if that is a mapping.
    """

    def __init__(
        self, allowed: AllowedOrigins | AllowedByPart, credentials: bool = True, part: str | None = None
    ) -> None:
        self._credentials = credentials
        self._part = "*" if isinstance(allowed, Mapping) else part
        self._own = False
        self._off = False
        self._listed: list[str] = []
        self._functions: list[Callable[[str, Request], bool]] = []
        for each in allowed.values() if isinstance(allowed, Mapping) else [allowed]:
            self._allow(each)

    def _allow(self, allowed: AllowedOrigins) -> None:
        if allowed is None:
            self._own = True
        elif callable(allowed):
            self._functions.append(allowed)
        else:
            listed = [allowed] if isinstance(allowed, str) else allowed
            self._listed += listed
            self._off = self._off or not listed

    def problem(self, request: Request, handshake: Request) -> str | None:
        """Why the page that a request comes from may not connect, and what to change; None if it may.

        Args:
            request: what the page sends.
            handshake: how its session began, which tells under what address it reaches us: `request` itself, or what
                the host has made of an earlier one.
        """
        origin = _origin(request)
        if origin is None or self._off:
            return None
        accepted = [*self._listed, *(_own(handshake) if self._own else ())]
        if origin in accepted or "*" in accepted or any(allows(origin, handshake) for allows in self._functions):
            return None
        if not accepted:
            return f"cors_allowed_origins() does not accept {excerpt(origin)}"
        listed = ", ".join(map(excerpt, accepted))
        value = f"[{excerpt(origin)}]" if self._part is None else f"{{{self._part!r}: [{excerpt(origin)}]}}"
        problem = (
            f"got the origin {excerpt(origin)}, expected {listed}; "
            f"if it is yours: SocketIO(app, cors_allowed_origins={value})"
        )
        return problem if request.header("x-forwarded-host") is None else problem + _ABOUT_PROXIES

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


def policies_of_parts(option: AllowedOrigins | AllowedByPart) -> dict[str, OriginPolicy]:
    """What the option says for each part of the application; nothing if it says the same for all."""
    if not isinstance(option, Mapping):
        return {}
    return {part: OriginPolicy(allowed, part=part) for part, allowed in option.items()}


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
    """The server's own origins, as a request reached it.

    Headers that proxies send are not believed here, since anybody may send them: what is to be believed of them is
    for the app's middlewares to say, and they have done so. But a page that came over TLS from this very host is one
    of ours, be it that a proxy ended the TLS and nobody has told us.
    """
    host = request.header("host") or ""
    return [_address(scheme, host) for scheme in dict.fromkeys((request.scheme, "https"))]


def _address(scheme: str, host: str) -> str:
    """An origin as browsers write it: without the port that goes without saying."""
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS.get(scheme, ''))}"
