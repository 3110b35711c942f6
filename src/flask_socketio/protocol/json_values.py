"""JSON, fast where it can be and exactly what apps know from the standard library where it cannot.

The libraries that are fast differ from `json`, each in its own way, and an app must not notice which of them ran:

- orjson writes, because it asks back for every object it does not know: that is how binary is found without a walk of
  its own over the data. It refuses ints beyond 64 bits, keys that are not strings, lone surrogates and depths over
  254, all of which `json` takes.
- msgspec reads, because it keeps ints exact where orjson turns them into floats. It refuses lone surrogates (a client
  that cuts an emoji in two sends one) and 1e400.

So whatever the fast one refuses, the standard library gets to see before anybody calls it wrong. What still differs
from `json`, on purpose, is listed in `tests/protocol/test_json_values.py`.
"""

from __future__ import annotations

import enum
import json
import math
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

#: What is said of data that never ends.
TOO_DEEP = "a payload that is nested too deeply, or contains itself, cannot be sent"

#: What goes out as an attachment. Copied when it is mutable: the caller may change it as soon as emit() returns.
BINARY = (bytes, bytearray, memoryview)

_read = msgspec.json.Decoder().decode
_write = json.JSONEncoder(separators=(",", ":")).encode

# Datetimes and dataclasses are errors in `json`, so here too. Subclasses come to us because a dict with an items() of
# its own (werkzeug's MultiDict) must be read through it.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


class Attachments(list[bytes]):
    """The binary parts of one message, in order.

    Calling it with an object that JSON does not know gives what to write in its place; orjson does so as it writes.
    """

    __slots__ = ()

    def __call__(self, value: object) -> Any:
        """A placeholder for binary, which is appended; else a simpler form of `value`; else TypeError."""
        if isinstance(value, BINARY):
            self.append(bytes(value))
            return {"_placeholder": True, "num": len(self) - 1}
        return simpler(value)


# How each kind becomes one step simpler. The methods are those of the base classes, as in `json`: what a subclass makes
# of them is for people to read.
_SIMPLER: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda member: member.value),
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (dict, lambda mapping: dict(mapping.items())),
    ((list, tuple), list),
    (uuid.UUID, str),
)


def simpler(value: object) -> Any:
    """`value` one step closer to the exact types of JSON, or TypeError."""
    for kinds, simplify in _SIMPLER:
        if isinstance(value, kinds):
            return simplify(value)
    raise TypeError(f"an object of type {type(value).__qualname__} cannot be sent")


def dumps(value: Any, attachments: Attachments) -> bytes:
    """`value` as compact JSON in UTF-8, with placeholders for the binary in it, which is put into `attachments`.

    Raises TypeError that names the type and the place of what cannot be sent, or ValueError for what never ends.
    """
    try:
        return orjson.dumps(value, attachments, _OPTIONS)
    except TypeError:
        attachments.clear()
    try:
        return _write(_plain(value, attachments, None)).encode()
    except RecursionError:
        raise ValueError(TOO_DEEP) from None


#: Where in the data something is: the place of what holds it, and its key in there. None is the top.
_Place = tuple[Any, object] | None


def _plain(value: Any, attachments: Attachments, place: _Place) -> Any:
    """`value` copied into the exact types of JSON. Not a number is null, as in JavaScript: `NaN` would be no JSON."""
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is list or kind is tuple:
        return [_plain(item, attachments, (place, index)) for index, item in enumerate(value)]
    if kind is dict:
        for key in value:
            if key is not None and not isinstance(key, (str, int, float)):
                raise TypeError(f"a key of type {type(key).__qualname__} cannot be sent{_describe(place)}")
        return {key: _plain(item, attachments, (place, key)) for key, item in value.items()}
    try:
        simple = attachments(value)
    except TypeError as error:
        raise TypeError(f"{error}{_describe(place)}") from None
    return _plain(simple, attachments, place)


def _describe(place: _Place) -> str:
    keys = []
    while place is not None:
        place, key = place
        keys.append(f"[{key!r}]")
    return f" (found at {''.join(reversed(keys))})" if keys else ""


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, or RecursionError where it is nested too deeply."""
    try:
        return _read(text)
    except ValueError:
        return json.loads(text)
