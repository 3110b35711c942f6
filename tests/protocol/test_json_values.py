"""JSON as apps know it from the standard library, and the table of where it differs on purpose."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import ImmutableMultiDict

from flask_socketio.protocol.json_values import Attachments, dumps, loads


class Point(NamedTuple):
    x: int
    y: int


class Level(enum.IntEnum):
    HIGH = 3


class Colour(str, enum.Enum):
    RED = "red"


class Plain(enum.Enum):
    NESTED = (1, Level.HIGH)


class Celsius(float):
    def __repr__(self) -> str:
        return "warm"


class Count(int):
    def __repr__(self) -> str:
        return "many"


@dataclasses.dataclass
class Record:
    x: int = 1


def text_of(value: Any) -> str:
    attachments = Attachments()
    text = dumps(value, attachments).decode()
    assert not attachments
    return text


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


# Writing: the same as json -------------------------------------------------------------------------------------------

# fmt: off
SAME: list[Any] = [
    None, True, False, 0, -1, 1.5, -0.0, 1e16, 1e-7, 5e-324, "", "é€😀", 'a"\\\n\x00\x1e\x7f\u2028',
    [], {}, [[]], (), (1, (2,)), {"a": {"b": [1, None]}},
    # Ints of any size, exactly, at every border where a library might change its mind.
    2**53, 2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400,
    # Keys that are no strings become some. Two that become the same one are both written; readers take the last.
    {1: 2}, {1.5: 1}, {None: 1}, {True: 1}, {False: 1}, {2**70: 1}, {"1": "a", 1: "b"},
    {Count(3): 1}, {Level.HIGH: 1}, {Colour.RED: 1}, {Markup("<b>"): 1},
    # A client that cuts an emoji in two sends one half; it must be possible to send it on.
    "\ud83d", ["\udc00x"], {"\ud800": 1},
    # Subclasses are what they are made of, whatever they say about themselves.
    Markup("<b>"), Count(7), Celsius(1.5), Level.HIGH, Colour.RED, Point(1, 2), [Point(Count(1), 2)],
    collections.OrderedDict(b=1, a=2), collections.defaultdict(int, a=1), collections.Counter("aab"),
    # One that stores lists and shows first values: `emit("form", request.form)`.
    ImmutableMultiDict([("a", "1"), ("a", "2"), ("b", "3")]),
    # Deeper than orjson goes.
    deep(254), deep(300),
]
# fmt: on


@pytest.mark.parametrize("value", SAME, ids=lambda value: ascii(value)[:30])
def test_written_as_json_does(value: Any) -> None:
    assert repr(json.loads(text_of(value))) == repr(json.loads(json.dumps(value)))
    # The slow way agrees with the fast one: an int it refuses, beside the value.
    assert repr(json.loads(text_of([value, 2**70]))) == repr(json.loads(json.dumps([value, 2**70])))


def test_written_without_white_space() -> None:
    assert text_of({"a": [1, 2], "b": 2**70}) == f'{{"a":[1,2],"b":{2**70}}}'


def json_values(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


finite = st.floats(allow_nan=False, allow_infinity=False)
anything = json_values(st.none() | st.booleans() | st.integers() | finite | st.text(st.characters()))


@given(anything)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert repr(loads(text_of(value))) == repr(value) == repr(json.loads(text_of(value)))


# Writing: refused, as json does --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({1, 2}, "an object of type set cannot be sent"),
        (
            ["chat", {"when": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)}],
            "datetime .*at \\[1\\]\\['when'\\]",
        ),
        (datetime.date(2020, 1, 1), "date"),
        (["chat", {"a": [1, {2}]}], r"set cannot be sent \(found at \[1\]\['a'\]\[1\]\)"),
        (decimal.Decimal("1.5"), "Decimal"),
        (Record(), "Record"),
        (object(), "object"),
        (range(3), "range"),
        (1j, "complex"),
        ([{(1, 2): 3}], r"a key of type tuple cannot be sent \(found at \[0\]\)"),
        ({b"k": 1}, "a key of type bytes"),
    ],
)
def test_what_json_refuses_is_refused_with_its_type_and_place(value: Any, complaint: str) -> None:
    with pytest.raises(TypeError):
        json.dumps(value)
    with pytest.raises(TypeError, match=complaint):
        dumps(value, Attachments())


@pytest.mark.parametrize("value", [endless(), {"a": endless()}, deep(100_000)], ids=["itself", "inside", "deep"])
def test_what_never_ends_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="nested too deeply, or contains itself"):
        dumps(value, Attachments())


# Writing: different on purpose ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        # `NaN` and `Infinity` are no JSON: one of them in a packet, and every JavaScript client drops the connection.
        # null is what JSON.stringify makes of them.
        (math.nan, "null"),
        ([math.inf, -math.inf, 1], "[null,null,1]"),
        # Errors in json. orjson cannot be told to refuse them, and their text or value is what everybody would send.
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Plain.NESTED, "[1,3]"),
    ],
)
def test_differences_in_writing(value: Any, ours: str) -> None:
    assert text_of(value) == ours
    assert text_of([value, 2**70]) == f"[{ours},{2**70}]"


# Binary --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aside", [None, 2**70], ids=["fast", "slow"])
def test_binary_is_taken_out_in_order(aside: object) -> None:
    attachments = Attachments()
    value = [b"0", {"a": bytearray(b"1"), "b": [memoryview(b"xx2")[2:], Point(b"3", 0)]}, aside]  # type: ignore[arg-type]
    text = dumps(value, attachments)
    assert attachments == [b"0", b"1", b"2", b"3"]
    assert [type(one) for one in attachments] == [bytes] * 4
    holes = [{"_placeholder": True, "num": number} for number in range(4)]
    assert json.loads(text) == [holes[0], {"a": holes[1], "b": [holes[2], [holes[3], 0]]}, aside]


def test_binary_that_can_change_is_copied() -> None:
    attachments, buffer = Attachments(), bytearray(b"now")
    dumps([buffer], attachments)
    buffer[:] = b"new"
    assert attachments == [b"now"]


def test_data_is_left_as_it_was() -> None:
    value = {"a": [b"x", Point(1, 2)], 1: 2**70}
    dumps(value, Attachments())
    assert value == {"a": [b"x", Point(1, 2)], 1: 2**70}


# Reading: the same as json -------------------------------------------------------------------------------------------

# fmt: off
READABLE = [
    "null", "true", "0", "-0", "1", "1.0", "1E5", "-1.5e-7", "5e-324", "1.7976931348623157e308", '""', "[]", "{}",
    " [ 1 ,\n2 ]\t", '{"a":{"b":[]}}', '{"a":1,"a":2}', '"\\u0000\\/\\n\\u20ac"', '"\\ud83d\\ude00"', '"é\x7f"',
    "100000000000000000000", "9" * 4000,  # exact
    "0.1000000000000000055511151231257827021181583404541015625",  # as near as a float gets
    '["\\ud83d"]',  # half of an emoji
    "1e400",  # infinity, as in JavaScript
    "NaN", "[-Infinity]",  # no JSON, but what Python's own clients send
]
UNREADABLE = [
    "", " ", "[", "[1,]", "{1:2}", "{'a':1}", '{"a"}', "01", "+1", ".5", "1.", "-", "0x1", '"\x01"', '"\n"', '"\\x"',
    "\ufeff1", "1 2", "[1]]", "nul", "True", "undefined", "/**/1", "\x0c1", '"\\u12"', "9" * 5000,
]
# fmt: on


@pytest.mark.parametrize("text", READABLE, ids=lambda text: ascii(text)[:30])
def test_read_as_json_does(text: str) -> None:
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: ascii(text)[:30])
def test_what_json_cannot_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whichever of the two libraries
        json.loads(text)
    with pytest.raises(ValueError):  # noqa: PT011
        loads(text)


def test_nesting_without_end_is_a_recursion_error() -> None:
    with pytest.raises(RecursionError):
        loads("[" * 1_000_000)


@given(st.text(alphabet='[]{},:"\\u0123456789abcdefEe+-. \ntruefalsn', max_size=12))
def test_any_text_is_read_or_refused_as_json_does(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011
            loads(text)
    else:
        assert repr(loads(text)) == repr(expected)
