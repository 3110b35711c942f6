"""The types an app may send, and the place of what it may not. What becomes of them is tested with each format."""

from __future__ import annotations

import enum
from types import NoneType
from typing import Any, NamedTuple

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from flask_socketio.protocol.values import plain, simpler

LEAVES: frozenset[type] = frozenset((str, int, float, bool, NoneType))


class Point(NamedTuple):
    x: int
    y: int


class Colour(str, enum.Enum):
    RED = "red"


class Count(int):
    def __int__(self) -> int:
        return 99


@pytest.mark.parametrize(
    ("value", "simple"),
    [
        (Markup("<b>"), "<b>"),
        (Colour.RED, "red"),
        (Count(7), 7),
        (Point(1, 2), [1, 2]),
        (MultiDict([("a", "1"), ("a", "2")]), {"a": "1"}),
    ],
)
def test_a_step_leads_to_an_exact_type(value: object, simple: object) -> None:
    result = simpler(value)
    assert result == simple and type(result) is type(simple)


def test_a_copy_is_exact_all_the_way_down() -> None:
    value = {"a": [Point(Count(1), 2), (Markup("x"),)], 1: {None: 1.5}}
    copy = plain(value, LEAVES, simpler)
    assert repr(copy) == "{'a': [[1, 2], ['x']], 1: {None: 1.5}}"
    assert copy[1] is not value[1]


def test_what_simplify_leaves_as_it_is_is_kept() -> None:
    assert plain([1.5, "a"], frozenset((str,)), lambda value: value) == [1.5, "a"]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (object(), "an object of type object cannot be sent"),
        ([{"a": (0, {1})}], "an object of type set cannot be sent (found at [0]['a'][1])"),
        ({1: {("b",): 2}}, "a key of type tuple cannot be sent (found at [1])"),
        ({b"a": 1}, "a key of type bytes cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_place(value: object, complaint: str) -> None:
    with pytest.raises(TypeError) as caught:
        plain(value, LEAVES, simpler)
    assert str(caught.value) == complaint


def test_data_without_end_is_a_recursion_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        plain(endless, LEAVES, simpler)
