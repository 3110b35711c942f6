"""How users' functions want to be called, found out once, when they are registered."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function` gives a coroutine; also for a plain decorator around an `async def`."""
    called = type(function).__call__  # of an object that is no function but can be called
    return any(map(inspect.iscoroutinefunction, (function, called, inspect.unwrap(function))))


def with_optional_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as something that can always be called with one argument, which it may not want.

    For handlers of `connect` (auth) and `disconnect` (reason), which may be written with or without it. Most
    signatures answer the question. A decorator that takes `*args` and perhaps adds some of its own does not: such a
    function is called with the argument, and if that fails before the innermost function was entered, without it; what
    worked is remembered. An error from inside the function never makes it run twice. (Without `functools.wraps` nobody
    knows the innermost function; then it counts that a call of what a decorator has wrapped did not fit.)
    """
    wanted = _wants_argument(function)
    if wanted is True:
        return function
    if wanted is False:
        return _drop_argument(function)
    return _probe_argument(function)


def _wants_argument(function: Callable[..., Any]) -> bool | None:
    """Whether `function` takes one positional argument; None if only trying can tell."""
    try:
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):  # something written in C, which tells no signature
        return None
    if any(parameter.kind in _POSITIONAL for parameter in parameters):
        return True
    return None if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters) else False


def _drop_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(argument: Any) -> Any:
        return function()

    return call


def _probe_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    innermost = inspect.unwrap(function)
    code: CodeType | None = getattr(inspect.unwrap(innermost), "__code__", None)
    with_argument = True

    def rejected(error: TypeError) -> bool:
        """Whether the argument was one too many: then the innermost function has not run."""
        nonlocal with_argument
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        entered = innermost is function or any(frame.f_code is code for frame in frames)
        with_argument = entered and not _did_not_fit(error, frames[-1])
        return not with_argument

    @functools.wraps(function)
    def call(argument: Any) -> Any:
        if with_argument:
            try:
                return function(argument)
            except TypeError as error:
                if not rejected(error):
                    raise
        return function()

    @functools.wraps(function)
    async def call_async(argument: Any) -> Any:
        if with_argument:
            try:
                return await function(argument)
            except TypeError as error:
                if not rejected(error):
                    raise
        return await function()

    return call_async if inspect.iscoroutinefunction(function) else call


def _did_not_fit(error: TypeError, raised_in: FrameType) -> bool:
    """Whether a decorator's wrapper has called what it wraps, and Python says that an argument was too many."""
    code = raised_in.f_code
    called, _, complaint = str(error).partition("() takes ")
    wrapped = [raised_in.f_locals.get(name) for name in code.co_freevars]
    passes_on = bool(code.co_flags & inspect.CO_VARARGS) and "positional argument" in complaint
    return passes_on and any(getattr(function, "__qualname__", None) == called for function in wrapped)
