"""Values of options: those that make no sense are turned away before anything is built with them.

What an app for Flask-SocketIO 5 may well write and what worked there, works: `max_http_buffer_size=1e8`, a switch that
is 1 or None, an origin with a slash at its end.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

logger = logging.getLogger("flask_socketio")

#: Times that have to be more than nothing, and numbers that may be none.
_MORE_THAN_0 = {"ping_interval", "ping_timeout", "max_disconnection_duration"}
_MAY_BE_0 = {"compression_threshold", "max_attachments", "max_overtaken", "payload_warning"}

#: How browsers write an origin. Apps in a browser's clothes have schemes of their own, and sometimes no host.
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/*\s]*", re.IGNORECASE)


def checked(options: type, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The chosen values of a dataclass of options.

    Raises:
        TypeError: something is no number, or no switch.
        ValueError: a number makes no sense.
    """
    kinds = {field.name: field.type for field in dataclasses.fields(options)}
    return {name: _CHECKS.get(str(kinds[name]), _as_it_is)(name, value) for name, value in chosen.items()}


def seconds(name: str, value: Any) -> float:
    """A time."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}={value!r}: expected a number of seconds")
    least = "more than 0" if name in _MORE_THAN_0 else "0 or more"
    if not 0 <= value < math.inf or (value == 0 and name in _MORE_THAN_0):
        raise ValueError(f"{name}={value!r}: expected {least} seconds")
    return value


def count(name: str, value: Any) -> int:
    """A size, or a number of things."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        raise TypeError(f"{name}={value!r}: expected a whole number")
    least = 0 if name in _MAY_BE_0 else 1
    if value < least:
        raise ValueError(f"{name}={value!r}: expected {least} or more")
    return int(value)


def count_or_none(name: str, value: Any) -> int | None:
    """A size, or a number of things, if there is to be one."""
    return None if value is None else count(name, value)


def switch(name: str, value: Any) -> bool:
    """Something that is on or off."""
    if value not in (True, False, None):  # 1 and 0 are equal to the first two
        raise TypeError(f"{name}={value!r}: expected True or False")
    return bool(value)


def _as_it_is(name: str, value: Any) -> Any:
    return value


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "float": seconds,
    "int": count,
    "int | None": count_or_none,
    "bool": switch,
}


def namespaces(value: Any) -> tuple[str, ...]:
    """The namespaces that may be joined; one may be given by itself."""
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"namespaces={value!r}: expected names, '/chat' say, or '*'")
    return names


def namespaces_of_origins(value: Mapping[Any, Any]) -> None:
    """The keys of a dict of origins for each namespace, and that none of them opens the others."""
    for namespace, allowed in value.items():
        if not isinstance(namespace, str) or not (namespace == "*" or namespace.startswith("/")):
            raise ValueError(
                f"cors_allowed_origins={{{namespace!r}: ...}}: expected a namespace, '/chat' say, or '*' for all others"
            )
        if isinstance(allowed, Sequence) and not allowed:
            raise ValueError(
                f"cors_allowed_origins={{{namespace!r}: {allowed!r}}} names nobody; '*' lets everybody in, and [] "
                "switches the check off for all namespaces or none"
            )


def origins(value: Any) -> str | list[str]:
    """The origins that may connect, without slashes at their ends. What is no origin is told: it lets nobody in."""
    if isinstance(value, str):
        return value if value == "*" else _origin(value)
    if isinstance(value, Iterable):
        return [one if one == "*" else _origin(one) for one in value]
    raise TypeError(
        f"cors_allowed_origins={value!r}: expected an origin, 'https://example.com' say, a list of them, "
        "a function of the origin, '*', None, or a dict of these by namespace"
    )


def _origin(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"cors_allowed_origins: {value!r} is no origin: expected text, 'https://example.com' say")
    origin = value.rstrip("/") if not value.endswith("://") else value
    if not _ORIGIN.fullmatch(origin):
        logger.warning(
            "cors_allowed_origins: %r is no origin, and lets nobody in: expected scheme://host[:port] as browsers send "
            "it, or a function that decides",
            value,
        )
    return origin
