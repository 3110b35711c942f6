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

import json
import math
from types import NoneType
from typing import Any

import msgspec
import orjson

from .values import BINARY, TOO_DEEP, plain, simpler

#: As `loads`, but it refuses some of what `json` takes, and then raises ValueError or msgspec's DecodeError.
loads_most = msgspec.json.Decoder().decode

_write = json.JSONEncoder(separators=(",", ":")).encode
_LEAVES: frozenset[type] = frozenset((str, int, bool, NoneType))  # not float: not every float can be written

# Datetimes and dataclasses are errors in `json`, so here too; subclasses come to us, who know what is special in them.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


class Attachments(list[bytes]):
    """The binary parts of one message, in order.

    Calling it with an object that JSON does not know gives what to write in its place; orjson does so as it writes.
    """

    __slots__ = ()

    def __call__(self, value: object) -> Any:
        """A placeholder for binary, which is appended; else a simpler form of `value`; else TypeError."""
        if isinstance(value, BINARY):
            self.append(bytes(value))  # copies what can change: the caller may change it as soon as emit() returns
            return {"_placeholder": True, "num": len(self) - 1}
        if isinstance(value, float) and not math.isfinite(value):
            return None  # as in JavaScript; `NaN` is no JSON, and a client that gets it drops the connection
        return simpler(value)


def dumps(value: Any, attachments: Attachments) -> bytes:
    """`value` as compact JSON in UTF-8, with placeholders for the binary in it, which is put into `attachments`.

    Raises TypeError that names the type and the place of what cannot be sent, or ValueError for what never ends.
    """
    try:
        return orjson.dumps(value, attachments, _OPTIONS)
    except TypeError:
        attachments.clear()
    try:
        return _write(plain(value, _LEAVES, attachments)).encode()
    except RecursionError:
        raise ValueError(TOO_DEEP) from None


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, or RecursionError where it is nested too deeply."""
    try:
        return loads_most(text)
    except (ValueError, msgspec.DecodeError):  # of which older versions do not make ValueErrors
        return json.loads(text)
