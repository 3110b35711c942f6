"""What JSON and bytes can hold, and what they cannot."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Any

from flask_socketio import emit
from tools.comparison.catalogue import observe
from tools.comparison.reasons import ATTACHMENTS, FAILED, VALUES, WRITING
from tools.comparison.world import World


def emitted(world: World, *values: Any, packets: int = 1) -> None:
    """A handler tries to emit each value; the client takes what comes."""
    world.on("go", lambda number: world.attempt(emit, "ev", values[number]))
    client = world.joined()
    for number in range(len(values)):
        client.ask("go", number).take(packets)


def refused(world: World, values: list[Any]) -> None:
    """A handler tries to emit each value, which raises."""

    def go() -> None:
        for value in values:
            world.attempt(emit, "ev", value)

    world.on("go", go)
    world.joined().ask("go")


def echoed(world: World, *values: str) -> None:
    """A client sends JSON, which the handler notes and sends back."""

    def go(value: Any) -> Any:
        world.note(value)
        return value

    world.on("go", go)
    for value in values:
        world.joined().send(f'421["go",{value}]').take()


@observe("numbers, truths and null come and go as they are")
def plain(world: World) -> None:
    echoed(world, "0", "-1", "1.5", "true", "false", "null", '""', "[]", "{}")


@observe("nested lists and dicts keep their order")
def nested(world: World) -> None:
    echoed(world, '{"b":[1,{"d":2,"c":3}],"a":4}')


@observe("numbers as big as JavaScript has them exactly")
def big_numbers(world: World) -> None:
    echoed(world, "9007199254740991", "-9007199254740991")


@observe("numbers of 64 bits, and beyond")
def huge_numbers(world: World) -> None:
    echoed(world, "18446744073709551615", "-9223372036854775808", "123456789012345678901234567890")


@observe("floats, and small ones", differs=WRITING)
def floats(world: World) -> None:
    echoed(world, "1e-7", "0.1", "123456.789")


@observe("letters beyond ASCII", differs=WRITING)
def letters(world: World) -> None:
    echoed(world, '"é ß 漢 😀"')


@observe("letters that are escaped", differs=WRITING)
def escaped(world: World) -> None:
    echoed(world, r'"\u00e9 \ud83d\ude00"')


@observe("control characters are escaped")
def control(world: World) -> None:
    echoed(world, r'"\n\t\u0001\"\\"')


@observe("the separators of lines that JavaScript did not know", differs=WRITING)
def separators(world: World) -> None:
    echoed(world, r'"\u2028\u2029"')


@observe("half of a surrogate pair, from a client")
def lone_surrogate_in(world: World) -> None:
    echoed(world, r'"\ud83d"')


@observe("half of a surrogate pair, from a handler")
def lone_surrogate_out(world: World) -> None:
    emitted(world, "\ud83d")


@observe("a key that is there twice: the last one counts")
def key_twice(world: World) -> None:
    echoed(world, '{"a":1,"a":2}')


@observe("an empty key is a key")
def empty_key(world: World) -> None:
    echoed(world, '{"":1}')


@observe("NaN from a client is NaN, and null when it goes back", differs=VALUES)
def nan_in(world: World) -> None:
    echoed(world, "NaN")


@observe("NaN and infinities from a handler are null", differs=VALUES)
def nan_out(world: World) -> None:
    emitted(world, float("nan"), float("inf"))


@observe("keys that are no text")
def other_keys(world: World) -> None:
    emitted(world, {1: "int"}, {None: "none"}, {True: "true"}, {1.5: "float"})


@observe("keys that JSON can never have")
def impossible_keys(world: World) -> None:
    world.on("go", lambda: world.attempt(emit, "ev", {(1, 2): "tuple"}))
    world.joined().ask("go")


@observe("what has no form in JSON raises TypeError")
def no_form(world: World) -> None:
    values = [object(), {1, 2}, 1j, lambda: None, iter([])]
    refused(world, values)


@observe("dates and decimals raise TypeError without a json that knows them")
def rich(world: World) -> None:
    values = [datetime.datetime(2024, 1, 2), datetime.date(2024, 1, 2), decimal.Decimal("1.5")]  # noqa: DTZ001
    refused(world, values)


@observe("a UUID is written as text", differs=VALUES)
def uuid_out(world: World) -> None:
    emitted(world, uuid.UUID(int=1))


@observe("a tuple inside is a list")
def inner_tuple(world: World) -> None:
    emitted(world, {"a": (1, (2, 3))})


@observe("subclasses of dict, list, str and int are what they derive from")
def subclasses(world: World) -> None:
    kinds: list[Any] = [type(f"My{kind.__name__}", (kind,), {}) for kind in (dict, list, str, int)]
    emitted(world, kinds[0](a=1), kinds[1]([1]), kinds[2]("text"), kinds[3](5))


@observe("an IntEnum is its number, a str enum its text")
def enums(world: World) -> None:
    class Number(enum.IntEnum):
        ONE = 1

    class Text(str, enum.Enum):
        A = "a"

    emitted(world, Number.ONE, Text.A)


@observe("a very deep value")
def deep(world: World) -> None:
    echoed(world, "[" * 60 + "]" * 60)


@observe("bytes from a client")
def bytes_in(world: World) -> None:
    world.on("go", world.noting("go"))
    world.joined().send('451-1["go",{"_placeholder":true,"num":0}]', b"\x01\x02").take()


@observe("bytes in the depth, from a client")
def bytes_deep_in(world: World) -> None:
    world.on("go", world.noting("go"))
    packet = '452-1["go",{"a":[{"_placeholder":true,"num":1}],"b":{"_placeholder":true,"num":0}}]'
    world.joined().send(packet, b"\x01", b"\x02").take()


@observe("bytes from a handler")
def bytes_out(world: World) -> None:
    world.on("go", lambda: emit("ev", {"data": b"\x01\x02", "n": 1}))
    world.joined().emit("go").take(2)


@observe("empty bytes from a handler")
def no_bytes_out(world: World) -> None:
    world.on("go", lambda: emit("ev", b""))
    world.joined().emit("go").take(2)


@observe("bytes in each of several arguments")
def bytes_in_tuple(world: World) -> None:
    world.on("go", lambda: emit("ev", (b"\x01", "text", b"\x02")))
    world.joined().emit("go").take(3)


@observe("a bytearray is bytes", differs=VALUES)
def bytearray_out(world: World) -> None:
    world.on("go", lambda: emit("ev", bytearray(b"\x01")))
    world.joined().emit("go").take(2)


@observe("more than 10 binary values in one event raise", differs=ATTACHMENTS)
def many_attachments(world: World) -> None:
    world.on("go", lambda: world.attempt(emit, "ev", [b"x"] * 11))
    world.joined().emit("go").rest()


@observe("a result that cannot be written is answered with an error", differs=FAILED)
def unwritable_result(world: World) -> None:
    world.on("go", object)
    world.joined().ask("go")


@observe("a dict that looks like a placeholder")
def placeholder_out(world: World) -> None:
    emitted(world, {"_placeholder": True, "num": 0})


@observe("a large event")
def large(world: World) -> None:
    world.on("go", len)
    world.joined().send(f'421["go","{"x" * 100_000}"]').take()
