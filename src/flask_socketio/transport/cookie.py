"""The cookie of a handshake, for load balancers that keep a client on one server by it."""

from __future__ import annotations

from .options import Cookie


def cookie_header(cookie: Cookie, sid: str) -> list[tuple[str, str]]:
    """The Set-Cookie header with the session id as its value; none without a cookie.

    A name alone gets `path=/` and `SameSite=Lax`. A mapping has the `name` and attributes: True stands for a flag
    (`HttpOnly`), False for nothing, a function is called for its value (Flask-SocketIO 5).
    """
    if cookie is None:
        return []
    attributes: dict[str, object] = (
        {"name": cookie, "path": "/", "SameSite": "Lax"} if isinstance(cookie, str) else dict(cookie)
    )
    parts = [f"{attributes.pop('name')}={sid}"]
    for name, value in attributes.items():
        chosen = value() if callable(value) else value
        if chosen is True:
            parts.append(name)
        elif chosen is not False:
            parts.append(f"{name}={chosen}")
    return [("Set-Cookie", "; ".join(parts))]
