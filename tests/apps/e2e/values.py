"""Values that JSON has its difficulties with, in both directions."""

from __future__ import annotations

import datetime
import decimal
import enum
import typing
from typing import Any

from flask import request
from markupsafe import Markup

from tests.apps.e2e.app import make_app, run, tell

app, socketio = make_app()


class Color(enum.IntEnum):
    """An int that is more."""

    RED = 1


class Point(typing.NamedTuple):
    """A tuple that is more."""

    x: int
    y: float


VALUES: dict[str, Any] = {
    "half an emoji": "\ud83d",
    "NaN": float("nan"),
    "infinity": [float("inf"), -float("inf")],
    "a big int": 2**70,
    "keys that are no text": {2: "a", True: "b", None: "c", 1.5: "d"},
    "subclasses": [Color.RED, Point(1, 2.0), Markup("<b>")],
    "all kinds of bytes": [b"1", bytearray(b"2"), memoryview(b"3")],
    "deep": None,
    "a date": datetime.date(2000, 1, 1),
    "a decimal": decimal.Decimal("1.1"),
    "eleven attachments": [b""] * 11,
}
for _ in range(200):
    VALUES["deep"] = [VALUES["deep"]]


@socketio.on("value")
def value(name: str) -> Any:
    """One of the values above."""
    return VALUES[name]


@socketio.on("echo")
def echo(*args: Any) -> Any:
    """What has come."""
    return args


@socketio.on("tell")
def tell_what_came(*args: Any) -> None:
    """What has come, as Python sees it."""
    tell(request.sid, repr(args))  # type: ignore[attr-defined]


@socketio.on("disconnect")
def left(reason: str) -> None:
    """Tell."""
    tell(request.sid, reason)  # type: ignore[attr-defined]


if __name__ == "__main__":
    run(app, socketio)
