"""What handlers return, as clients get it acknowledged."""

from __future__ import annotations

from typing import Any

from tools.comparison.catalogue import observe
from tools.comparison.reasons import FAILED
from tools.comparison.world import World


def returned(world: World, result: Any) -> None:
    world.on("go", lambda: result)
    world.joined().ask("go")


@observe("None is an acknowledgement without arguments")
def nothing(world: World) -> None:
    returned(world, None)


@observe("a string is one argument")
def string(world: World) -> None:
    returned(world, "done")


@observe("False is one argument")
def false(world: World) -> None:
    returned(world, False)


@observe("a dict is one argument")
def dictionary(world: World) -> None:
    returned(world, {"a": 1})


@observe("a list is one argument")
def list_(world: World) -> None:
    returned(world, [1, 2])


@observe("a tuple is several arguments")
def tuple_(world: World) -> None:
    returned(world, (1, 2))


@observe("an empty tuple is none")
def empty_tuple(world: World) -> None:
    returned(world, ())


@observe("a tuple of a list is one argument")
def tuple_of_list(world: World) -> None:
    returned(world, ([1, 2],))


@observe("bytes come behind the acknowledgement")
def binary(world: World) -> None:
    world.on("go", lambda: b"\x01\x02")
    world.joined().ask("go").take()


@observe("bytes deep inside of a result come behind it, in their order")
def deep_binary(world: World) -> None:
    world.on("go", lambda: ({"a": [b"\x01"]}, b"\x02"))
    world.joined().ask("go").take(2)


@observe("a generator cannot be acknowledged", differs=FAILED)
def generator(world: World) -> None:
    returned(world, (number for number in range(2)))


@observe("a result is dropped if the client did not ask")
def not_asked(world: World) -> None:
    world.on("go", lambda: "unheard")
    world.joined().emit("go").rest()


@observe("an event without a handler is not acknowledged")
def no_handler(world: World) -> None:
    client = world.joined()
    client.send('421["unknown"]').rest()


@observe("the number of an acknowledgement is the client's")
def number(world: World) -> None:
    world.on("go", lambda: "done")
    world.joined().send('420["go"]').take().send('42123456["go"]').take()


@observe("a handler that raises is answered with an error", differs=FAILED)
def raises(world: World) -> None:
    def go() -> None:
        world.note("called")
        raise RuntimeError("secret")

    world.on("go", go)
    world.joined().ask("go")
