"""A Redis and the log, as the tests of the message queue have them."""

from __future__ import annotations

from tests.cluster.conftest import log, redis_server

__all__ = ["log", "redis_server"]
