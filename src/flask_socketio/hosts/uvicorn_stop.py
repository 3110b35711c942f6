"""uvicorn's wish to stop, known before it has waited for the requests under way.

An ASGI server tells the app of its shutdown when the last request has been answered; a parked poll is answered when
something happens, after `ping_interval` at the latest. So each would wait for the other for up to 25 seconds. uvicorn
knows earlier, from its signal handler on: `Server.should_exit`. The app is not given that object, but the process has
it: the handler of SIGTERM is its method. Whoever looks there, and at the flag from time to time, changes nothing of
uvicorn's and replaces no handler of anybody's. Where it is not found, because uvicorn runs beside the main thread or
under the handlers of somebody else, and on other servers, a stop takes as long as they let it.
"""

from __future__ import annotations

import asyncio
import signal

import uvicorn

#: Seconds between two looks; uvicorn itself looks every 0.1.
LOOK = 0.05


def serving_uvicorn() -> uvicorn.Server | None:
    """The uvicorn that serves in the main thread of this process, as far as it can be found."""
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, uvicorn.Server) else None


async def until_it_stops(server: uvicorn.Server) -> None:
    """Return when it begins to stop."""
    while not server.should_exit:  # noqa: ASYNC110  # a flag is all there is
        await asyncio.sleep(LOOK)
