"""The option `cookie`: a name, or a dict of the name and the attributes that browsers know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .transport.options import Cookie

#: RFC 6265, 4.1.1: what a name may be made of, and what may not be in the value of an attribute.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_VALUE = re.compile(r"[\x00-\x1f\x7f;]")

_SAME_SITE = ("Strict", "Lax", "None")


def cookie(value: Any) -> Cookie:
    """The cookie of the handshake, its attributes called as in the RFC.

    They may be written as in other places, too: `max_age`, `maxAge`, `http_only`.

    Raises:
        TypeError: it, or the value of an attribute, is of the wrong kind.
        ValueError: it has no name, an attribute that browsers do not know, or one that makes them drop it.
    """
    if not value or isinstance(value, str):
        return _checked_name(value) if value else None
    if not isinstance(value, Mapping):
        raise TypeError(f"cookie={value!r}: expected the cookie's name, or a dict of its 'name' and attributes")
    if not isinstance(value.get("name"), str):
        raise ValueError(f"cookie={value!r}: a dict of the cookie's attributes needs its 'name' among them")
    checked: dict[str, object] = {"name": _checked_name(value["name"])}
    for key, given in value.items():
        if key != "name":
            name = _attribute(key)
            if given is not None and given is not False:
                checked[name] = given if callable(given) else _CHECKS[name](name, given)
    if checked.get("SameSite") == "None" and not checked.get("Secure"):
        raise ValueError(f"cookie={value!r}: browsers drop a cookie with SameSite=None unless it is Secure, too")
    return checked


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"cookie={name!r}: a cookie's name is made of letters, digits and a few signs such as - and _")
    return name


def _attribute(key: Any) -> str:
    plain = key.lower().replace("-", "").replace("_", "") if isinstance(key, str) else None
    for name in _CHECKS:
        if name.lower().replace("-", "") == plain:
            return name
    raise ValueError(f"cookie={{{key!r}: ...}}: browsers know no such attribute; there are {', '.join(_CHECKS)}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"cookie={{{name!r}: {value!r}}}: expected text")
    if _NO_VALUE.search(value):
        raise ValueError(f"cookie={{{name!r}: {value!r}}}: a semicolon or a control character would end the attribute")
    if any(character > "\xff" for character in value):
        raise ValueError(f"cookie={{{name!r}: {value!r}}}: there is a character that no header can hold")
    return value


def _path(name: str, value: Any) -> str:
    path = _text(name, value)
    if not path.startswith("/"):
        raise ValueError(f"cookie={{{name!r}: {value!r}}}: expected a path that begins with a slash")
    return path


def _seconds(name: str, value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():  # Flask-SocketIO 5 took nothing else
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        raise TypeError(f"cookie={{{name!r}: {value!r}}}: expected a whole number of seconds")
    return int(value)


def _flag(name: str, value: Any) -> bool:
    if value not in (True, False):
        raise TypeError(f"cookie={{{name!r}: {value!r}}}: expected True or False")
    return bool(value)


def _same_site(name: str, value: Any) -> str:
    for known in _SAME_SITE:
        if isinstance(value, str) and value.lower() == known.lower():
            return known
    raise ValueError(f"cookie={{{name!r}: {value!r}}}: expected 'Strict', 'Lax' or 'None'")


_CHECKS: dict[str, Callable[[str, Any], object]] = {
    "path": _path,
    "SameSite": _same_site,
    "Secure": _flag,
    "HttpOnly": _flag,
    "Domain": _text,
    "Max-Age": _seconds,
    "Expires": _text,
    "Partitioned": _flag,
}
