"""How users' functions want to be called."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from flask_socketio.server.signatures import is_async, with_optional_argument


def takes_none() -> str:
    return "none"


def takes_one(auth: Any) -> tuple[str, Any]:
    return ("one", auth)


def takes_default(auth: Any = "default") -> Any:
    return auth


def takes_any(*args: Any) -> tuple[Any, ...]:
    return args


def takes_keywords(**options: Any) -> dict[str, Any]:
    return options


def passing_through(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def injecting_a_user(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function("user", *args)

    return wrapper


def forgetful(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator without functools.wraps."""

    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class Methods:
    def none(self) -> str:
        return "none"

    def one(self, auth: Any) -> Any:
        return auth


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (takes_none, "none"),
        (takes_one, ("one", "auth")),
        (takes_default, "auth"),
        (takes_any, ("auth",)),
        (takes_keywords, {}),
        (Methods().none, "none"),
        (Methods().one, "auth"),
        (lambda: "none", "none"),
        (functools.partial(takes_one, "bound"), ("one", "bound")),
        (passing_through(takes_none), "none"),
        (passing_through(takes_one), ("one", "auth")),
        (passing_through(Methods().none), "none"),
        (injecting_a_user(takes_one), ("one", "user")),
        (injecting_a_user(lambda user, auth: (user, auth)), ("user", "auth")),
        (injecting_a_user(passing_through(takes_one)), ("one", "user")),
        (forgetful(takes_one), ("one", "auth")),
        (forgetful(takes_none), "none"),
        (forgetful(forgetful(takes_none)), "none"),
        (passing_through(forgetful(Methods().none)), "none"),
    ],
)
def test_the_argument_is_given_to_those_who_take_it(function: Callable[..., Any], result: Any) -> None:
    call = with_optional_argument(function)

    assert call("auth") == result
    assert call("auth") == result, "the second time as the first"


def test_a_type_error_inside_the_function_is_its_own_and_does_not_run_it_twice() -> None:
    runs = []

    @passing_through
    def handler(*args: Any) -> None:
        runs.append(args)
        raise TypeError("my own")

    with pytest.raises(TypeError, match="my own"):
        with_optional_argument(handler)("auth")

    assert runs == [("auth",)]


def test_a_call_inside_the_function_that_does_not_fit_is_its_own_as_well() -> None:
    runs = []

    def handler(*args: Any) -> None:
        runs.append(args)
        takes_one()  # type: ignore[call-arg]

    for function in (handler, forgetful(handler), forgetful(forgetful(handler))):
        with pytest.raises(TypeError, match="takes_one"):
            with_optional_argument(function)("auth")

    assert runs == [("auth",)] * 3


def test_what_has_been_found_out_is_remembered() -> None:
    attempts = []

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            attempts.append(args)
            return function(*args)

        return wrapper

    call = with_optional_argument(decorator(takes_none))
    call("auth")
    call("auth")

    assert attempts == [("auth",), (), ()]


def test_coroutine_functions_behind_decorators_are_probed_as_well() -> None:
    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def wrapper(*args: Any) -> Any:
            return await function(*args)

        return wrapper

    @decorator
    async def handler() -> str:
        return "none"

    call = with_optional_argument(handler)

    assert is_async(call)
    assert asyncio.run(call("auth")) == "none"
    assert asyncio.run(call("auth")) == "none"


def test_what_is_async() -> None:
    async def coroutine() -> None: ...

    class Deferred:
        async def __call__(self) -> None: ...

    assert is_async(coroutine)
    assert is_async(Deferred())
    assert is_async(passing_through(coroutine)), "a plain decorator around a coroutine function"
    assert is_async(functools.partial(coroutine))
    assert not is_async(takes_none)
    assert not is_async(passing_through(takes_none))
