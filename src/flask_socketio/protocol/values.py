"""What an app may send, whatever writes it: the types of JSON, and what is one of them at heart.

A library that writes fast takes the exact types it knows, and each knows others. Here is the one table of the rest, so
that an app sees the same whichever of them ran, and the walk that turns data into exact types and finds the place of
what cannot be sent.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable
from types import NoneType
from typing import Any

#: What is said of data that never ends.
TOO_DEEP = "a payload that is nested too deeply, or contains itself, cannot be sent"

#: What counts as binary.
BINARY = (bytes, bytearray, memoryview)

# How each kind becomes one step simpler. The methods are those of the base classes, as in `json`: what a subclass makes
# of them is for people to read. A dict is asked for its items, because werkzeug's MultiDict stores lists and shows
# first values. Enums and UUIDs are here because orjson writes them by itself and cannot be told not to.
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
    """`value` one step closer to exact types; TypeError that names its type if it cannot be sent."""
    for kinds, simplify in _SIMPLER:
        if isinstance(value, kinds):
            return simplify(value)
    raise TypeError(f"an object of type {type(value).__qualname__} cannot be sent")


#: Where in the data something is: the place of what holds it, and its key in there. None is the top.
Place = tuple[Any, object] | None

_KEYS = (str, int, float, NoneType)


def plain(value: Any, leaves: frozenset[type], simplify: Callable[[Any], Any], place: Place = None) -> Any:
    """A copy of `value` in exact lists, dicts and `leaves`; all else is put through `simplify` until its type stays.

    Raises TypeError that names the type and the place of what cannot be sent; RecursionError for data without end.
    """
    kind = type(value)
    if kind in leaves:
        return value
    # Leaves are found before the call, not in it: most of any data is leaves, and the calls are what costs.
    if kind is list:
        return [
            item if type(item) in leaves else plain(item, leaves, simplify, (place, index))
            for index, item in enumerate(value)
        ]
    if kind is dict:
        for key in value:
            if not isinstance(key, _KEYS):
                raise TypeError(f"a key of type {type(key).__qualname__} cannot be sent{_describe(place)}")
        return {
            key: item if type(item) in leaves else plain(item, leaves, simplify, (place, key))
            for key, item in value.items()
        }
    try:
        simple = simplify(value)
    except TypeError as error:
        raise TypeError(f"{error}{_describe(place)}") from None
    return simple if type(simple) is kind else plain(simple, leaves, simplify, place)


def _describe(place: Place) -> str:
    keys = []
    while place is not None:
        place, key = place
        keys.append(f"[{key!r}]")
    return f" (found at {''.join(reversed(keys))})" if keys else ""
