"""Redis as the bus: PUBLISH and SUBSCRIBE on one channel.

What there is between Redis and us is a *conversation*: connect, subscribe, and once Redis has confirmed that, listen
and write until anything goes wrong. Then the whole conversation is thrown away, and after a pause (a second, then twice
as long each time, up to a minute) a new one begins with fresh connections. redis-py could reconnect by itself, but it
would do so without a word, and hide that events were missed meanwhile; so its own retries are switched off.

What could make a listener deaf without anybody noticing, and what is done about it:

- *A socket timeout.* Since redis-py 8 every read gives up after some seconds, and a channel on which nobody speaks for
  that long looks like a failure. We give each read its own time, and silence is no error: after `SILENCE` we ask for a
  sign of life (PING), and only if none comes within as long again is the connection given up.
- *A connection that is dead while the socket looks alive* (a cable, a firewall). The same PING finds out.
- *Redis drops us*, because we read too slowly or someone sent too much at once. That is an ordinary end of the
  conversation: it is logged, and the next one begins.
- *An exception of another kind*, from a bug of ours or of redis-py: logged with its traceback, then the same.

Publishing never waits: on the loop a message goes into a bounded outbox (`outbox.py`), and one task sends what gathers
there in batches, one round trip each. While Redis is away the outbox keeps what is newest. What was being written when
a connection broke is written again, so it may arrive twice; before that it would have been lost as often.

A process that does not serve, a script or a Celery worker, has no loop to do this on, and whoever emits there wants to
know whether it went out. So `publish_now` sends at once, over a connection of its own that is kept for the next time,
and raises if it cannot. It tries a second time with a new connection, since a worker that was idle for an hour finds
its old one closed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from .bus import Bus, MessageQueueError
from .outbox import Outbox

logger = logging.getLogger("flask_socketio")

#: Seconds between two attempts to connect, at first and at most.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

#: Seconds for connecting, and for the answer to a command.
TIMEOUT = 5.0

#: The same for `publish_now`, which waits for at most four of these: connecting and publishing, twice.
TIMEOUT_NOW = 2.5

#: The loop may do something else after so many messages that came at once.
MESSAGES_PER_TURN = 100

#: Seconds without a message after which Redis is asked whether it is still there.
SILENCE = 15.0


class RedisBus(Bus):
    """A channel of a Redis, or of a Valkey, which speaks the same.

    Args:
        url: of the kind redis://, rediss://, unix://, valkey:// or valkeys://. ValueError if it makes no sense.
        channel: its name.
    """

    def __init__(self, url: str, channel: str) -> None:
        self._url = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
        self._name = _without_secrets(url)
        self._channel = channel
        self._outbox = Outbox()
        self._task: asyncio.Task[None] | None = None
        self._heard = True
        # Protocol 2 is all that this needs, and what every version of the server speaks.
        self._now = redis.Redis.from_url(
            self._url,
            socket_timeout=TIMEOUT_NOW,
            socket_connect_timeout=TIMEOUT_NOW,
            retry=Retry(NoBackoff(), 1),
            protocol=2,
        )

    # Without a loop

    def publish_now(self, body: bytes) -> None:
        """See `Bus`."""
        try:
            listening: Any = self._now.publish(self._channel, body)
        except (RedisError, OSError) as error:
            raise MessageQueueError(
                f"the message queue {self._name} cannot be reached, so nothing was sent: {error}"
            ) from error
        if not listening and self._heard:
            logger.warning(
                "nobody listens on the channel %r of %s: is a server running, with the same message_queue and channel?",
                self._channel,
                self._name,
            )
        self._heard = bool(listening)

    # On the loop

    def start(self, loop: asyncio.AbstractEventLoop, received: Callable[[bytes], object]) -> None:
        """See `Bus`."""
        self._received = received
        self._something_to_do = asyncio.Event()
        self._stopping = False
        self._up: bool | None = None
        self._overflowing = False
        self._pause = FIRST_PAUSE
        self._task = loop.create_task(self._stay_connected())

    async def stop(self, timeout: float) -> None:
        """See `Bus`."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping = True
        self._something_to_do.set()
        await asyncio.wait([task], timeout=timeout if self._up else 0)
        task.cancel()
        await asyncio.wait([task])

    def publish(self, body: bytes) -> None:
        """See `Bus`."""
        fits = self._outbox.put(body)
        self._something_to_do.set()
        if not fits and not self._overflowing:
            logger.warning(
                "message queue %s: the buffer of what is to be sent is full, so the oldest is dropped from now on",
                self._name,
            )
        self._overflowing = not fits

    async def _stay_connected(self) -> None:
        while not self._stopping:
            try:
                await self._converse()
            except (RedisError, OSError) as error:
                self._went_down(str(error) or type(error).__name__)
            except Exception as error:
                logger.exception("the connection to the message queue %s failed", self._name)
                self._went_down(repr(error))
            else:
                return
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _converse(self) -> None:
        """Connect, listen and write; ends when it shall stop and all is written, else with what went wrong."""
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=AsyncRetry(NoBackoff(), 0),
            protocol=2,
        )
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            if await pubsub.get_message(timeout=TIMEOUT) is None:
                raise ConnectionError(f"no answer to SUBSCRIBE in {TIMEOUT} s")
            self._came_up()
            tasks = [asyncio.create_task(self._listen(pubsub)), asyncio.create_task(self._write(client))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                ends = await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception):
                    raise end

    async def _listen(self, pubsub: Any) -> None:
        asked = False
        for count in itertools.count(1):
            message = await pubsub.get_message(timeout=SILENCE)
            if message is not None:
                asked = False
                if message["type"] == "message":
                    self._received(message["data"])
                if count % MESSAGES_PER_TURN == 0:  # reading what is already there waits for nothing
                    await asyncio.sleep(0)
            elif asked:
                raise ConnectionError(f"no sign of life in {SILENCE} s")
            else:
                asked = True
                await pubsub.ping()

    async def _write(self, client: Any) -> None:
        outbox = self._outbox
        while True:
            batch = outbox.take()
            if batch:
                pipeline = client.pipeline(transaction=False)
                for body in batch:
                    pipeline.publish(self._channel, body)
                await pipeline.execute()
                outbox.sent()
            elif self._stopping:
                return
            else:
                self._something_to_do.clear()
                await self._something_to_do.wait()

    # What is said about it

    def _came_up(self) -> None:
        if self._up is None:
            logger.info("message queue %s: connected", self._name)
        elif not self._up:
            lost = self._outbox.count_lost()
            logger.warning(
                "message queue %s: connected again%s",
                self._name,
                f"; {lost} messages to the other processes did not fit into the buffer" if lost else "",
            )
        self._up = True
        self._pause = FIRST_PAUSE

    def _went_down(self, problem: str) -> None:
        if self._up is not False:
            logger.warning(
                "message queue %s: not connected (%s). Until it is back, events reach the clients of this process "
                "only; the newest of them are kept for the others. Trying again, once a minute in the end.",
                self._name,
                problem,
            )
        self._up = False


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
