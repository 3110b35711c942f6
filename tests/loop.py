"""Tests that are coroutine functions, run on a loop of their own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

#: Seconds after which such a test has failed.
PATIENCE = 20


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Decorator: run a test that is a coroutine function."""

    @functools.wraps(test)
    def run(**arguments: Any) -> None:
        async def limited() -> None:
            await asyncio.wait_for(test(**arguments), PATIENCE)

        asyncio.run(limited())

    return run


async def settle() -> None:
    """Let everything on the loop have its say; nothing here needs more than a few turns."""
    for _ in range(10):
        await asyncio.sleep(0)
